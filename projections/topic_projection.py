"""A lane: one topic's way into its tables. Read → store → commit; at least once, and exact all the same.

While one batch is stored the next is read. Offsets are committed in order, and only once their rows are synced.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

import structlog
from aiokafka.errors import KafkaError

from projections import metrics
from projections.batch import Batch
from projections.errors import Stopping
from projections.reader import Reader
from projections.settings import Settings
from projections.writer import Writer
from runtime.failure import Failure
from runtime.kafka.failures import kafka_failure

log = structlog.get_logger()


class TopicProjection:
    """Carries one topic. Run by one task."""

    def __init__(
        self,
        reader: Reader,
        store: Writer,
        settings: Settings,
        stopping: asyncio.Event,
        why_not: Callable[[], str] = lambda: "",
    ) -> None:
        """Join a reader to a store, until `stopping` is set, or `why_not` says before a batch why nothing may be stored."""
        self._why_not = why_not
        self.reader = reader
        self._store = store
        self._settings = settings
        self._stopping = stopping
        self._unstored: Batch | None = None
        self.committed_records = 0
        """Records stored and committed since the lane began."""
        # Asked when they are read: a lane that stands still must not keep reporting its last good figures.
        metrics.LAG_RECORDS.labels(self.topic).set_function(self._lag_records)
        metrics.AGE_SECONDS.labels(self.topic).set_function(self._age_s)

    @property
    def topic(self) -> str:
        """The topic it carries."""
        return self.reader.topic

    @property
    def is_ready(self) -> bool:
        """Whether the group is joined and the sink takes rows."""
        return self.reader.is_joined and self._store.waits_since is None

    async def run(self) -> None:
        """Carry records until asked to stop, beginning again from the commit while Kafka is away. Any other error ends it, and the process."""
        pause_ms = self._settings.retry_pause_ms_min
        while not self._stopping.is_set():
            stored, self._unstored = self.committed_records, None
            try:
                await self.reader.start()
                await self._carry()
            except Stopping as error:
                log.warning("left a batch to be read again", why=str(error))
            except (KafkaError, OSError) as error:
                if kafka_failure(error) is not Failure.AWAY:
                    raise
                pause_ms = self._settings.retry_pause_ms_min if self.committed_records > stored else pause_ms
                log.warning("Kafka is away; trying again", topic=self.topic, pause_ms=pause_ms, why=repr(error))
            finally:
                await self.reader.stop()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause_ms / 1000)
            pause_ms = min(2 * pause_ms, self._settings.retry_pause_ms_max)

    async def _carry(self) -> None:
        storing: asyncio.Task[None] | None = None
        try:
            while not self._stopping.is_set():
                batch = Batch()
                await self.reader.read(batch, self._settings.batch_age_ms)
                while storing is not None and not storing.done() and self._may_grow(batch):
                    # The engine is busy with the batch before: this one grows meanwhile.
                    await self.reader.read(batch, self._settings.batch_age_ms / 10)
                if storing is not None:
                    await storing
                storing = asyncio.create_task(self._finish(batch)) if batch.records else None
            if storing is not None:
                await storing
        finally:
            if storing is not None:
                storing.cancel()

    def _may_grow(self, batch: Batch) -> bool:
        s = self._settings
        return len(batch.records) < s.batch_rows_max and batch.value_bytes < s.batch_bytes_max

    async def _finish(self, batch: Batch) -> None:
        if why := self._why_not():
            raise Stopping(why)
        self._unstored = batch
        await self._store.store(batch.records)
        await self.reader.commit(batch)
        self._unstored = None
        self.committed_records += len(batch.records)

    def _lag_records(self) -> float:
        return self.reader.lag_records() + (len(self._unstored.records) if self._unstored else 0)

    def _age_s(self) -> float:
        return max(0.0, time.time() - self._unstored.oldest_ms() / 1000) if self._unstored else 0.0
