"""Options that several `recibo source` commands have."""

import sys
from pathlib import Path
from typing import Any

import click

from cli._options import (
    Command,
    config_option,
    data_dir_option,
    generation_option,
    ingest_port_option,
    public_url_option,
    secrets_file_option,
)
from cli._servers import kafka_option
from operations.sources.registry import Registry, fresh_secret
from schemas.errors import DeploymentError
from schemas.providers.provider import Provider
from schemas.sources import Source


def with_registry(command: Command) -> Command:
    """Give a command --config, --data-dir and --secrets-file; it gets them as `registry`."""

    @config_option
    @data_dir_option
    @secrets_file_option
    def wrapped(config_file: Path, data_dir: Path, secrets_file: Path, **options: Any) -> Any:  # noqa: ARG001 - read by another option
        return command(registry=Registry(config_file, secrets_file), **options)

    wrapped.__doc__ = command.__doc__
    wrapped.__click_params__ = [*wrapped.__click_params__, *getattr(command, "__click_params__", [])]  # type: ignore[attr-defined]  # click's own attribute
    return wrapped


def with_origin(command: Command) -> Command:
    """Give a command --public-url (what providers call) and --port (of ingest on this machine): `public_url`, `ingest_port`."""
    return public_url_option(ingest_port_option(command))


def local_origin(port: int, scheme: str = "http") -> str:
    """Return where ingest answers on this machine."""
    return f"{scheme}://127.0.0.1:{port}"


def origin_of(source: Source, public_url: str, ingest_port: int) -> str:
    """Return the scheme and host that a source's provider calls: its own, the deployment's, else this machine."""
    return source.public_url or public_url.rstrip("/") or local_origin(ingest_port)


def with_line(command: Command) -> Command:
    """Give a command --kafka and --generation."""
    return kafka_option(generation_option(command))


def new_secret(provider: Provider, kind: str, *, from_stdin: bool) -> str:
    """Return the secret to use from now on, for a kind of authentication: read from standard input, asked for, or made.

    Raises:
        DeploymentError: none came, or it can only be the provider's own and nobody is there to ask.
    """
    if from_stdin:
        secret = click.get_text_stream("stdin").readline().strip()
    elif not provider.signs_with_own_secret:
        return fresh_secret(kind)
    elif sys.stdin.isatty():
        click.echo(provider.setup[0])
        secret = click.prompt("The secret", hide_input=True).strip()
    else:
        raise DeploymentError(f"{provider.setup[0]} Write it on standard input with --secret-stdin")
    if not secret:
        raise DeploymentError("no secret came on standard input; write it there, followed by a line's end")
    return str(secret)
