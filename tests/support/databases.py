"""Databases of a test's own, migrated, and what tests ask of them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from clickhouse_connect.driver.client import Client

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
            self.client.command(f"SYSTEM START MERGES {self.store}.{table}")
            self.client.command(f"OPTIMIZE TABLE {self.store}.{table} FINAL")

    def emptied(self) -> "Databases":
        """Return these, every table empty."""
        tables = self.client.query(
            f"SELECT table, any(name) FROM system.parts WHERE database = '{self.store}' AND active GROUP BY table"
        ).result_rows
        for table, _ in tables:
            if table != "migration" and not table.startswith("."):  # .inner: what a refresh replaces
                self.client.command(f"TRUNCATE TABLE {self.store}.{table} SYNC")
        return self


Project = Callable[[World | dict[str, list[FakeRecord]]], Awaitable[None]]


def batches(records: list[FakeRecord], size: int = 500) -> Iterable[list[FakeRecord]]:
    """Cut records into batches."""
    return (records[i : i + size] for i in range(0, len(records), size))


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for a condition, at most so long."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.05)
