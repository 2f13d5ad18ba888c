"""What `recibo doctor` looks at: each check answers with one finding a line."""

import asyncio
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import requires, version
from pathlib import Path
from typing import Final, Literal

from aiokafka.errors import KafkaError
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from packaging.requirements import Requirement

from operations.topics import REPLICAS_WANTED, FoundTopic, admin_of, differences, find_topics
from projections.clickhouse.migrate import read_migrations
from runtime.clickhouse import ClickHouseSettings, connect
from runtime.kafka.settings import KafkaSettings
from schemas.errors import DeploymentError
from schemas.topics import declared

GIB: Final = 1024**3
DISK_FREE_BYTES_FAIL: Final = 1 * GIB
DISK_FREE_BYTES_WARN: Final = 10 * GIB
CLOCK_S_FAIL: Final = 30.0
CLOCK_S_WARN: Final = 1.0
CLICKHOUSE_MIN: Final = (25, 10)
"""The oldest release whose settings the tables rely on."""

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found, and what to do about it where it is not ok."""

    level: Level
    subject: str
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where to look."""

    kafka: KafkaSettings
    clickhouse: ClickHouseSettings
    generation: int
    data_dir: Path


def findings(deployment: Deployment) -> Iterator[Finding]:
    """Look at everything, one check after the other; a check never keeps another from being made."""
    checks: tuple[Callable[[Deployment], Iterator[Finding]], ...] = (kafka, clickhouse, versions, disk)
    for check in checks:
        yield from check(deployment)


def kafka(deployment: Deployment) -> Iterator[Finding]:
    """Broker reachable; topics as declared; what an acknowledged record survives."""
    try:
        brokers, found = asyncio.run(_look_at_kafka(deployment))
    except (DeploymentError, KafkaError) as error:
        yield Finding("fail", "kafka", str(error))
        return
    yield Finding("ok", "kafka", f"{brokers} broker(s) at {deployment.kafka.bootstrap_servers}")
    wanted = declared(deployment.kafka.topics(deployment.generation))
    told = differences(wanted, found)
    if told:
        remedy = "`recibo topics` creates what is missing; change the rest with kafka-configs.sh --alter"
        yield Finding("fail", "topics", "; ".join(told), remedy)
    else:
        yield Finding("ok", "topics", f"all {len(wanted)} as declared")
    if found:
        yield durability(brokers, found)


def durability(brokers: int, found: dict[str, FoundTopic]) -> Finding:
    """Say what an answer 204 survives on this cluster. Pure."""
    replicas = min(topic.replicas for topic in found.values())
    in_sync = min(int(topic.config.get("min.insync.replicas", 1)) for topic in found.values())
    if replicas >= REPLICAS_WANTED and in_sync > 1:
        return Finding(
            "ok", "durability", f"{replicas} replicas, {in_sync} in sync: 204 survives the loss of a machine"
        )
    text = f"{replicas} replica(s) on {brokers} broker(s), {in_sync} in sync: 204 survives the death of any process,"
    return Finding(
        "warn",
        "durability",
        f"{text} not the loss of power or of the disk",
        "in production, three brokers, replication factor 3 and min.insync.replicas=2",
    )


def clickhouse(deployment: Deployment) -> Iterator[Finding]:
    """Engine reachable and recent enough; tables migrated; clocks agree."""
    try:
        with connect(deployment.clickhouse) as client:
            yield from _look_at_clickhouse(client, deployment.clickhouse.database)
    except ClickHouseError:
        text = f"no ClickHouse answers at {deployment.clickhouse.address}"
        yield Finding("fail", "clickhouse", text, "start it (`recibo up`), or correct CLICKHOUSE_URL")


def clock(seconds: float) -> Finding:
    """Judge how far another clock is ahead of this one. Pure."""
    text = f"ClickHouse's is {abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} this machine's"
    if abs(seconds) < CLOCK_S_WARN:
        return Finding("ok", "clocks", "agree within a second")
    level: Level = "fail" if abs(seconds) >= CLOCK_S_FAIL else "warn"
    return Finding(level, "clocks", text, "run NTP (chrony, systemd-timesyncd) on every machine")


def versions(_: Deployment) -> Iterator[Finding]:
    """Python, and the libraries as the project requires them."""
    required = [Requirement(line) for line in requires("recibo") or []]
    wrong = [
        f"{needed.name} {version(needed.name)} (required {needed.specifier})"
        for needed in required
        if needed.marker is None and not needed.specifier.contains(version(needed.name), prereleases=True)
    ]
    if wrong:
        yield Finding("fail", "versions", ", ".join(wrong), "`make install` installs what the lock file says")
        return
    shown = ", ".join(f"{name} {version(name)}" for name in ("aiokafka", "faust-streaming", "rocksdict"))
    yield Finding("ok", "versions", f"recibo {version('recibo')}, Python {platform.python_version()}, {shown}")


def disk(deployment: Deployment) -> Iterator[Finding]:
    """Room for the data directory."""
    folder = deployment.data_dir.resolve()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    yield disk_room(free, folder)


def disk_room(free_bytes: int, folder: Path) -> Finding:
    """Judge how much room is left. Pure."""
    text = f"{free_bytes / GIB:.1f} GiB free under {folder}"
    if free_bytes >= DISK_FREE_BYTES_WARN:
        return Finding("ok", "disk", text)
    level: Level = "fail" if free_bytes < DISK_FREE_BYTES_FAIL else "warn"
    return Finding(level, "disk", text, "free some, or move the data directory (--data-dir, RECIBO_DATA_DIR)")


async def _look_at_kafka(deployment: Deployment) -> tuple[int, dict[str, FoundTopic]]:
    async with admin_of(deployment.kafka) as admin:
        brokers = len((await admin.describe_cluster())["brokers"])
        return brokers, await find_topics(
            admin, [topic.name for topic in declared(deployment.kafka.topics(deployment.generation))]
        )


def _look_at_clickhouse(client: Client, store: str) -> Iterator[Finding]:
    release = tuple(int(part) for part in str(client.server_version).split(".")[:2])
    text = f"version {client.server_version}"
    if release < CLICKHOUSE_MIN:
        yield Finding("fail", "clickhouse", text, f"use {'.'.join(map(str, CLICKHOUSE_MIN))} or later")
    else:
        yield Finding("ok", "clickhouse", text)
    known = {migration.number for migration in read_migrations()}
    exists = client.command(f"EXISTS TABLE {store}.migration")
    rows = client.query(f"SELECT DISTINCT number FROM {store}.migration").result_rows if exists else []  # noqa: S608
    missing = known - {row[0] for row in rows}
    if missing:
        remedy = "`python -m projections.clickhouse.migrate`; the projections do so when they start"
        yield Finding("fail", "tables", f"{len(missing)} of {len(known)} migrations not applied", remedy)
    else:
        yield Finding("ok", "tables", f"all {len(known)} migrations applied")
    asked = time.time()
    theirs = float(client.query("SELECT toUnixTimestamp64Milli(now64(3)) / 1000").result_rows[0][0])
    yield clock(theirs - (asked + time.time()) / 2)
