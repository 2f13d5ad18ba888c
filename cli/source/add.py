"""`recibo source add`: a table in `recibo.toml`, its secrets, and what to do at the provider."""

from typing import Any

import click
from click.core import ParameterSource

from cli.source.options import new_secret, origin_of, with_origin, with_registry
from cli.source.show import print_setup
from operations.sources.entry import WITHOUT_SECRETS, free_variable, new_table
from operations.sources.registry import Registry, fresh_secret
from schemas.errors import DeploymentError
from schemas.providers import PROVIDERS
from schemas.status import ConnectionStatus, Status

_STATUSES = click.Choice([str(status) for status in (*Status, *ConnectionStatus)])


@click.command("add", short_help="Register a source: its URL, secret and set-up steps.")
@click.argument("name")
@click.option("--provider", type=click.Choice(list(PROVIDERS)), required=True)
@click.option("--account", default="", help="Account that the messages belong to; default: NAME.")
@click.option("--select", "selected", type=_STATUSES, multiple=True, help="A status to publish; default: all.")
@click.option("--relay", multiple=True, metavar="URL", help="Forward each webhook unchanged to URL.")
@click.option("--auth", default="", help="Authentication, if not the provider's usual one: path, bearer, none, …")
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
    ingest_port: int,
    **options: Any,
) -> None:
    """Register NAME: writes its table and its secrets, and prints its URL and the provider's set-up steps."""
    row = PROVIDERS[provider]
    kind = {"kind": auth} if auth and auth != row.authentication.get("kind") else dict(row.authentication)
    secret = "" if kind["kind"] in WITHOUT_SECRETS else new_secret(row, kind["kind"], from_stdin=secret_stdin)
    is_its_own = click.get_current_context().get_parameter_source("public_url") is ParameterSource.COMMANDLINE

    def edit(tables: Any) -> dict[str, str]:
        if name in tables:
            raise DeploymentError(f"a source is already called {name!r}: choose another name, or remove it first")
        names = {"secret": free_variable(tables, name)} if secret else {"secret": ""}
        names["verify_token"] = free_variable(tables, name, "_VERIFY") if row.challenge is not None else ""
        tables[name] = new_table(row, auth=kind, public_url=public_url if is_its_own else "", **names, **options)
        return {
            variable: value
            for variable, value in zip(names.values(), (secret, fresh_secret()), strict=True)
            if variable
        }

    registry.change(edit)
    click.secho(f"Source {name} is registered in {registry.config_file}; a running ingest takes it now.", bold=True)
    source = registry.source(name)
    print_setup(source, origin_of(source, public_url, ingest_port), reveals=True)
