"""What `recibo doctor` looks at: each check answers with one finding a line."""

import asyncio
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from importlib.metadata import requires, version
from pathlib import Path
from typing import Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from packaging.requirements import Requirement

from operations import source_health
from operations.agreement import agreement, raw_log
from operations.clickhouse_topology import topology
from operations.finding import Finding, Level
from operations.generation import agreed
from operations.rollup_health import rollup
from operations.topics import REPLICAS_WANTED
from projections.clickhouse.migrate import read_migrations
from projections.clickhouse.raw_log import noted
from projections.completeness import WINDOW_MINUTES, lacking
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.clients import make_consumer
from runtime.kafka.settings import KafkaSettings
from runtime.kafka.topic_check import Found, FoundTopic, differences, look_at
from runtime.secrets_file import exposed_to
from runtime.sources_file import SourcesFile
from schemas.deployment_state import DeploymentState, RawIdentity
from schemas.errors import ConfigurationError, DeploymentError
from schemas.topics import Topic, declared

GIB: Final = 1024**3
DISK_FREE_BYTES_FAIL: Final = 1 * GIB
DISK_FREE_BYTES_WARN: Final = 10 * GIB
CLOCK_S_FAIL: Final = 30.0
CLOCK_S_WARN: Final = 1.0
_KAFKA_S_MAX: Final = 10.0
CLICKHOUSE_MIN: Final = (25, 10)
"""The oldest release whose settings the tables rely on."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where to look."""

    kafka: KafkaSettings
    clickhouse: ClickHouseSettings
    data_dir: Path
    secrets_file: Path | None = None
    config_file: Path | None = None
    """Of the sources; None: they are not looked at."""


def findings(deployment: Deployment) -> Iterator[Finding]:
    """Look at everything, one check after the other; a check never keeps another from being made."""
    checks: tuple[Callable[[Deployment], Iterator[Finding]], ...] = (kafka, clickhouse, versions, disk, files, secrets)
    for check in checks:
        yield from check(deployment)


def kafka(deployment: Deployment) -> Iterator[Finding]:
    """Broker reachable; topics as declared; what an acknowledged record survives."""
    try:
        state, look = asyncio.run(_look_at_kafka(deployment.kafka))
    except (DeploymentError, KafkaError) as error:
        yield Finding("fail", "kafka", str(error))
        return
    topics = deployment.kafka.topics(state.live.generation)
    found = dict(look.topics)
    yield Finding("ok", "kafka", f"{look.brokers} broker(s) at {deployment.kafka.bootstrap_servers}")
    yield from topics_found(declared(topics), found, look.hidden)
    if found:
        yield durability(look.brokers, found)
    raw = found.get(topics.raw)
    identity = RawIdentity(raw.topic_id, raw.partitions) if raw else None
    if topics.deployment in found:
        yield from agreement(state, identity, os.environ)
    if identity:
        yield from _raw_log_of_tables(deployment.clickhouse, state.live.generation, identity)


def topics_found(wanted: Sequence[Topic], found: dict[str, FoundTopic], hidden: AbstractSet[str]) -> Iterator[Finding]:
    """Judge the topics by what this principal may see of them. Pure."""
    told = differences([topic for topic in wanted if topic.name not in hidden], found)
    unread = sorted(name for name, topic in found.items() if topic.config is None)
    if told:
        remedy = "`recibo topics --apply` creates what is missing and alters what can be altered"
        yield Finding("fail", "topics", "; ".join(told), remedy)
    elif not hidden and not unread:
        yield Finding("ok", "topics", f"all {len(wanted)} as declared")
    remedy = "ask with a principal that may: `recibo topics --acls` prints the operator's grants"
    if hidden:
        yield Finding("unchecked", "topics", f"hidden from this principal: {', '.join(sorted(hidden))}", remedy)
    if unread:
        yield Finding("unchecked", "topics", f"settings not readable: {', '.join(unread)}", remedy)


def durability(brokers: int, found: dict[str, FoundTopic]) -> Finding:
    """Say what an answer 204 survives on this cluster. Pure."""
    replicas = min(topic.replicas for topic in found.values())
    configs = [topic.config for topic in found.values() if topic.config is not None]
    if replicas >= REPLICAS_WANTED and not configs:
        return Finding("unchecked", "durability", f"{replicas} replicas; min.insync.replicas cannot be read")
    in_sync = min((int(config.get("min.insync.replicas", 1)) for config in configs), default=1)
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
            yield from topology(client, deployment.clickhouse)
            yield from _look_at_completeness(client, deployment)
            yield from rollup(client, deployment.clickhouse)
            yield from _look_at_sources(client, deployment)
    except ClickHouseError:
        text = f"no ClickHouse answers at {deployment.clickhouse.address}"
        yield Finding("fail", "clickhouse", text, "start it (`recibo up`), or correct CLICKHOUSE_URL")


def _look_at_completeness(client: Client, deployment: Deployment) -> Iterator[Finding]:
    store, topics = deployment.clickhouse.database, deployment.kafka.topics()
    for table, topic in (("webhook_raw", topics.raw), ("webhook_request", topics.requests)):
        if not client.command(f"EXISTS TABLE {store}.{table}"):
            continue
        try:
            begins = asyncio.run(_begins(deployment.kafka, topic))
        except (KafkaError, TimeoutError):
            yield Finding("unchecked", "completeness", f"{table}: Kafka does not say where {topic} begins")
            continue
        rows = sum(lacking(client, store, table, topic, begins).values())
        what = f"{table}: of the last {WINDOW_MINUTES} minutes"
        if rows:
            yield Finding("fail", "completeness", f"{what}, {rows} rows are missing", f"`recibo rebuild {table}`")
        else:
            yield Finding("ok", "completeness", f"{what}, no row is missing")


def _look_at_sources(client: Client, deployment: Deployment) -> Iterator[Finding]:
    """What came from each source in the last hour, and what to do where it was refused or not understood."""
    file, store = deployment.config_file, deployment.clickhouse.database
    if file is None or not file.exists() or not client.command(f"EXISTS TABLE {store}.webhook_request"):
        return
    try:
        known = SourcesFile(file, deployment.secrets_file).read().by_name
    except ConfigurationError as error:
        yield Finding("fail", "sources", str(error))
        return
    yield from source_health.sources(known, *source_health.hours(client, store))


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


def _raw_log_of_tables(settings: ClickHouseSettings, generation: int, found: RawIdentity) -> Iterator[Finding]:
    """Say whether the tables were made from the raw log that is there; nothing where no engine answers, or knows."""
    try:
        with connect(settings) as client:
            known = noted(client, settings.database, generation)
    except ClickHouseError:
        return
    if known is not None and not known.is_of(found):
        yield from raw_log(known, found, "ClickHouse")


async def _look_at_kafka(kafka: KafkaSettings) -> tuple[DeploymentState, Found]:
    try:
        state = await agreed(kafka)
    except DeploymentError:  # no broker, which the next look says, or no such topic, which is said with the others
        state = DeploymentState()
    return state, await look_at(kafka, "recibo-operator", declared(kafka.topics(state.live.generation)))


def secrets(deployment: Deployment) -> Iterator[Finding]:
    """The sources' secrets are their owner's alone; a group may read them where an orchestrator mounts them so."""
    file = deployment.secrets_file
    if file is None or not file.exists():
        return
    readers = exposed_to(file)
    if readers == "everybody":
        yield Finding("fail", "secrets", f"everybody on this machine may read {file}", f"chmod 600 {file}")
    elif readers:
        yield Finding("warn", "secrets", f"{readers} may read {file}", f"chmod 600 {file}, unless that is meant")
    else:
        yield Finding("ok", "secrets", f"only its owner may read {file}")


def files(deployment: Deployment) -> Iterator[Finding]:
    """The data directory and the engine's password are their owner's alone."""
    folder = deployment.data_dir
    if not folder.exists():
        yield Finding("ok", "files", f"{folder} is not there yet")
        return
    secret = folder / "clickhouse" / "password"
    open_to_others = [path for path in (folder, secret) if path.exists() and path.stat().st_mode & 0o077]
    if open_to_others:
        text = f"others may read {', '.join(map(str, open_to_others))}"
        yield Finding("warn", "files", text, f"chmod -R go= {folder}; `recibo up` does so for its own directory")
    else:
        yield Finding("ok", "files", f"{folder} is its owner's alone")


async def _begins(kafka: KafkaSettings, topic: str) -> dict[int, int]:
    """Return partition → the first offset it still has. Raises KafkaError or TimeoutError."""
    consumer = make_consumer(kafka, "recibo-doctor", topic)
    async with asyncio.timeout(_KAFKA_S_MAX):
        await consumer.start()
        try:
            numbers = consumer.partitions_for_topic(topic) or ()
            found = await consumer.beginning_offsets([TopicPartition(topic, number) for number in numbers])
            return {partition.partition: offset for partition, offset in found.items()}
        finally:
            await consumer.stop()


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
