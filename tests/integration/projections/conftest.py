"""Databases of a test's own, migrated, and a way to project records without Kafka."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from projections.engine import connect
from projections.link import Linker
from projections.migrate import migrate
from projections.rows import projections_of
from projections.settings import Settings
from projections.sink import Sink
from projections.store import Store
from tests.integration.projections.world import FakeRecord, World


@dataclass
class Databases:
    """A migrated pair of databases and a client."""

    client: Client
    url: str
    store: str
    views: str

    def rows(self, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Run a query in which `store.` and `views.` stand for the databases; return its rows."""
        text = sql.replace("store.", f"{self.store}.").replace("views.", f"{self.views}.")
        return [tuple(row) for row in self.client.query(text, parameters=parameters or None).result_rows]

    def value(self, sql: str, **parameters: Any) -> Any:
        """Return the single value of a query."""
        return self.rows(sql, **parameters)[0][0]

    def merge(self, *tables: str) -> None:
        """Merge tables now, as the engine would some day."""
        for table in tables:
            self.client.command(f"OPTIMIZE TABLE {self.store}.{table} FINAL")


Project = Callable[[World | dict[str, list[FakeRecord]]], Awaitable[None]]


@pytest.fixture
def databases(clickhouse_url: str, fresh_name: str) -> Iterator[Databases]:
    """Fresh databases with every table and view."""
    client = connect(clickhouse_url)
    made = Databases(client, clickhouse_url, f"{fresh_name}_store", f"{fresh_name}_views")
    migrate(client, made.store, views_database=made.views)
    yield made
    for name in (made.views, made.store):
        client.command(f"DROP DATABASE {name} SYNC")
    client.close()


@pytest.fixture
def project(databases: Databases) -> Iterator[Project]:
    """A function that stores a world's records as a projector would, batch by batch, without Kafka."""
    with ThreadPoolExecutor(max_workers=2) as threads:
        sink = Sink(databases.client, databases.store, threads)

        async def run(world: World | dict[str, list[FakeRecord]]) -> None:
            records = world.records if isinstance(world, World) else world
            generation = world.generation if isinstance(world, World) else 1
            for projection in projections_of(generation):
                linker = Linker(sink, databases.store) if ".state." in projection.topic else None
                linker = linker if projection.topic.startswith("message") else None
                store = Store(projection, sink, linker, Settings(retry_pause_ms_min=10), asyncio.Event())
                for batch in batches(records.get(projection.topic, [])):
                    await store.store(batch)

        yield run


def batches(records: list[FakeRecord], size: int = 500) -> Iterable[list[FakeRecord]]:
    """Cut records into batches."""
    return (records[i : i + size] for i in range(0, len(records), size))
