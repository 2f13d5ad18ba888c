"""`recibo reconcile`: what a file says was sent, kept, to be compared with what came back."""

import asyncio
import getpass
import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
from clickhouse_connect.driver.exceptions import ClickHouseError

from cli._options import FILE
from cli._servers import clickhouse_option, kafka_option
from cli._terminal import Terminal
from cli.reconcile.comparing import Comparing, compare_kept, comparing_options, run_tables, show_again
from cli.reconcile.options import Given, reading_options
from cli.reconcile.shown import show_kept, show_mapping, show_preview
from reconciliation import app
from reconciliation.keep.keeping import Keeping, Kept
from reconciliation.keep.refused_file import refused_file
from reconciliation.keep.send_tables import SendTables
from reconciliation.read import mapping as mappings
from reconciliation.read.preview import Preview
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.progress_bars import ProgressBars
from schemas.errors import ConfigurationError, DeploymentError
from schemas.send import ROLES

STATEMENT_S_MAX: Final = 3_600


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--table", default="", help="Instead of FILE: DATABASE.TABLE of the same ClickHouse.")
@click.option("--watermark", default="", help="With --table: its column that grows with each change (updated_at).")
@click.option("--row-key", multiple=True, help="With --table: the columns that tell one send from another. Repeatable.")
@click.option(
    "--run", "run_name", default="", help="Instead of FILE: show this run again, and write its reports again."
)
@click.option("--keep-only", is_flag=True, help="Keep the rows and compare nothing.")
@click.option("--account", default="", help="Whose messages they are, as in recibo.toml.")
@click.option("--role", type=click.Choice(ROLES), default="sender", show_default=True, help="Who says it.")
@click.option("--preview", "previews", is_flag=True, help="Show what would be kept and refused, and write nothing.")
@click.option("--yes", is_flag=True, help="Keep the rows without showing them and asking first.")
@click.option("--refused", "refused_path", type=FILE, help="Write the rows that are refused to this CSV file.")
@click.option("--replace", "replaces", default="", help="A manifest (or how it begins) whose place this file takes.")
@reading_options
@comparing_options
@kafka_option
@clickhouse_option
def command(file: Path | None, clickhouse: ClickHouseSettings, comparing: Comparing, **how: Any) -> None:
    """Read FILE (CSV, JSON lines, Parquet) of what was sent, keep its rows, and compare them with what came back.

    Encoding, delimiter and columns are found out; the options say otherwise. The same file twice is kept once. A
    corrected file is another one: --replace says whose place it takes. Texts of messages are never kept.

    A table is read on from where it was last read: a row that was changed since takes the place of what it was.
    """
    console = Terminal()
    with told(clickhouse):
        if how["run_name"]:
            runs = run_tables(clickhouse)
            show_again(console, runs, comparing, runs.named(how["run_name"], how["account"]))
            return
        if (file is None) != bool(how["table"]) or bool(how["table"]) != bool(how["watermark"]):
            raise click.UsageError("name a FILE, or --table with --watermark, or --run")
        if not how["account"]:
            raise click.UsageError("say whose messages they are: --account")
        limits = comparing.limits  # what cannot be read is said before anything is written
        kept = _read_and_kept(console, clickhouse, file, how)
        if kept is not None and not how["keep_only"]:
            compare_kept(console, clickhouse, comparing, kept.manifest, limits=limits, by=whoever())


def _read_and_kept(
    console: Terminal, clickhouse: ClickHouseSettings, file: Path | None, how: dict[str, Any]
) -> Kept | None:
    """Show how rows are understood, and keep them; None where nothing was to be written."""
    given: Given = how["given"]
    tables = SendTables(connect(clickhouse, timeout_s=STATEMENT_S_MAX, writes=True), clickhouse.database)
    with ProgressBars(Terminal(stderr=True)) as progress:
        wanted = given.wanted(mappings.decode(tables.mapping(given.mapping)) if given.mapping else None)
        said = {"account": how["account"], "role": how["role"], "time_zone": clickhouse.time_zone}
        if file is None:
            table = app.Table(how["table"], how["watermark"], how["row_key"])
            reading = app.open_table(tables, table, wanted, progress=progress, **said)
        else:
            source = app.open_file(file, progress, encoding=given.encoding, delimiter=given.delimiter)
            reading = app.understood(source, wanted, progress=progress, **said)
        seen = None if how["yes"] else _previewed(reading, how["refused_path"])
    show_mapping(console, reading)
    if seen is not None:
        show_preview(console, seen)
    if how["previews"]:
        return None
    if not how["yes"]:
        click.confirm(f"Keep {seen.kept if seen else 0:,} rows?", abort=True)
    with ProgressBars(Terminal(stderr=True)) as progress:
        path = how["refused_path"] if how["yes"] else None
        kept = _kept(reading, Keeping(how["kafka"], tables, progress), tables, how["replaces"], path)
    if given.save_mapping:
        text = mappings.encode(reading.mapping).decode()
        tables.save_mapping(given.save_mapping, text, whoever(), time.time_ns() // 1_000_000)
    show_kept(console, kept, how["refused_path"])
    return kept


def _previewed(reading: app.Reading, path: Path | None) -> Preview:
    with refused_file(path) as on_refused:
        return reading.preview(on_refused)


def _kept(reading: app.Reading, keeping: Keeping, tables: SendTables, replaces: str, path: Path | None) -> Kept:
    old = tables.named(reading.account, replaces, deleted=True).manifest if replaces else ""
    if old == reading.source.manifest:
        raise ConfigurationError(f"--replace {replaces}: that is this very file; --replace names an earlier one")
    with refused_file(path) as on_refused:
        return asyncio.run(app.keep(keeping, reading, whoever(), on_refused, old))


@contextmanager
def told(clickhouse: ClickHouseSettings) -> Iterator[None]:
    """Say what ClickHouse answers in one line, and what to do. Raises DeploymentError."""
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)
    try:
        yield
    except ClickHouseError as error:
        raise DeploymentError(
            f"ClickHouse at {clickhouse.address}: {error}. Run it again: what is in already is not written twice"
        ) from error


def whoever() -> str:
    """Return who runs this, and where: `maria@host`."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):  # a container may run as a user without a name
        return f"@{socket.gethostname()}"
