"""`recibo source add`: a table in `recibo.toml`, its secrets, and what to do at the provider."""

from typing import Any

import click

from deploy.cli._source_options import local_origin, new_secret, with_origin, with_registry
from deploy.cli._source_show import print_setup
from deploy.errors import DeploymentError
from deploy.sources.entry import WITHOUT_SECRETS, fresh_secret, new_table, variable
from deploy.sources.registry import Registry
from schemas.providers import PROVIDERS
from schemas.status import ConnectionStatus, Status

_STATUSES = click.Choice([str(status) for status in (*Status, *ConnectionStatus)])


@click.command("add")
@click.argument("name")
@click.option("--provider", type=click.Choice(list(PROVIDERS)), required=True)
@click.option("--account", default="", help="Whose messages they are; default: NAME.")
@click.option("--select", "selected", type=_STATUSES, multiple=True, help="A status that is wanted; default: all.")
@click.option("--auth", default="", help="Another kind of proof than the provider's usual one: path, bearer, none, …")
@click.option(
    "--secret-stdin", is_flag=True, help="Read the secret (the provider's own, as Meta's) instead of making one."
)
@with_origin
@with_registry
def add_command(
    *,
    registry: Registry,
    name: str,
    provider: str,
    auth: str,
    secret_stdin: bool,
    public_url: str,
    port: int,
    **options: Any,
) -> None:
    """Register NAME: writes its table and its secrets, and prints its URL and the provider's set-up steps."""
    row = PROVIDERS[provider]
    kind = {"kind": auth} if auth and auth != row.authentication.get("kind") else dict(row.authentication)
    secrets = {}
    if kind["kind"] not in WITHOUT_SECRETS:
        secrets[variable(name)] = new_secret(row, from_stdin=secret_stdin)
    token = variable(name, "_VERIFY") if row.challenge is not None else ""
    if token:
        secrets[token] = fresh_secret()

    def edit(tables: Any) -> dict[str, str]:
        if name in tables:
            raise DeploymentError(f"a source is already called {name!r}: choose another name, or remove it first")
        tables[name] = new_table(row, auth=kind, secret=variable(name), verify_token=token, **options)
        return secrets

    registry.change(edit)
    click.secho(f"Source {name} is registered in {registry.config_file}; a running ingest takes it now.", bold=True)
    print_setup(registry.source(name), public_url or local_origin(port), reveals=True)
