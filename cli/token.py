"""`recibo token`: who may ask the API what."""

import asyncio
from datetime import UTC, datetime
from typing import Any, Final

import click
from rich.table import Table

from cli._servers import kafka_option
from cli._terminal import Terminal
from operations import tokens
from runtime.kafka.settings import KafkaSettings
from schemas.access import EVERY_ACCOUNT, ROLES

_DAY_MS: Final = 86_400_000
_DAYS_MAX: Final = 3_650


@click.group()
def command() -> None:
    """Tokens of the API: each has a role and accounts, and an end."""


@command.command()
@click.argument("name")
@click.option("--role", type=click.Choice(list(ROLES)), default="viewer", show_default=True, help="What it may.")
@click.option("--account", "accounts", multiple=True, help="Whose messages it sees; may be given several times.")
@click.option("--all-accounts", is_flag=True, help="It sees every account's messages.")
@click.option("--days", type=click.IntRange(1, _DAYS_MAX), default=90, show_default=True, help="Days until it expires.")
@kafka_option
def create(
    *, name: str, role: str, accounts: tuple[str, ...], all_accounts: bool, days: int, kafka: KafkaSettings
) -> None:
    """Make a token and print it: it is shown once, and kept nowhere."""
    if bool(accounts) == all_accounts:
        raise click.UsageError("say whose messages it sees: --account NAME, or --all-accounts")
    if EVERY_ACCOUNT in accounts:
        raise click.UsageError("for every account write --all-accounts")
    seen = (EVERY_ACCOUNT,) if all_accounts else tuple(sorted(set(accounts)))
    created = asyncio.run(tokens.create(kafka, name, role, seen, days * _DAY_MS))
    click.echo(created.text)
    until = _time(created.token.expires_at_ms)
    click.echo(
        f"{name} ({created.token.id}): {role}, {', '.join(seen)}, until {until}. It is not shown again.", err=True
    )


@command.command("list")
@kafka_option
def list_(*, kafka: KafkaSettings) -> None:
    """Show every token: what it may, until when, and whether it does."""
    found = asyncio.run(tokens.tokens(kafka))
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    table = Table()
    for heading in ("id", "name", "role", "accounts", "made", "expires", "is"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "id")
    for t in found:
        row: tuple[Any, ...] = (t.id, t.name, t.role, ", ".join(t.accounts), _time(t.created_at_ms))
        table.add_row(*row, _time(t.expires_at_ms), t.state(now_ms))
    Terminal(highlight=False).print(table)


@command.command()
@click.argument("name", metavar="NAME|ID")
@kafka_option
def revoke(*, name: str, kafka: KafkaSettings) -> None:
    """End a token now."""
    for token in asyncio.run(tokens.revoke(kafka, name)):
        click.echo(f"revoked {token.name} ({token.id})")


def _time(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
