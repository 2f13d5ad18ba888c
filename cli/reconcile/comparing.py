"""The options that say what is compared and what is written of it, and the run that is made so."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console

from cli._options import FILE, Command
from cli.reconcile.report import show_run, write_reports
from reconciliation.invoice.prices import UNKNOWN, read_prices
from reconciliation.keep.send_tables import ManifestRow, SendTables
from reconciliation.match.due import read_duration_ms
from reconciliation.match.keys import read_keys
from reconciliation.run import interval
from reconciliation.run.limits import Limit, read_limit
from reconciliation.run.make import Asked, make_run
from reconciliation.run.record import RunRecord
from reconciliation.run.run_tables import RunTables
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from schemas.causes.catalogue import LANGUAGES
from schemas.causes.sentences import Language

EXIT_LIMIT: Final = 3
"""Exit status where a threshold of --fail-if was passed."""
EXISTING: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_STATEMENT_S_MAX: Final = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparing:
    """What was said."""

    called: str
    others: tuple[str, ...]
    keys: tuple[str, ...]
    weak: tuple[str, ...]
    due: str
    month: str
    by: interval.By
    fail_if: tuple[str, ...]
    language: Language
    numbers: bool
    prices: Path | None
    reports: dict[str, Path]
    """Format → file."""

    @property
    def limits(self) -> list[Limit]:
        """The thresholds. Raises ConfigurationError."""
        return [read_limit(text) for text in self.fail_if]

    def asked(self, account: str, manifests: tuple[str, ...], by: str, time_zone: str) -> Asked:
        """Return what a run is asked for. Raises ConfigurationError: something that was said cannot be."""
        return Asked(
            account=account,
            manifests=manifests,
            name=self.called,
            by=by,
            time_zone=time_zone,
            keys=read_keys(self.keys, self.weak),
            interval=interval.month(self.month, time_zone) if self.month else None,
            interval_by=self.by,
            due_ms=read_duration_ms(self.due) if self.due else 0,
            prices=read_prices(self.prices.read_text(encoding="utf-8-sig")) if self.prices else UNKNOWN,
        )


def run_tables(clickhouse: ClickHouseSettings) -> RunTables:
    """Return the tables of runs."""
    return RunTables(connect(clickhouse, timeout_s=_STATEMENT_S_MAX, writes=True), clickhouse.database)


def compare_kept(
    console: Console,
    clickhouse: ClickHouseSettings,
    comparing: Comparing,
    kept: ManifestRow,
    *,
    limits: list[Limit],
    by: str,
) -> None:
    """Compare a manifest that was just kept, and those of --with."""
    sends = SendTables(run_tables(clickhouse).client, clickhouse.database)
    others = [sends.named(kept.account, name).manifest for name in comparing.others]
    manifests = tuple(dict.fromkeys((kept.manifest, *others)))
    asked = comparing.asked(kept.account, manifests, by, clickhouse.time_zone)
    compare_and_show(console, clickhouse, comparing, asked, limits)


def compare_and_show(
    console: Console, clickhouse: ClickHouseSettings, comparing: Comparing, asked: Asked, limits: list[Limit]
) -> None:
    """Make a run, show it, and write its reports. Ends the command with EXIT_LIMIT where a threshold is passed."""
    tables = run_tables(clickhouse)
    record = make_run(tables, clickhouse.views_database, asked, time.time_ns() // 1_000_000)
    show_again(console, tables, comparing, record)
    passed = [limit for limit in limits if limit.is_passed(record.counts, record.counted)]
    for limit in passed:
        console.print(f"threshold passed: {limit} ({record.counts.get(limit.name, 0):,})", style="red")
    if passed:
        raise click.exceptions.Exit(EXIT_LIMIT)


def show_again(console: Console, tables: RunTables, comparing: Comparing, record: RunRecord) -> None:
    """Show a run, and write its reports."""
    show_run(console, tables, record, comparing.language)
    for path in write_reports(tables, record, comparing.reports, comparing.language, numbers=comparing.numbers):
        console.print(f"written: {path}", highlight=False, soft_wrap=True)


def comparing_options(command: Command) -> Command:
    """Give a command the options of comparing; it gets `comparing`."""

    @wraps(command)
    def called(**options: Any) -> Any:
        names = ("called", "others", "keys", "weak", "due", "month", "by", "fail_if", "language", "numbers", "prices")
        said = {name: options.pop(name) for name in names}
        written = {shape: options.pop(f"{shape}_path") for shape in SHAPES}
        reports = {shape: path for shape, path in written.items() if path}
        return command(comparing=Comparing(**said, reports=reports), **options)

    made: Command = called
    for option in reversed(_OPTIONS):
        made = option(made)
    return made


SHAPES: Final = ("csv", "xlsx", "parquet", "html")
_OPTIONS: tuple[Callable[[Command], Command], ...] = (
    click.option(
        "--name", "called", default="", help="What the run is called; of several of one name the latest is meant."
    ),
    click.option("--with", "others", multiple=True, help="A further manifest that is compared along. Repeatable."),
    click.option(
        "--key", "keys", multiple=True, help="What finds a message after its ids: reference (default), reference,line."
    ),
    click.option(
        "--match",
        "weak",
        multiple=True,
        help="A weak key, last: line,campaign,window=10m. Its class is matched_weakly.",
    ),
    click.option("--due", default="", help="Callbacks are due so long after a send (72h), whatever is usual."),
    click.option("--month", default="", help="Of this month alone (2026-11), in the zone of days."),
    click.option(
        "--by", type=click.Choice(interval.BY), default="sent_at", show_default=True, help="Which time decides."
    ),
    click.option("--fail-if", multiple=True, help="A threshold: 'no_callback > 0.1%'. Passed, the exit status is 3."),
    click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of reports."),
    click.option("--numbers", is_flag=True, help="Numbers of the rows in the reports' files."),
    click.option("--prices", type=EXISTING, help="CSV of what messages cost, for an invoice's lines."),
    *(
        click.option(
            f"--{shape}", f"{shape}_path", type=FILE, help=f"Write the differences to this {shape.upper()} file."
        )
        for shape in SHAPES
    ),
)
