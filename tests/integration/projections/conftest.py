"""Databases of a test's own, migrated, and a way to project records without Kafka."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from projections.clickhouse.migrate import migrate
from projections.link import Linker
from projections.rows import projections_of
from projections.settings import Settings
from projections.sink import Sink
from projections.writer import Writer
from runtime.clickhouse import ClickHouseSettings, connect
from schemas.topics import Topics
from tests.support.world import FakeRecord, World


@dataclass
class Databases:
    """A migrated pair of databases and a client."""

    client: Client
    url: str
    store: str
    views: str

    def rows(self, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Run a query in which `store.`, `views.` and `numbers.` stand for the databases; return its rows."""
        named = sql.replace("store.", f"{self.store}.").replace("views.", f"{self.views}.")
        text = named.replace("numbers.", f"{self.views}_numbers.")
        return [tuple(row) for row in self.client.query(text, parameters=parameters or None).result_rows]

    def value(self, sql: str, **parameters: Any) -> Any:
        """Return the single value of a query."""
        return self.rows(sql, **parameters)[0][0]

    def merge(self, *tables: str) -> None:
        """Merge tables now, as the engine would some day."""
        for table in tables:
            self.client.command(f"OPTIMIZE TABLE {self.store}.{table} FINAL")


Project = Callable[[World | dict[str, list[FakeRecord]]], Awaitable[None]]


@pytest.fixture(scope="session")
def migrated(clickhouse_url: str) -> Iterator[Databases]:
    """A pair of databases with every table and view, made once a session."""
    name = f"projections_{uuid.uuid4().hex[:8]}"
    client = connect(ClickHouseSettings(clickhouse_url))
    made = Databases(client, clickhouse_url, f"{name}_store", name)
    migrate(client, made.store, views_database=made.views)
    yield made
    for database in (made.views, f"{made.views}_numbers", made.store):
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
def project(databases: Databases) -> Iterator[Project]:
    """A function that stores a world's records as a projector would, batch by batch, without Kafka."""
    with ThreadPoolExecutor(max_workers=2) as threads:
        sink = Sink(databases.client, databases.store, threads)

        async def run(world: World | dict[str, list[FakeRecord]]) -> None:
            records = world.records if isinstance(world, World) else world
            generation = world.generation if isinstance(world, World) else 1
            for projection in projections_of(Topics(generation)):
                linker = Linker(sink, databases.store) if ".state." in projection.topic else None
                linker = linker if projection.topic.startswith("message") else None
                store = Writer(projection, sink, linker, Settings(retry_pause_ms_min=10), asyncio.Event())
                for batch in batches(records.get(projection.topic, [])):
                    await store.store(batch)

        yield run


def batches(records: list[FakeRecord], size: int = 500) -> Iterable[list[FakeRecord]]:
    """Cut records into batches."""
    return (records[i : i + size] for i in range(0, len(records), size))


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for a condition, at most so long."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.05)
