"""The options that say how a file or table is read."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from cli._options import Command
from reconciliation.read.file import ENCODINGS
from reconciliation.read.mapping import Mapping, Wanted


@dataclass(frozen=True, slots=True)
class Given:
    """What was said."""

    columns: dict[str, str]
    tags: tuple[str, ...]
    fixed: dict[str, str]
    encoding: str
    delimiter: str
    decimal: str
    time_zone: str
    mapping: str
    """Name of a saved mapping."""
    save_mapping: str

    def wanted(self, saved: Mapping | None) -> Wanted:
        """Return it as the reading takes it."""
        return Wanted(
            columns=self.columns,
            tags=self.tags,
            fixed=self.fixed,
            time_zone=self.time_zone,
            decimal=self.decimal,
            saved=saved,
        )


def reading_options(command: Command) -> Command:
    """Give a command the options of reading; it gets `given`."""

    @wraps(command)
    def called(**options: Any) -> Any:
        names = ("columns", "tags", "fixed", "encoding", "delimiter", "decimal", "time_zone", "mapping", "save_mapping")
        given = Given(**{name: options.pop(name) for name in names})
        return command(given=given, **options)

    made: Command = called
    for option in reversed(_OPTIONS):
        made = option(made)
    return made


def _pairs(_context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    for value in values:
        if "=" not in value:
            raise click.BadParameter(f"`{value}`: write FIELD=VALUE", param=option)
    return dict(value.split("=", 1) for value in values)


def _delimiter(_context: click.Context, option: click.Parameter, value: str) -> str:
    value = {"tab": "\t", "\\t": "\t"}.get(value, value)
    if len(value) > 1 or value in {'"', "\r", "\n"}:
        raise click.BadParameter("write one character, or tab", param=option)
    return value


def _zone(_context: click.Context, option: click.Parameter, value: str) -> str:
    try:
        return str(ZoneInfo(value)) if value else ""
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise click.BadParameter("no such zone: write its IANA name, as America/Sao_Paulo", param=option) from error


_OPTIONS: tuple[Callable[[Command], Command], ...] = (
    click.option(
        "--column", "columns", multiple=True, callback=_pairs, help="FIELD=COLUMN: e.g. reference=Pedido. Repeatable."
    ),
    click.option("--tag", "tags", multiple=True, help="Keep this column as a tag (TAG=COLUMN renames it). At most 8."),
    click.option(
        "--set", "fixed", multiple=True, callback=_pairs, help="FIELD=VALUE in all rows: e.g. connection_id=loja-01."
    ),
    click.option("--mapping", default="", help="Read as was saved under this name."),
    click.option("--save-mapping", default="", help="Save how it is read under this name."),
    click.option(
        "--encoding", type=click.Choice(("", *ENCODINGS)), default="", help="Of the file, where it is not found out."
    ),
    click.option("--delimiter", default="", callback=_delimiter, help="Between cells: , ; tab |"),
    click.option(
        "--decimal", type=click.Choice(("", ",", ".")), default="", help="Before decimals, where 1.234 can be both."
    ),
    click.option(
        "--time-zone",
        default="",
        callback=_zone,
        help="IANA name; of times that name none. Default: RECIBO_CLICKHOUSE_TIME_ZONE.",
    ),
)
