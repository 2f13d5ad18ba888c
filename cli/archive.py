"""`recibo archive`: the raw log as Parquet files, whole hours, for longer than Kafka keeps it."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console

from cli._restore import HOUR, restore_tables
from cli._servers import clickhouse_option, kafka_option
from cli._terminal import Terminal
from operations.archive.hours import first_open_hour, hour_name
from operations.archive.location import Location
from operations.archive.manifest import ArchiveDamaged, Manifest, chain_problems
from operations.archive.partition_log import partition_log
from operations.archive.read import manifests_of, partitions_of, problems_of, unfinished_in
from operations.archive.write import archive, gaps
from runtime.kafka.settings import KafkaSettings
from runtime.progress_bars import ProgressBars
from schemas.errors import DeploymentError
from schemas.topics import RAW, REQUESTS

TOPICS = (RAW, REQUESTS)


@click.command()
@click.argument("location")
@click.option("--verify", is_flag=True, help="Write nothing: read every file and check it against its manifest.")
@click.option("--topic", "topics", multiple=True, default=TOPICS, show_default=True)
@click.option(
    "--restore", "restores", is_flag=True, help="Write nothing there: put archived records back into their tables."
)
@click.option("--since", type=HOUR, help="With --restore: the first day or hour (UTC), 2026-11-26 or 2026-11-26T05.")
@click.option("--until", type=HOUR, help="With --restore: the last day or hour (UTC), included.")
@click.option("--file", "files", multiple=True, help="With --restore: this file alone (its path in LOCATION).")
@kafka_option
@clickhouse_option
def command(
    location: str,
    topics: tuple[str, ...],
    kafka: KafkaSettings,
    *,
    verify: bool,
    restores: bool,
    files: tuple[str, ...],
    **bounds: Any,
) -> None:
    """Write the hours of the log that are over and not yet archived to LOCATION, as Parquet.

    LOCATION is a directory, or s3://BUCKET/PREFIX; for other than Amazon's store
    s3://BUCKET/PREFIX?endpoint_override=HOST:PORT&scheme=http. Credentials come from the environment, as for AWS tools.

    May be interrupted anywhere and run again. Run it every hour.

    --restore fills webhook_raw and webhook_request with what they do not hold any more, or never held; rows that are there
    stay as they are. May be interrupted anywhere and run again.
    """
    if not restores and (files or bounds["since"] or bounds["until"]):
        raise click.UsageError("--since, --until and --file are for --restore")
    place, console = Location(location), Terminal()
    with _told(location):
        if verify:
            _verify(place, topics, console)
            return
        if restores:
            asyncio.run(restore_tables(place, topics, files, bounds, console))
            return
        with place.held():
            written = [m for topic in topics for m in asyncio.run(_archive(kafka, topic, place, console))]
    missing = list(gaps(written))
    if missing:
        raise DeploymentError(f"archived, but {'; '.join(missing)}. Run this more often than the topic's retention")


async def _archive(kafka: KafkaSettings, topic: str, location: Location, console: Console) -> list[Manifest]:
    now_ms = time.time_ns() // 1_000_000
    with ProgressBars(console) as show:
        async with partition_log(kafka, topic) as log:
            written = await archive(log, location, now_ms, lambda done, of: show(topic, done, of))
    before = hour_name(first_open_hour(now_ms))
    _say(console, f"{topic}: {_sum(written)} written; all before {before} is archived")
    return written


def _verify(location: Location, topics: tuple[str, ...], console: Console) -> None:
    problems = []
    for topic in topics:
        with ProgressBars(console) as show:
            manifests, found = _check_topic(location, topic, show)
        problems += found
        _say(console, f"{topic}: {_sum(manifests)}, {len(found)} problems")
        for line in gaps(manifests):
            _say(console, f"  {line}")
        for path in unfinished_in(location, topic):
            _say(console, f"  {path} has no manifest and does not count: the next run rewrites it")
    for problem in problems:
        console.print(problem, style="red", highlight=False, soft_wrap=True)
    if problems:
        raise DeploymentError(f"the archive at {location.url} is damaged: restore these files from a copy")


def _check_topic(location: Location, topic: str, show: ProgressBars) -> tuple[list[Manifest], list[str]]:
    manifests, problems = [], []
    for partition in partitions_of(location, topic):
        try:
            found = manifests_of(location, topic, partition)
        except ArchiveDamaged as error:
            problems.append(str(error))
            continue
        problems += chain_problems(found)
        manifests += found
    of, done = sum(m.records for m in manifests), 0
    for manifest in manifests:
        problems += problems_of(location, manifest)
        done += manifest.records
        show(topic, done, of)
    return manifests, problems


def _sum(manifests: list[Manifest]) -> str:
    records, size = sum(m.records for m in manifests), sum(m.size_bytes for m in manifests)
    partitions = len({m.partition for m in manifests})
    hours = len({m.hour for m in manifests})
    return (
        f"{records:,} records in {len(manifests)} files ({hours} hours, {partitions} partitions, {size / 1e6:,.1f} MB)"
    )


def _say(console: Console, line: str) -> None:
    console.print(line, highlight=False, soft_wrap=True)


@contextmanager
def _told(location: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DeploymentError(f"{location} cannot be used: {error}") from error
