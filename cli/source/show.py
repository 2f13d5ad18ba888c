"""`recibo source list` and `recibo source show`."""

import click

from cli._terminal import printable
from cli.source.options import origin_of, with_origin, with_registry
from operations.sources.proof import newest_secret, webhook_url
from operations.sources.registry import Registry
from schemas.authentication import knows_its_url, signs_url
from schemas.event import rfc3339
from schemas.sources import Secret, Source


@click.command("list")
@with_origin
@with_registry
def list_command(*, registry: Registry, public_url: str, ingest_port: int) -> None:
    """List the registered sources."""
    rows = [("source", "provider", "account", "proof", "statuses", "URL")]
    for source in registry.read().by_name.values():
        url = webhook_url(origin_of(source, public_url, ingest_port), source, "…")
        statuses = "all" if source.selected is None else ", ".join(source.selected)
        rows.append((source.name, source.provider.name, source.account, kind_of(source), statuses, url))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:  # one line each, however long: a URL is there to be copied
        click.echo(printable("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()))


@click.command("show", short_help="Show a source: URL, secrets, relay, set-up steps.")
@click.argument("name")
@click.option("--reveal", is_flag=True, help="Print the secrets themselves.")
@with_origin
@with_registry
def show_command(*, registry: Registry, name: str, reveal: bool, public_url: str, ingest_port: int) -> None:
    """Show NAME: its URL, secrets, relay and mapping, and what to do at the provider."""
    source = registry.source(name)
    click.echo(f"Provider:  {source.provider.title} ({source.provider.name})")
    click.echo(f"Account:   {source.account}")
    click.echo("Statuses:  " + ("all" if source.selected is None else ", ".join(source.selected)))
    click.echo(f"Proof:     {kind_of(source)}")
    for secret in source.secrets:
        click.echo(f"Secret:    {_secret_line(secret, reveal=reveal)}")
    for relayed_to in source.relay:
        click.echo(f"Relay:     {relayed_to}")
    if source.mapping is not None:
        click.echo("Mapping:   its own, in [sources." + name + ".mapping]")
    if not reveal and source.secrets:
        click.echo("           (--reveal prints secrets where … stands for them below)")
    print_setup(source, origin_of(source, public_url, ingest_port), reveals=reveal)


def print_setup(source: Source, origin: str, *, reveals: bool) -> None:
    """Print the URL, and the provider's set-up steps with everything filled in.

    Args:
        source: the source.
        origin: scheme and host that the provider calls.
        reveals: print secrets; else `…` stands for them.
    """
    secret = newest_secret(source) if reveals else "…"
    token = (source.verify_token.value or "") if source.verify_token and reveals else "…"
    url = webhook_url(origin, source, secret)
    click.echo(f"URL:       {url}")
    if reveals and source.secrets:
        click.echo(f"Secret:    {secret}")
    click.echo(f"At {source.provider.title}:")
    steps = [step for step in source.provider.setup if source.secrets or "{secret}" not in step]
    for number, step in enumerate(steps, 1):
        filled = step.replace("{url}", url).replace("{secret}", secret).replace("{verify_token}", token)
        click.echo(f"  {number}. " + filled.replace("\n", "\n       "))
    if origin.startswith("http://127.0.0.1"):
        click.secho(_no_public_url(source), fg="yellow")


def _no_public_url(source: Source) -> str:
    text = "Providers need a public HTTPS URL: set RECIBO_PUBLIC_URL to it."
    if signs_url(source.auth) and not knows_its_url(source.auth):
        text += (
            f"\n{source.provider.title} signs the URL that it calls: until ingest knows that, all it sends is refused (401). "
            f"Where ingest has no RECIBO_PUBLIC_URL:\n  recibo source url {source.name} https://YOUR-HOST"
        )
    return text


def kind_of(source: Source) -> str:
    """Return the kind of a source's proof, as `auth.kind` names it."""
    return str(source.auth.__struct_config__.tag)


def _secret_line(secret: Secret, *, reveal: bool) -> str:
    value = (secret.value if reveal else "set") if secret.value else "NOT SET"
    ends = f", until {rfc3339(secret.expires_at_ms)}" if secret.expires_at_ms is not None else ""
    return f"{secret.env}: {value}{ends}"
