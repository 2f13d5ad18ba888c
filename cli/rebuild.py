"""`recibo rebuild`: a table rebuilt from its topic, compared, and replaced where the log is whole."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

import click
from aiokafka.errors import KafkaError
from clickhouse_connect.driver.exceptions import ClickHouseError
from rich.console import Console
from rich.table import Table

from cli._options import generation_option
from cli._servers import clickhouse_option, generation_of, kafka_option
from cli._terminal import Terminal
from operations.rebuild.comparison import WeekComparison
from operations.rebuild.table import Rebuild, Report
from operations.rebuild.target import IDENTITY, target_of
from projections.settings import Settings, from_environ
from runtime.clickhouse.client import connect
from runtime.progress_bars import ProgressBars
from schemas.errors import DeploymentError

_STATEMENT_S_MAX: Final = 3_600


@click.command()
@click.argument("table", type=click.Choice(sorted(IDENTITY)))
@kafka_option
@clickhouse_option
@generation_option
@click.option("--compare-only", is_flag=True, help="Compare and exit; the next run continues with the same shadow.")
@click.option("--yes", is_flag=True, help="Replace without asking.")
@click.option("--discard", is_flag=True, help="Drop the shadow that an earlier run left, and exit.")
def command(table: str, *, compare_only: bool, yes: bool, discard: bool, **where: Any) -> None:
    """Rebuild TABLE from its topic, beside live traffic.

    The topic is read into a shadow database by a group of its own and compared with the live table. Then weeks (the
    tables' partitions) that differ and are wholly inside the log's retention are replaced; others are named and left
    as they are. Interrupted at any point, the same command continues. message_alias, state_alias, message_name,
    message_group and message_member are rebuilt with message_state.
    """
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    where["generation"] = generation_of(where["kafka"], where["generation"])
    settings = replace(from_environ(), **where)
    target = target_of(table, settings.kafka.topics(settings.generation))
    console = Terminal()
    try:
        client = connect(settings.clickhouse, timeout_s=_STATEMENT_S_MAX, writes=True)
        if discard:
            Rebuild(target, settings, client, lambda *_: None).discard()
            console.print("discarded; the live tables are as they were")
            return
        with ProgressBars(console) as progress:
            rebuild = Rebuild(target, settings, client, progress)
            report = asyncio.run(rebuild.compare())
        print_weeks(console, report.weeks)
        print_samples(console, report.samples)
        _print_remarks(console, report, settings)
        if compare_only:
            console.print(
                "Nothing was replaced. Run it without --compare-only to continue, with --discard to drop the shadow."
            )
            return
        if report.to_replace and not yes:
            click.confirm(f"Replace {weeks_text(report.to_replace)}?", abort=True)
        with ProgressBars(console) as progress:
            asyncio.run(Rebuild(target, settings, client, progress).replace(report))
        rebuild.discard()
    except ClickHouseError as error:
        raise DeploymentError(f"ClickHouse: {error}. Run it again: it continues from where it was") from error
    except (KafkaError, OSError) as error:
        raise DeploymentError(f"Kafka: {error}. Run it again: it continues from where it was") from error
    console.print(f"Replaced: {weeks_text(report.replaced)}." if report.replaced else "Nothing had to be replaced.")


def print_weeks(console: Console, weeks: Iterable[WeekComparison]) -> None:
    """Print a comparison: a line a table and week."""
    table = Table(title="Shadow and live", title_justify="left")
    for name in (
        "table",
        "week of",
        "live rows",
        "shadow rows",
        "only live",
        "only shadow",
        "differing",
        "older than the log",
    ):
        table.add_column(name, justify="left" if name in {"table", "week of"} else "right")
    for w in weeks:
        numbers = (w.live, w.shadow, w.only_live, w.only_shadow, w.differing, w.outside)
        table.add_row(w.table, str(w.monday), *(f"{n:,}" for n in numbers))
    console.print(table)


def print_samples(console: Console, samples: dict[str, list[dict[str, Any]]]) -> None:
    """Print some rows that differ: of each changed column what is live, then what is in the shadow."""
    for table, rows in samples.items():
        console.print(f"{table}, for example (live → shadow):", highlight=False)
        for row in rows:
            told = (f"{k} {v[0]!s} → {v[1]!s}" if isinstance(v, tuple) else f"{k} {v!s}" for k, v in row.items())
            console.print(f"  {', '.join(told)}", highlight=False)


def weeks_text(weeks: Sequence[date]) -> str:
    """Return Mondays as text."""
    return f"{'week' if len(weeks) == 1 else 'weeks'} of {', '.join(map(str, weeks))}"


def _print_remarks(console: Console, report: Report, settings: Settings) -> None:
    if report.untouched:
        console.print(f"Not wholly in the log, left untouched: {weeks_text(report.untouched)}.")
    if report.live_lag_records:
        console.print(
            f"The live projector ({settings.group}) stands still, {report.live_lag_records:,} records behind: "
            "they count as rows it lacks."
        )
