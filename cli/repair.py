"""`recibo repair`: a new generation, folded from the log beside live traffic, compared, and switched to."""

import asyncio
import logging
from dataclasses import replace
from functools import partial
from typing import Any, Final

import click
from aiokafka.errors import KafkaError
from clickhouse_connect.driver.exceptions import ClickHouseError
from rich.console import Console
from rich.table import Table

from cli._options import config_option, data_dir_option, generation_option
from cli._servers import clickhouse_option, generation_of, kafka_option
from cli._terminal import Terminal
from cli.rebuild import print_samples, print_weeks, weeks_text
from operations.repair.plan import Plan
from operations.repair.repair import Repair
from operations.repair.tables import Comparison
from projections.settings import from_environ
from runtime.clickhouse.client import connect
from runtime.progress_bars import ProgressBars
from schemas.errors import DeploymentError

_STATEMENT_S_MAX: Final = 3_600
_AGAIN: Final = "Run it again: it continues from where it was"


@click.command()
@kafka_option
@clickhouse_option
@generation_option
@data_dir_option
@config_option
@click.option(
    "--archive", default="", help="Fold archived records older than the log as well, instead of seeding them."
)
@click.option("--compare-only", is_flag=True, help="Make and compare the new generation, and exit.")
@click.option("--yes", is_flag=True, help="Switch without asking.")
@click.option("--discard", is_flag=True, help="Delete what was made (topics, shadow tables, states), and exit.")
@click.option("--status", is_flag=True, help="Show what was done so far, and exit.")
def command(*, compare_only: bool, yes: bool, discard: bool, status: bool, **options: Any) -> None:
    """Fix what a wrong parser or mapping made of the log, by a new generation of everything derived from it.

    \b
    1. prepare   the next generation's topics; messages older than the log are seeded from this one's facts
    2. fold      its own processors fold the whole raw log, with today's recibo.toml, beside live traffic
    3. project   into a shadow database
    4. compare   which messages change and how, rows added and removed, by table and week
    5. switch    asks; weeks wholly inside the log are replaced, older ones are named and left untouched

    Interrupted anywhere, the same command continues. During the switch the live processors and projections wait, and
    then continue with the new generation by themselves. Ingest continues all the time.
    """  # noqa: D301 - Click's mark for lines that are not to be wrapped
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a refused commit is an answer here
    console = Terminal()
    progress = ProgressBars(console)
    try:
        repair = Repair(_plan(options, progress))
        if status:
            _print_status(console, repair)
        elif discard:
            asyncio.run(repair.discard())
            console.print("discarded; the live generation is as it was")
        elif repair.is_switched():
            asyncio.run(repair.finish(partial(_print_waiting, console)))
            _print_next(console, repair)
        else:
            _go_through(console, repair, progress, compare_only=compare_only, yes=yes)
    except ClickHouseError as error:
        raise DeploymentError(f"ClickHouse: {error}. {_AGAIN}") from error
    except (KafkaError, OSError) as error:
        raise DeploymentError(f"Kafka: {error}. {_AGAIN}") from error


def _plan(options: dict[str, Any], progress: ProgressBars) -> Plan:
    named = ("kafka", "clickhouse", "generation")
    options["generation"] = generation_of(options["kafka"], options["generation"])
    settings = replace(from_environ(), **{name: options[name] for name in named})
    client = connect(settings.clickhouse, timeout_s=_STATEMENT_S_MAX, writes=True)
    data_dir, config = options["data_dir"].resolve(), options["config_file"].resolve()
    return Plan(settings, client, data_dir, config, options["archive"], progress)


def _go_through(console: Console, repair: Repair, progress: ProgressBars, *, compare_only: bool, yes: bool) -> None:
    plan = repair.plan
    with progress:
        comparison = asyncio.run(repair.compare())
    _print_comparison(console, repair, comparison)
    if compare_only:
        console.print(
            "Nothing is switched. Run it without --compare-only to continue, with --discard to delete what was made."
        )
        return
    if not yes and not asyncio.run(repair.is_switching()):
        click.confirm(f"Switch to generation {plan.new}?", abort=True)
    console.print(f"Switching to generation {plan.new}.", highlight=False)

    with progress:
        asyncio.run(repair.switch(partial(_print_waiting, console)))
    _print_next(console, repair)


def _print_waiting(console: Console, what: str) -> None:
    console.print(f"Waiting for {what} to stop: it is of a release that hears of no switch. Stop it now.")


def _print_comparison(console: Console, repair: Repair, comparison: Comparison) -> None:
    plan = repair.plan
    print_weeks(console, comparison.weeks)
    table = Table(title=f"Messages, generation {plan.old} → {plan.new}", title_justify="left")
    for name in ("from", "to", "messages", "tables", "for example"):
        table.add_column(name, justify="right" if name == "messages" else "left")
    for c in comparison.changes:
        tables = "replaced" if c.is_replaced else "untouched"
        table.add_row(c.old or "(not there)", c.new or "(not there)", f"{c.messages:,}", tables, ", ".join(c.examples))
    console.print(table)
    print_samples(console, comparison.samples)
    if comparison.untouched:
        console.print(
            f"Not wholly in the log, left untouched in the tables: {weeks_text(comparison.untouched)}. "
            f"What is said of them above is true in {plan.topics.message_state} only."
        )


def _print_next(console: Console, repair: Repair) -> None:
    plan = repair.plan
    console.print(
        f"Generation {plan.new} is live: processors and projections continue with it by themselves. Consumers of "
        f"{plan.old_topics.message_events} continue with {plan.topics.message_events}.",
        highlight=False,
    )


def _print_status(console: Console, repair: Repair) -> None:
    done = repair.steps.done()
    for step, (at, detail) in done.items():
        console.print(f"{at}  {step}  {detail}", highlight=False)
    if not done:
        console.print(f"no repair of generation {repair.plan.old} was begun")
