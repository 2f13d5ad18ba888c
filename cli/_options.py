"""The options that several commands have, each declared once: its name, its variable, its default and what is allowed.

What an option and a setting of a process share (variable, default, bounds) is taken from `runtime.shared_settings`.
A command gets an option's value under the name of the setting.
"""

import copy
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from runtime.settings import read_value, settings_of
from runtime.shared_settings import SHARED, SharedSettings

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]

FILE: Final = click.Path(dir_okay=False, path_type=Path)
FOLDER: Final = click.Path(file_okay=False, path_type=Path)

_SETTINGS: Final = {setting.field: setting for setting in settings_of(SharedSettings, "")}


class Renamed(click.Option):
    """An option that is still taken under its older names, which its help does not show."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the help of its first name alone."""
        shown = copy.copy(self)
        shown.opts = self.opts[:1]
        return click.Option.get_help_record(shown, ctx)


def config_option(command: Command) -> Command:
    """Give a command `--config` as `config_file`."""
    default = str(SHARED.config_file)
    return _shared("config_file", "--config", type=FILE, default=default, help="File of the registered sources.")(
        command
    )


def data_dir_option(command: Command) -> Command:
    """Give a command `--data-dir` as `data_dir`."""
    default = str(SHARED.data_dir)
    text = "What is kept on this machine."
    # Eager: other options' defaults are read in it.
    return _shared("data_dir", "--data-dir", type=FOLDER, default=default, is_eager=True, help=text)(command)


def secrets_file_option(command: Command) -> Command:
    """Give a command `--secrets-file` as `secrets_file`, `secrets.env` in the data directory where it is not set."""
    names = ("--secrets-file", "--secrets")
    text = "The sources' secrets; default: secrets.env in the data directory."
    return _shared("secrets_file", *names, type=FILE, default=None, help=text, callback=_secrets_file)(command)


def generation_option(command: Command) -> Command:
    """Give a command `--generation` as `generation`, 0 for the live one (see `cli._servers.generation_of`)."""
    text = "Of the derived topics; default: the live one, as the topic `deployment` says."
    return click.option("--generation", type=click.IntRange(1), default=None, help=text, callback=_zero)(command)


def public_url_option(command: Command) -> Command:
    """Give a command `--public-url` as `public_url`, "" where it is not set."""
    text = "What providers call: https://…"
    return _shared("public_url", "--public-url", default=SHARED.public_url, help=text, callback=_checked)(command)


def ingest_port_option(command: Command) -> Command:
    """Give a command `--port` as `ingest_port`."""
    return port_option("--port", "RECIBO_INGEST_PORT", 8080, "Where ingest listens on this machine.", "ingest_port")(
        command
    )


def port_option(name: str, variable: str, default: int, text: str, parameter: str = "") -> Decorator:
    """Return an option that takes a port.

    Args:
        name: e.g. `--kafka-port`.
        variable: the environment variable that sets it too.
        default: the port otherwise.
        text: what it is the port of.
        parameter: what the command gets it as; "" for the option's own name.
    """
    names = (name, parameter) if parameter else (name,)
    kind = click.IntRange(0, 65_535)
    return click.option(
        *names, type=kind, envvar=variable, show_envvar=True, default=default, show_default=True, help=text
    )


def partitions_option(command: Command) -> Command:
    """Give a command `--partitions` as `partitions`."""
    return click.option(
        "--partitions",
        type=click.IntRange(1, 10_000),
        envvar="RECIBO_PARTITIONS",
        show_envvar=True,
        default=4,
        show_default=True,
        help="Partitions of each keyed topic created now.",
    )(command)


def _shared(setting: str, *names: str, **options: Any) -> Decorator:
    variable = _SETTINGS[setting].variable
    shows = bool(options["default"])
    return click.option(*names, setting, cls=Renamed, envvar=variable, show_envvar=True, show_default=shows, **options)


def _checked(_ctx: click.Context, option: click.Parameter, value: str) -> str:
    """Hold a text to the bounds of the setting that it is. Raises ConfigurationError."""
    if not value:
        return value
    text: str = read_value(option.opts[0], value, _SETTINGS[str(option.name)].hint)
    return text


def _data_dir(context: click.Context) -> Path:
    """Return the data directory that a command was given, else that of the environment."""
    given = context.params.get("data_dir")
    if given is not None:
        return Path(given)
    return Path(os.environ.get(_SETTINGS["data_dir"].variable) or SHARED.data_dir)


def _secrets_file(context: click.Context, _option: click.Parameter, value: Path | None) -> Path:
    return value or _data_dir(context) / "secrets.env"


def _zero(_ctx: click.Context, _option: click.Parameter, value: int | None) -> int:
    return value or 0
