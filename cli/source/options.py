"""Options that several `recibo source` commands have."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cli.servers import kafka_option
from operations.generation import generation_option
from operations.sources.entry import fresh_secret
from operations.sources.registry import Registry
from schemas.errors import DeploymentError
from schemas.providers.provider import Provider

_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)

Command = Callable[..., Any]


def with_registry(command: Command) -> Command:
    """Give a command --config, --data-dir and --secrets-file; it gets them as `registry`."""

    @click.option(
        "--config", "config_file", type=_FILE, envvar="RECIBO_CONFIG", default="recibo.toml", show_default=True
    )
    @click.option("--data-dir", type=_FOLDER, envvar="RECIBO_DATA_DIR", default=".recibo", show_default=True)
    @click.option(
        "--secrets-file", type=_FILE, envvar="RECIBO_SECRETS_FILE", help="Default: secrets.env in --data-dir."
    )
    def wrapped(config_file: Path, data_dir: Path, secrets_file: Path | None, **options: Any) -> Any:
        return command(registry=Registry(config_file, secrets_file or data_dir / "secrets.env"), **options)

    wrapped.__doc__ = command.__doc__
    wrapped.__click_params__ = [*wrapped.__click_params__, *getattr(command, "__click_params__", [])]  # type: ignore[attr-defined]  # click's own attribute
    return wrapped


def with_origin(command: Command) -> Command:
    """Give a command --public-url (what providers call) and --port (of ingest on this machine); it gets both."""
    command = click.option("--port", type=int, envvar="RECIBO_INGEST_PORT", default=8080, show_default=True)(command)
    return click.option("--public-url", envvar="RECIBO_PUBLIC_URL", default="", help="What providers call: https://…")(
        command
    )


def local_origin(port: int) -> str:
    """Return where ingest answers on this machine."""
    return f"http://127.0.0.1:{port}"


def with_line(command: Command) -> Command:
    """Give a command --kafka and --generation."""
    command = generation_option(command)
    return kafka_option(command)


def new_secret(provider: Provider, *, from_stdin: bool) -> str:
    """Return the secret to use from now on: read from standard input, asked for, or made.

    Raises:
        DeploymentError: none came, or it can only be the provider's own and nobody is there to ask.
    """
    if from_stdin:
        secret = click.get_text_stream("stdin").readline().strip()
    elif not provider.signs_with_own_secret:
        return fresh_secret()
    elif sys.stdin.isatty():
        click.echo(provider.setup[0])
        secret = click.prompt("The secret", hide_input=True).strip()
    else:
        raise DeploymentError(f"{provider.setup[0]} Write it on standard input with --secret-stdin")
    if not secret:
        raise DeploymentError("no secret came on standard input; write it there, followed by a line's end")
    return str(secret)
