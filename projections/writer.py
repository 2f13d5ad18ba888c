"""Storing a batch: records → rows → insert, patiently where the sink is away, around records that can never be rows."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final, Protocol

import structlog

from projections import metrics
from projections.bisection import store_what_can_be
from projections.blocks import BLOCK_ROWS, Blocks
from projections.errors import RowsRefused, Stopping, TooManyRefused
from projections.link import Linker
from projections.person_linker import PersonLinker
from projections.remembered import Remembered
from projections.rows import message_event, message_state, projection_set_aside
from projections.rows.table import Projection, Record, Row, Table
from projections.settings import Settings
from projections.sink import Sink
from runtime.clickhouse.failures import clickhouse_failure
from runtime.failure import Failure
from schemas.errors import SinkUnavailable

SET_ASIDE_ALWAYS_ALLOWED: Final = 10
"""Unusable records a batch may hold whatever its size."""

log = structlog.get_logger()


def make_writer(projection: Projection, sink: Sink, settings: Settings, stopping: asyncio.Event) -> "Writer":
    """Return a store of one topic; states of messages are linked as well, and the names that events give a person."""
    fed = [table.name for table, _ in projection.tables]
    linker: Links | None = None
    if message_state.TABLE.name in fed:
        linker = Linker(sink, sink.database)
    elif message_event.TABLE.name in fed:
        linker = PersonLinker(sink, sink.database)
    return Writer(projection, sink, linker, settings, stopping)


class Links(Protocol):
    """What is written before a topic's rows, of all that is known, and after them."""

    def rows(self, decoded: Sequence[Any]) -> Iterable[Row]:
        """Return what of decoded records is to be linked. Pure."""

    async def link(self, rows: Iterable[Row]) -> None:
        """Link them. Raises SinkUnavailable or RowsRefused, as the sink does."""

    async def follow(self, records: Sequence[Record]) -> None:
        """Write what follows from records whose rows are stored. Raises as `link` does."""


class Writer:
    """Stores one topic's records in its tables."""

    def __init__(
        self, projection: Projection, sink: Sink, linker: Links | None, settings: Settings, stopping: asyncio.Event
    ) -> None:
        """Insert through `sink`; `linker` only where records have something to link; `stopping` ends patience."""
        self._projection = projection
        self._sink = sink
        self._linker = linker
        self._settings = settings
        self._stopping = stopping
        self._said = {table.name: Remembered() for table, _ in projection.said_once}
        self.waits_since: float | None = None
        """Monotonic seconds since when the sink is unavailable; None: it takes rows."""

    async def store(self, records: Sequence[Record]) -> None:
        """Store `records`; return when every one of them is a row, or set aside.

        Raises:
            TooManyRefused: more cannot be rows than can be the records' own fault.
            Stopping: asked to stop while the sink is unavailable.
        """
        refused = await store_what_can_be(records, self._store_rows)
        if len(refused) > max(SET_ASIDE_ALWAYS_ALLOWED, self._settings.set_aside_ratio_max * len(records)):
            raise TooManyRefused(
                f"{self._projection.topic}: {len(refused)} of {len(records)} records cannot become rows, the first "
                f"because: {refused[0][1]}. So many at once is a fault of this release or of the tables; nothing was "
                "committed. Run the release that fits, or repair the tables"
            )
        if refused:
            await self._set_aside(refused)

    async def _store_rows(self, records: Sequence[Record]) -> None:
        tables, said, ids = await asyncio.to_thread(self._encode, records)
        if self._linker is not None:
            await self._patiently(partial(self._linker.link, ids))
        for table, rows in said.items():
            await self._insert(await asyncio.to_thread(Blocks, table, rows))
            self._said[table.name].add(rows)
        for blocks in tables:
            if blocks.rows:
                await self._insert(blocks)
        if self._linker is not None:
            await self._patiently(partial(self._linker.follow, records))

    def _encode(self, records: Sequence[Record]) -> tuple[list[Blocks], dict[Table, list[Row]], list[Row]]:
        """Return the rows of each table, those to be said once, and what is to be linked. Raises RowsRefused."""
        tables, ids = [Blocks(table) for table, _ in self._projection.tables], list[Row]()
        said = {table: list[Row]() for table, _ in self._projection.said_once}
        try:
            for start in range(0, len(records), BLOCK_ROWS):
                part = map(self._projection.decode, records[start : start + BLOCK_ROWS])
                decoded = [d for d in part if d is not None]
                if self._linker is not None:
                    ids += self._linker.rows(decoded)
                for table, rows in self._projection.said_once:
                    said[table] += rows(decoded)
                for blocks, (_, rows) in zip(tables, self._projection.tables, strict=True):
                    blocks.add(list(rows(decoded)))
        except Exception as error:
            if clickhouse_failure(error) is Failure.REFUSED:
                raise RowsRefused(f"{type(error).__name__}: {error}") from error
            raise
        new = {table: self._said[table.name].new(rows) for table, rows in said.items()}
        return tables, {table: rows for table, rows in new.items() if rows}, ids

    async def _insert(self, blocks: Blocks) -> None:
        started = time.perf_counter()
        await self._patiently(partial(self._sink.insert, blocks))
        metrics.INSERT_SECONDS.labels(blocks.table.name).observe(time.perf_counter() - started)
        metrics.ROWS.labels(blocks.table.name).inc(blocks.rows)

    async def _set_aside(self, refused: list[tuple[Record, str]]) -> None:
        for record, why in refused:
            log.error(
                "a record cannot become a row and is set aside: look into projection_set_aside",
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                why=why,
            )
        metrics.SET_ASIDE.labels(self._projection.topic).inc(len(refused))
        await self._insert(Blocks(projection_set_aside.TABLE, list(projection_set_aside.rows(refused))))

    async def _patiently(self, call: Callable[[], Awaitable[None]]) -> None:
        """Call until the sink takes it, pausing longer each time. Raises Stopping where asked to stop meanwhile."""
        pause_ms = self._settings.retry_pause_ms_min
        while True:
            try:
                await call()
            except SinkUnavailable as error:
                self.waits_since = self.waits_since or time.monotonic()
                metrics.RETRIES.inc()
                log.warning("trying again", topic=self._projection.topic, pause_ms=pause_ms, why=str(error))
            else:
                self.waits_since = None
                return
            try:
                await asyncio.wait_for(self._stopping.wait(), pause_ms / 1000)
            except TimeoutError:
                pause_ms = min(2 * pause_ms, self._settings.retry_pause_ms_max)
            else:
                raise Stopping(f"{self._projection.topic}: asked to stop while the sink was unavailable")
