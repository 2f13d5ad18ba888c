"""`recibo archive --restore`: archived records back into their tables, with what is missing said."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import click
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from rich.console import Console

from operations.archive.location import Location
from operations.archive.manifest import Manifest
from operations.archive.read import manifests_of, partitions_of
from operations.archive.restore import TABLES, Restored, Rows, chosen, gaps_among, restore
from projections.clickhouse.erase import strip_again
from projections.rows import projections_of
from projections.settings import Settings, from_environ
from projections.sink import Sink
from projections.writer import make_writer
from runtime.clickhouse.client import connect
from runtime.progress_bars import ProgressBars
from schemas.errors import DeploymentError
from schemas.topics import Topics

_DAY: Final = "%Y-%m-%d"
_STATEMENT_S_MAX: Final = 3_600


class Hour(click.ParamType):
    """A day or an hour, as the beginning of the names of hours: `2026-11-26`, `2026-11-26T05`."""

    name = "hour"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text where it is one."""
        for form in (_DAY, f"{_DAY}T%H"):
            try:
                return datetime.strptime(str(value), form).replace(tzinfo=UTC).strftime(form)
            except ValueError:
                continue
        said = f"{value}: write a day or an hour (UTC), as in 2026-11-26 or 2026-11-26T05"
        raise click.BadParameter(said, ctx, param)


HOUR: Final = Hour()


async def restore_tables(
    location: Location, topics: Sequence[str], files: Sequence[str], options: Mapping[str, Any], console: Console
) -> None:
    """Put back what is asked for of each topic.

    Args:
        location: the archive.
        topics: as they are archived.
        files: paths of files; none: all of the hours asked for.
        options: `since` and `until` (texts or None), and `clickhouse`.
        console: where to say what was done.

    Raises:
        DeploymentError: ClickHouse cannot be used, or files are damaged; sound ones are restored all the same.
    """
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)  # errors are reported below, once
    settings = replace(from_environ(), clickhouse=options["clickhouse"])
    problems: list[str] = []
    try:
        with connect(settings.clickhouse, timeout_s=_STATEMENT_S_MAX, writes=True) as client:
            for topic in topics:
                wanted = _wanted(location, topic, files, options, console)
                done = await _restore(location, client, topic, wanted, settings=settings, console=console)
                problems += done.problems
            database, topology = settings.clickhouse.database, settings.clickhouse.topology
            await asyncio.to_thread(strip_again, client, database, database, topology)
    except ClickHouseError as error:
        raise DeploymentError(f"ClickHouse: {error}. Run it again: it continues from where it was") from error
    if problems:
        raise DeploymentError(
            f"left out, since damaged: {'; '.join(problems)}. Restore these files from a copy, and run it again"
        )


def _wanted(
    location: Location, topic: str, files: Sequence[str], options: Mapping[str, Any], console: Console
) -> list[Manifest]:
    """Return the manifests of what is asked for, and say what lies between them."""
    if topic not in TABLES:
        raise DeploymentError(f"{topic} has no table to be restored into: one of {', '.join(TABLES)}")
    since, until = options["since"] or "", options["until"]
    found: list[Manifest] = []
    for partition in partitions_of(location, topic):
        of_partition = chosen(manifests_of(location, topic, partition), since, f"{until}~" if until else "", files)
        for line in gaps_among(of_partition):
            console.print(line, style="yellow", highlight=False, soft_wrap=True)
        found += of_partition
    return found


async def _restore(
    location: Location, client: Client, topic: str, wanted: list[Manifest], *, settings: Settings, console: Console
) -> Restored:
    rows = Rows(client, settings.clickhouse, topic)
    await asyncio.to_thread(rows.require_kept, wanted, time.time_ns() // 1_000_000)
    await asyncio.to_thread(rows.require_same_log, wanted)
    projection = next(p for p in projections_of(Topics(settings.generation)) if p.topic == topic)
    of, read = sum(m.records for m in wanted), 0
    with ExitStack() as open_:
        show = open_.enter_context(ProgressBars(console))
        threads = open_.enter_context(ThreadPoolExecutor(max_workers=2, thread_name_prefix="restore"))
        sink = Sink(client, settings.clickhouse.database, threads)
        writer = make_writer(projection, sink, settings, asyncio.Event())

        def advance(records: int) -> None:
            nonlocal read
            read += records
            show(rows.table, read, of)

        done = await restore(location, wanted, writer, rows.has, advance)
    console.print(
        f"{topic}: {done.records:,} records of {done.files} files restored into {rows.table}; "
        f"{done.there} files were there already",
        highlight=False,
        soft_wrap=True,
    )
    return done
