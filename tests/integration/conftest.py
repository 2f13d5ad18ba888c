"""Fixtures that several rooms' tests share: databases with every table and view, and ingest processes of a test's own."""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from operations.topics import create_missing
from projections.clickhouse.migrate import migrate
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.settings import KafkaSettings
from tests.support.databases import Databases, Project
from tests.support.projecting import projecting
from tests.support.running_ingest import SIGNED_SOURCE, RunningIngest, StartIngest, ingest_at


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
    return migrated.emptied()


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
    with projecting(databases) as run:
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
