"""The one sender of a partition: a bounded queue of batches, appended in order, one in flight.

Nobody else calls `send_batch` for the partition (concurrent calls overtake one another). A batch has one future,
which all of its requests await: not one future an event.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from ingest.durable.linger import Linger
from ingest.raw_records import LogRecord
from schemas.errors import LogUnavailable

_RECORD_OVERHEAD_BYTES: Final = 160
"""Two headers' names and values and the framing, generously."""


class Batch:
    """Records of one partition on their way, and the future of their acknowledgement."""

    __slots__ = ("acked", "began_s", "bytes", "departure", "records")

    def __init__(self, began_s: float, departure: int, acked: asyncio.Future[None]) -> None:
        self.records: list[LogRecord] = []
        self.bytes = 0
        self.began_s = began_s
        self.departure = departure
        self.acked = acked

    def fail(self, why: str) -> None:
        """Tell whoever waits that the batch may not be in the log."""
        if not self.acked.done():
            self.acked.set_exception(LogUnavailable(why))
            self.acked.exception()  # a hung-up client leaves nobody to look at it


class PartitionSender:
    """Sends what is appended to one partition, until it is cancelled."""

    def __init__(
        self,
        producer: AIOKafkaProducer,
        topic: str,
        partition: int,
        *,
        linger: Linger,
        batch_bytes_max: int,
        queue_bytes_max: int,
        failures_max: int,
        on_stuck: Callable[[], None],
    ) -> None:
        """Prepare a sender; `run` it as a task.

        Args:
            producer: started, idempotent, `acks=all`.
            topic: the topic.
            partition: the partition; this is its only sender.
            linger: when batches leave; shared by all partitions.
            batch_bytes_max: size from which a batch is closed.
            queue_bytes_max: bytes that may wait; more raises LogUnavailable.
            failures_max: consecutive late batches after which the partition counts as stuck.
            on_stuck: called then, and when a batch is refused: the producer's sequence is poisoned from there on.
        """
        self._producer = producer
        self._topic = topic
        self._partition = partition
        self._linger = linger
        self._batch_bytes_max = batch_bytes_max
        self._queue_bytes_max = queue_bytes_max
        self._failures_max = failures_max
        self._failures = 0
        self._on_stuck = on_stuck
        self._loop = asyncio.get_running_loop()
        self._queue: deque[Batch] = deque()
        self._queued_bytes = 0
        self._in_flight: Batch | None = None
        self._wakeup = asyncio.Event()

    @property
    def name(self) -> str:
        """Topic and partition."""
        return f"{self._topic}[{self._partition}]"

    def append(self, record: LogRecord) -> "asyncio.Future[None]":
        """Queue a record; the future is done when its batch is acknowledged, and fails with LogUnavailable.

        Raises:
            LogUnavailable: the queue is full.
        """
        batch = self._batch_for(len(record.value) + len(record.key) + _RECORD_OVERHEAD_BYTES)
        batch.records.append(record)
        return batch.acked

    def extend(self, records: Sequence[LogRecord]) -> "set[asyncio.Future[None]]":
        """Queue several records, in one batch where they fit; see `append`."""
        size = sum([len(record.value) + len(record.key) for record in records]) + len(records) * _RECORD_OVERHEAD_BYTES
        if size > self._batch_bytes_max:
            return {self.append(record) for record in records}
        batch = self._batch_for(size)
        batch.records += records
        return {batch.acked}

    def _batch_for(self, size: int) -> Batch:
        """Return the batch that `size` more bytes go to, counting them as queued."""
        if self._queued_bytes + size > self._queue_bytes_max:
            raise LogUnavailable(f"{self.name}: {self._queued_bytes} bytes are waiting already")
        queue = self._queue
        if queue and queue[-1].bytes + size <= self._batch_bytes_max:
            batch = queue[-1]
        else:
            batch = Batch(monotonic(), self._linger.book(), self._loop.create_future())
            queue.append(batch)
            self._wakeup.set()
        batch.bytes += size
        self._queued_bytes += size
        return batch

    def expire(self, began_before_s: float) -> None:
        """Fail the batches that began before a time (monotonic seconds); queued ones will not be sent."""
        in_flight = self._in_flight
        if in_flight is not None and in_flight.began_s < began_before_s and not in_flight.acked.done():
            in_flight.fail("not acknowledged within the deadline")
            self._count_late()
        while self._queue and self._queue[0].began_s < began_before_s:
            self._dequeue().fail("not sent within the deadline")
            self._count_late()

    async def run(self) -> None:
        """Send batch after batch. Ends by cancellation, failing what is not acknowledged."""
        try:
            while True:
                self._wakeup.clear()
                if not self._queue:
                    await self._wakeup.wait()
                if len(self._queue) == 1:
                    await self._linger.wait(self._queue[0].departure)
                if self._queue:
                    await self._send(self._dequeue())
        finally:
            if self._in_flight is not None:
                self._in_flight.fail("Kafka is away")
            while self._queue:
                self._dequeue().fail("Kafka is away")

    async def flushed(self) -> None:
        """Wait until everything appended so far is acknowledged or failed."""
        batches = [self._in_flight, *self._queue]
        waiting = [batch.acked for batch in batches if batch is not None]
        if waiting:
            await asyncio.wait(waiting)

    def _count_late(self) -> None:
        self._failures += 1
        if self._failures >= self._failures_max:
            self._on_stuck()

    def _dequeue(self) -> Batch:
        batch = self._queue.popleft()
        self._queued_bytes -= batch.bytes
        return batch

    async def _send(self, batch: Batch) -> None:
        self._in_flight = batch
        builder = self._producer.create_batch()
        for record in batch.records:
            appended = builder.append(timestamp=None, key=record.key, value=record.value, headers=record.headers)
            assert appended is not None, "the producer's batch size is above ours, so that a batch never fills up"
        try:
            delivery = await self._producer.send_batch(builder, self._topic, partition=self._partition)
            await delivery
        except KafkaError as error:
            batch.fail(f"Kafka refused the batch: {error!r}")
            self._on_stuck()
        else:
            if not batch.acked.done():
                batch.acked.set_result(None)
                self._failures = 0
        self._in_flight = None
