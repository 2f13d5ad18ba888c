"""The one sender of a partition: a bounded queue of batches, appended in order, one in flight.

Nobody else calls `send_batch` for the partition (concurrent calls overtake one another). A partition whose records are not
acknowledged is shut by itself: what is appended to it is refused at once, while the other partitions go on.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final

import structlog

from ingest.durable.batch import Batch, Refused
from ingest.durable.delivery import Delivery, GaveUp
from ingest.durable.linger import Linger
from ingest.log_record import BATCH_OVERHEAD_BYTES, LogRecord, record_bytes_max
from schemas.errors import LogUnavailable

_FOREVER_S: Final = float("inf")

log = structlog.get_logger()


class PartitionSender:
    """Sends what is appended to one partition, until it is cancelled."""

    def __init__(
        self,
        delivery: Delivery,
        *,
        linger: Linger,
        batch_bytes_max: int,
        queue_bytes_max: int,
        failures_max: int,
        retry_s: float,
        on_failure: Callable[[], None],
    ) -> None:
        """Prepare a sender; `run` it as a task.

        Args:
            delivery: of the partition; nobody else uses it.
            linger: when batches leave; shared by all partitions.
            batch_bytes_max: size from which a batch is closed.
            queue_bytes_max: bytes that may wait; more raises LogUnavailable.
            failures_max: consecutive late batches after which the partition is shut.
            retry_s: how long it is shut where the broker answers, but takes nothing.
            on_failure: called when sending failed of a bug, which ends nothing but what this partition has queued.
        """
        self.name = delivery.name
        self.acknowledged = 0
        """How many batches the broker has answered with success."""
        self._delivery = delivery
        self._linger = linger
        self._batch_bytes_max = batch_bytes_max
        self._queue_bytes_max = queue_bytes_max
        self._failures_max = failures_max
        self._retry_s = retry_s
        self._on_failure = on_failure
        self._late = 0
        self._shut_why = ""
        self._shut_until_s = float("-inf")
        self._trouble = ""
        self._has_ended = False
        self._loop = asyncio.get_running_loop()
        self._queue: deque[Batch] = deque()
        self._queued_bytes = 0
        self._in_flight: Batch | None = None
        self._wakeup = asyncio.Event()

    @property
    def why_shut(self) -> str:
        """Why the partition takes no records now; "" while it does."""
        return self._shut_why

    @property
    def trouble(self) -> str:
        """Why it was shut last, until a batch is acknowledged; "" while all is well."""
        return self._trouble

    @property
    def is_busy(self) -> bool:
        """Whether a batch waits, or is on its way."""
        return self._in_flight is not None or bool(self._queue)

    def append(self, record: LogRecord, *, is_patient: bool = False) -> "asyncio.Future[Refused]":
        """Queue a record; the future is done when its batch is in the log, and fails with LogUnavailable.

        Raises:
            LogUnavailable: the partition is shut, its sender has ended, or the queue is full.
        """
        batch = self._batch_for(record_bytes_max(record), is_patient=is_patient)
        batch.records.append(record)
        return batch.acked

    def extend(
        self, records: Sequence[LogRecord], *, is_patient: bool = False
    ) -> "list[tuple[asyncio.Future[Refused], list[LogRecord]]]":
        """Queue several records, in one batch where they fit; see `append`. Return each batch's future and its records.

        What is not in the answer was not queued: the queue is full from there on, or the partition shut.
        """
        taken: list[tuple[asyncio.Future[Refused], list[LogRecord]]] = []
        size = sum(map(record_bytes_max, records))
        try:
            if size + BATCH_OVERHEAD_BYTES <= self._batch_bytes_max:
                batch = self._batch_for(size, is_patient=is_patient)
                batch.records += records
                return [(batch.acked, list(records))]
            for record in records:
                acked = self.append(record, is_patient=is_patient)
                if taken and taken[-1][0] is acked:
                    taken[-1][1].append(record)
                else:
                    taken.append((acked, [record]))
        except LogUnavailable:
            pass
        return taken

    def watch(self, now_s: float, deadline_s: float) -> None:
        """Fail what misses the deadline (queued batches will not be sent), and open again what was shut for a time."""
        began_before_s = now_s - deadline_s
        in_flight = self._in_flight
        if in_flight is not None and in_flight.began_s < began_before_s and not in_flight.acked.done():
            in_flight.fail("not acknowledged within the deadline")
            self._count_late()
        while self._queue and self._queue[0].began_s < began_before_s:
            self._dequeue().fail("not sent within the deadline")
            self._count_late()
        if now_s >= self._shut_until_s and not self._has_ended:
            self._shut_why = ""  # one batch will tell

    async def run(self) -> None:
        """Send batch after batch. Ends by cancellation, failing what is not acknowledged."""
        try:
            while True:
                try:
                    await self._send_for_ever()
                except Exception:
                    # Only this partition is given up, and only what waits for it; that goes to the spool.
                    log.exception("the sender of a partition failed, and begins anew", partition=self.name)
                    self._on_failure()
                    self._shut("its sender failed", self._retry_s)
                    self._fail_in_flight("its sender failed")
        finally:
            self.end("Kafka is away")

    def end(self, why: str) -> None:
        """Refuse appends from now on, and fail all that waits. Idempotent; for a task that never began, too."""
        self._has_ended = True
        self._shut(why, _FOREVER_S)
        self._fail_in_flight(why)

    async def flushed(self) -> None:
        """Wait until everything appended so far is acknowledged or failed."""
        batches = [self._in_flight, *self._queue]
        waiting = [batch.acked for batch in batches if batch is not None]
        if waiting:
            await asyncio.wait(waiting)

    async def _send_for_ever(self) -> None:
        while True:
            self._wakeup.clear()
            if not self._queue:
                await self._wakeup.wait()
            if len(self._queue) == 1:
                await self._linger.wait(self._queue[0].departure)
            if self._queue:
                await self._send(self._dequeue())

    async def _send(self, batch: Batch) -> None:
        self._in_flight = batch
        try:
            refused = await self._delivery.deliver(batch)
        except GaveUp as error:
            self._shut(str(error), self._retry_s)
            batch.fail(str(error))
        else:
            self._late = 0
            self.acknowledged += 1
            if self._trouble:
                self._open()
            batch.succeed(refused)
        self._in_flight = None

    def _batch_for(self, size: int, *, is_patient: bool) -> Batch:
        """Return the batch that `size` more bytes go to, counting them as queued."""
        if self._shut_why:
            raise LogUnavailable(f"{self.name}: {self._shut_why}")
        if self._queued_bytes + size > self._queue_bytes_max:
            raise LogUnavailable(f"{self.name}: {self._queued_bytes} bytes are waiting already")
        queue = self._queue
        if queue and queue[-1].bytes + size <= self._batch_bytes_max and queue[-1].is_patient == is_patient:
            batch = queue[-1]
        else:
            acked: asyncio.Future[Refused] = self._loop.create_future()
            batch = Batch(monotonic(), self._linger.book(), acked, is_patient=is_patient)
            self._queued_bytes += BATCH_OVERHEAD_BYTES
            queue.append(batch)
            self._wakeup.set()
        batch.bytes += size
        self._queued_bytes += size
        return batch

    def _dequeue(self) -> Batch:
        batch = self._queue.popleft()
        self._queued_bytes -= batch.bytes
        return batch

    def _count_late(self) -> None:
        self._late += 1
        if self._late >= self._failures_max:
            # Open again when what is in flight is answered; where nothing is, after a time.
            self._shut("Kafka is late", _FOREVER_S if self._in_flight is not None else self._retry_s)

    def _shut(self, why: str, seconds: float) -> None:
        """Take nothing more for some seconds, or until a batch is acknowledged; what waits need not wait longer."""
        if not self._trouble and not self._has_ended:
            log.warning("a partition takes no records, which go to the spool", partition=self.name, why=why)
        self._shut_why = self._trouble = why
        self._shut_until_s = monotonic() + seconds
        while self._queue:
            self._dequeue().fail(why)

    def _open(self) -> None:
        log.info("a partition takes records again", partition=self.name)
        self._shut_why = self._trouble = ""

    def _fail_in_flight(self, why: str) -> None:
        in_flight, self._in_flight = self._in_flight, None
        if in_flight is not None:
            in_flight.fail(why)
