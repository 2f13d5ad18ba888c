"""Fixtures that several rooms' tests share: databases with every table and view, and ingest processes of a test's own."""

import asyncio
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from operations.topics import create_missing
from projections.clickhouse.migrate import migrate
from projections.rows import projections_of
from projections.settings import Settings
from projections.sink import Sink
from projections.writer import make_writer
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.settings import KafkaSettings
from schemas.topics import Topics
from tests.support.databases import Databases, Project, batches
from tests.support.running_ingest import SIGNED_SOURCE, RunningIngest, StartIngest, ingest_at
from tests.support.world import FakeRecord, World


@pytest.fixture(scope="session")
def migrated(clickhouse_url: str) -> Iterator[Databases]:
    """A pair of databases with every table and view, made once a session."""
    name = f"projections_{uuid.uuid4().hex[:8]}"
    client = connect(ClickHouseSettings(clickhouse_url))
    made = Databases(client, clickhouse_url, f"{name}_store", name)
    migrate(client, made.store, views_database=made.views)
    yield made
    for database in (made.views, f"{made.views}_numbers", f"{made.views}_bi", made.store):
        client.command(f"DROP DATABASE {database} SYNC")
    client.close()


@pytest.fixture
def databases(migrated: Databases) -> Databases:
    """The session's databases, every table empty."""
    tables = migrated.client.query(
        f"SELECT table, any(name) FROM system.parts WHERE database = '{migrated.store}' AND active GROUP BY table"
    ).result_rows
    for table, _ in tables:
        if table != "migration" and not table.startswith("."):  # .inner: what a refresh replaces
            migrated.client.command(f"TRUNCATE TABLE {migrated.store}.{table} SYNC")
    return migrated


@pytest.fixture
def unmerged(databases: Databases) -> Iterator[None]:
    """The engine merges nothing by itself while a test runs: `merge` merges what it names."""
    tables = [
        name
        for (name,) in databases.client.query(
            f"SELECT name FROM system.tables WHERE database = '{databases.store}' AND engine LIKE '%MergeTree'"
        ).result_rows
    ]
    for table in tables:
        databases.client.command(f"SYSTEM STOP MERGES {databases.store}.{table}")
    yield
    for table in tables:
        databases.client.command(f"SYSTEM START MERGES {databases.store}.{table}")


@pytest.fixture
def project(databases: Databases) -> Iterator[Project]:
    """A function that stores a world's records as a projector would, batch by batch, without Kafka."""
    with ThreadPoolExecutor(max_workers=2) as threads:
        sink = Sink(databases.client, databases.store, threads)

        async def run(world: World | dict[str, list[FakeRecord]]) -> None:
            records = world.records if isinstance(world, World) else world
            generation = world.generation if isinstance(world, World) else 1
            for projection in projections_of(Topics(generation)):
                store = make_writer(projection, sink, Settings(retry_pause_ms_min=10), asyncio.Event())
                for batch in batches(records.get(projection.topic, [])):
                    await store.store(batch)

        yield run


@pytest.fixture(scope="session")
def broker(kafka_bootstrap: str) -> str:
    """The session's broker, with the topics declared."""
    asyncio.run(create_missing(KafkaSettings(kafka_bootstrap), 1, 4))
    return kafka_bootstrap


@pytest.fixture
def start_ingest(tmp_path: Path, fresh_name: str) -> Iterator[StartIngest]:
    """A function that runs ingest with one signed source named `fresh_name`, or the sources given, until the test ends."""
    with ExitStack() as running:

        def start(bootstrap_servers: str, sources: str = "", **environ: str) -> RunningIngest:
            text = sources or SIGNED_SOURCE.format(name=fresh_name)
            return running.enter_context(ingest_at(bootstrap_servers, tmp_path, text, **environ))

        yield start
