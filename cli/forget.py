"""`recibo forget`: a person's data, listed, and erased once somebody says yes. And who must not be forgotten yet."""

import asyncio
import logging
import os
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
from aiokafka.errors import KafkaError
from clickhouse_connect.driver.exceptions import ClickHouseError
from rich.console import Console
from rich.table import Table

from cli._options import data_dir_option, generation_option, secrets_file_option
from cli._servers import clickhouse_option, generation_of, kafka_option
from cli._terminal import Terminal
from operations.forget.forget import Forgetting, Report
from operations.forget.key import made_key
from operations.forget.names import read_identity
from operations.forget.report import Part
from projections.settings import from_environ
from runtime.clickhouse.client import connect
from runtime.progress_bars import ProgressBars
from schemas.errors import ConfigurationError, DeploymentError

_STATEMENT_S_MAX = 3_600


@click.command()
@click.argument("identity")
@click.option("--yes", is_flag=True, help="Forget without asking.")
@click.option("--dry-run", is_flag=True, help="List what is held, and change nothing.")
@click.option("--hold", "holds", is_flag=True, help="Forbid it from now on, as in a dispute; wants --reason.")
@click.option("--release", is_flag=True, help="Forbid it no more.")
@click.option("--reason", default="", help="Why it is held. It names no person: it is kept as it is.")
@click.option("--region", default="BR", show_default=True, help="Country whose national notation a number may have.")
@kafka_option
@clickhouse_option
@generation_option
@data_dir_option
@secrets_file_option
def command(identity: str, *, secrets_file: Path, data_dir: Path, region: str, **options: Any) -> None:  # noqa: ARG001 - others' defaults are read in it
    """Forget a person: IDENTITY is a number in any notation, a lid (99000@lid) or a business-scoped id.

    All names that go with it and all messages to them are found, listed, and erased after a yes: from the truth about each
    message, from the local stores and from every table. Counts stay. What cannot be deleted at once is named, with the
    date when it is gone. May be interrupted anywhere and run again.
    """
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    wanted = {name: options.pop(name) for name in ("yes", "dry_run", "holds", "release", "reason")}
    _check(**wanted)
    name = read_identity(identity, region)
    options["generation"] = generation_of(options["kafka"], options["generation"])
    settings = replace(from_environ(), **options)
    key_of = partial(made_key, secrets_file, os.environ)
    console = Terminal()
    try:
        with (
            connect(settings.clickhouse, timeout_s=_STATEMENT_S_MAX, writes=True) as client,
            ProgressBars(console) as progress,
        ):
            forgetting = Forgetting(settings, client, key_of, progress)
            if wanted["holds"] or wanted["release"]:
                held = asyncio.run(forgetting.hold(name, wanted["reason"] if wanted["holds"] else None))
            else:
                held = asyncio.run(forgetting.look(name))
        print_report(console, held)
        if wanted["dry_run"] or wanted["holds"] or wanted["release"]:
            return
        if not wanted["yes"]:
            click.confirm("Forget this person? It cannot be undone", abort=True)
        with (
            connect(settings.clickhouse, timeout_s=_STATEMENT_S_MAX, writes=True) as client,
            ProgressBars(console) as progress,
        ):
            done = asyncio.run(Forgetting(settings, client, key_of, progress).forget(name))
    except ClickHouseError as error:
        raise DeploymentError(f"ClickHouse: {error}. Run it again: it continues from where it was") from error
    except (KafkaError, OSError) as error:
        raise DeploymentError(f"Kafka: {error}. Run it again: it continues from where it was") from error
    print_done(console, done)


def _check(*, yes: bool, dry_run: bool, holds: bool, release: bool, reason: str) -> None:
    """Refuse options that contradict one another. Raises ConfigurationError."""
    if sum((yes, dry_run, holds, release)) > 1:
        raise ConfigurationError("--yes, --dry-run, --hold and --release exclude one another: give one of them")
    if holds and not reason.strip():
        raise ConfigurationError("--hold wants --reason: whoever asks for the erasure is told why it has to wait")


def print_done(console: Console, done: Report) -> None:
    """Say what was done. Raises DeploymentError: messages that may be the person's are left, so that it does not end well."""
    console.print(f"Forgotten: {done.messages:,} messages. What is named above with a date is gone by then.")
    if not done.bounded:
        console.print(
            "message.state is not this principal's to alter: set max.compaction.lag.ms of it, or old values stay longer",
            style="yellow",
        )
    if done.person.unclear:
        raise DeploymentError(
            f"{done.person.unclear:,} messages are left: their digits can be read as this person's number or as another line's, and "
            "nothing says which. They end with the tables' retention (docs/privacy.md)"
        )


def print_report(console: Console, report: Report) -> None:
    """Print what was found, place by place."""
    person = report.person
    console.print(f"Names: {', '.join(f'{kind} {value}' for kind, value in person.names.identities)}", highlight=False)
    console.print(f"Messages: {len(person.messages):,}", highlight=False)
    if person.unclear:
        console.print(
            f"{person.unclear:,} more went to a number that can be read in two ways, and are left", style="yellow"
        )
    if report.held:
        console.print(f"Held back from being forgotten: {report.held}", style="yellow")
    table = Table()
    for name in ("place", "rows", "first", "last", "gone"):
        table.add_column(name, justify="right" if name == "rows" else "left")
    for part in report.parts:
        table.add_row(part.place, f"{part.rows:,}", _day(part.first_ms), _day(part.last_ms), _gone(part))
    console.print(table)
    console.print(
        "Files of `recibo archive` are not changed: those of these days hold the raw log's part until you delete them; "
        "--restore leaves a forgotten person out.",
        highlight=False,
        soft_wrap=True,
    )


def _gone(part: Part) -> str:
    return f"by {_day(part.ends_ms)}: {part.why}" if part.ends_ms else "at once"


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d")
