"""`recibo source rotate`, `url`, `select` and `remove`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import click

from cli.source.options import new_secret, origin_of, with_origin, with_registry
from cli.source.show import kind_of, print_setup
from operations.sources.entry import rotate
from operations.sources.registry import Registry
from schemas.errors import DeploymentError
from schemas.status import ConnectionStatus, Status

_STATUSES = click.Choice([str(status) for status in (*Status, *ConnectionStatus)])


@click.command("rotate", short_help="Give a source a new secret; the old one stays valid for a while.")
@click.argument("name")
@click.option(
    "--grace-hours",
    type=click.FloatRange(min=0),
    default=24.0,
    show_default=True,
    help="How long the old ones stay valid.",
)
@click.option("--secret-stdin", is_flag=True, help="Read the new secret instead of making one.")
@with_origin
@with_registry
def rotate_command(
    *, registry: Registry, name: str, grace_hours: float, secret_stdin: bool, public_url: str, ingest_port: int
) -> None:
    """Give NAME a new secret; the old ones stay valid for a while, so that nothing is refused."""
    source = registry.source(name)
    if not source.secrets:
        raise DeploymentError(f"source {name} has no secrets: its proof is of another kind")
    value = new_secret(source.provider, kind_of(source), from_stdin=secret_stdin)
    now = datetime.now(UTC).replace(microsecond=0)

    def edit(tables: Any) -> dict[str, str]:
        return {rotate(tables, name, now + timedelta(hours=grace_hours), now): value}

    registry.change(edit)
    click.secho(f"Source {name} has a new secret; the old ones end in {grace_hours:g} hours.", bold=True)
    print_setup(registry.source(name), origin_of(source, public_url, ingest_port), reveals=True)


@click.command("url", short_help="Say what a source's provider calls.")
@click.argument("name")
@click.argument("url", metavar="https://HOST")
@with_registry
def url_command(*, registry: Registry, name: str, url: str) -> None:
    """Say that NAME's provider calls https://HOST, where it is not the deployment's own (RECIBO_PUBLIC_URL).

    Needed where the URL is signed, as by Twilio; a running ingest takes it now.
    """
    registry.source(name)

    def edit(tables: Any) -> dict[str, str]:
        tables[name]["public_url"] = url
        return {}

    registry.change(edit)
    source = registry.source(name)
    print_setup(source, source.public_url, reveals=False)


@click.command("select", short_help="Choose which statuses of a source are published.")
@click.argument("name")
@click.argument("statuses", nargs=-1, type=_STATUSES)
@click.option("--all", "is_all", is_flag=True, help="Publish every status.")
@with_registry
def select_command(*, registry: Registry, name: str, statuses: tuple[str, ...], is_all: bool) -> None:
    """Choose which STATUSES of NAME are published; the others are stored and folded all the same."""
    if is_all == bool(statuses):
        raise DeploymentError("say which statuses, or --all")
    registry.source(name)

    def edit(tables: Any) -> dict[str, str]:
        tables[name].pop("selected", None)
        if statuses:
            tables[name]["selected"] = list(dict.fromkeys(statuses))
        return {}

    registry.change(edit)
    click.echo(f"Source {name}: " + (", ".join(statuses) if statuses else "all statuses"))


@click.command("remove", short_help="Remove a source's URL; its data is kept.")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_registry
def remove_command(*, registry: Registry, name: str, yes: bool) -> None:
    """Remove NAME's URL (404 from then on) and its secrets. What it has sent is kept."""
    registry.source(name)
    if not yes:
        click.confirm(f"Remove source {name}? Its provider will get 404.", abort=True)

    def edit(tables: Any) -> dict[str, str]:
        tables.pop(name)
        return {}

    registry.change(edit)
    click.echo(f"Source {name} is removed; its data is kept.")
