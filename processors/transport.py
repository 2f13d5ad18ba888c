"""What of Faust is replaced, and why: its per-message path, by one event for each fetched batch.

Kept: membership, assignment and rebalancing, agents and streams, the worker's life cycle, the commit timer.

Replaced here (Faust 0.15.3, aiokafka 0.14.0; `tests/contracts/test_faust.py` fails when they change):

- `Consumer._drain_messages`: hands a partition's fetched records to the stream as ONE message, since four tasks a
  message cap stock Faust near 14,000 messages/s. Asserts that offsets are contiguous: stock Faust can skip fetched
  records when a rebalance clears its queues. Bounds the bytes that are fetched and not yet acknowledged.
- `Consumer._new_offset`: lanes acknowledge in order, so the offset to commit is the greatest acknowledged, plus one.
  The stock one waits for offsets that batch messages never have.
- `Consumer.wait_empty`: on a revoke, waits for the lanes, with a deadline; the stock one waits for garbage collection.
- `fetch_max_wait_ms` (fixed at 1,500 in Faust): a partition that went quiet would wait that long for its next record.
- aiokafka's `PartitionRecords`: fetched records stay as the client's compiled reader made them. The stock one copies
  each into a Python object of eleven fields, of which we read five, and which is thrown away a moment later.
- tables and their recovery: Faust's pauses every partition, logs and continues after an error while applying a changelog
  record, and costs a message's way for each; ours is `changelog.py`, a partition at a time, by the lane.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import structlog
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import PartitionRecords
from faust import Schema
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from processors import crash_points
from schemas.errors import ContiguityBroken, StateRefused

log = structlog.get_logger()

FETCH_WAIT_MS_MAX: Final = 50
_FETCH_TIMEOUT_S: Final = 0.5
_SATURATED_TIMEOUT_S: Final = 0.02
_RECORD_BYTES: Final = 256
"""What a record holds beside its value, about."""


class BatchSchema(Schema[Any, Any]):
    """Passes a batch through: neither key nor value of a batch message is a serialized payload."""

    def loads_key(self, app: Any, message: Any, **_: Any) -> Any:
        """Return the key as it is."""
        return message.key

    def loads_value(self, app: Any, message: Any, **_: Any) -> Any:
        """Return the records as they are."""
        return message.value


def uncopied(value: bytes) -> bytes:
    """Mark a consumer, as its value deserializer, whose records are to stay as they were read; never called."""
    return value


class UncopiedRecords(PartitionRecords):
    """A fetched partition's records: offset, timestamp, key, value and headers, not copied."""

    def _consumer_record(self, tp: TP, record: Any) -> Any:
        return record


class FetchedRecords(PartitionRecords):
    """What a fetcher makes: uncopied records for a consumer that is marked so, the stock ones for every other."""

    def __new__(cls, *args: Any) -> Any:
        """Make one or the other of the fetcher's arguments, the value deserializer among them."""
        kind = UncopiedRecords if uncopied in args else PartitionRecords
        return kind(*args)


fetcher.PartitionRecords = FetchedRecords


class BatchConsumerThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread, but a fetch does not wait longer for the first record than we can afford."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS_MAX  # noqa: SLF001 - read at start(), no setting leads to it
        consumer._value_deserializer = uncopied  # noqa: SLF001 - read at start() too
        return consumer

    async def ranges(self, *partitions: TP) -> dict[TP, tuple[int, int]]:
        """Return where the log of each partition begins and ends now."""
        return dict(await self.call_thread(self._ranges, partitions))

    async def _ranges(self, partitions: Sequence[TP]) -> dict[TP, tuple[int, int]]:
        consumer = self._ensure_consumer()
        begins, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        return {tp: (begins[tp], ends[tp]) for tp in partitions}


def out_of_range(tp: TP, committed: int, begin: int, end: int) -> str:
    """Return why a commit is not within a log, and what to do; "" where it is. Decides without IO."""
    where = f"{tp.topic}[{tp.partition}]: the group's commit is {committed}"
    if committed > end:
        return (
            f"{where}, and the log ends at {end}: it was truncated or recreated, and what the states hold is not in it. "
            "Nothing was changed. Run `recibo repair`: it makes the next generation from this log, seeded with what is known"
        )
    if committed < begin:
        return (
            f"{where}, and the log begins at {begin} by now: retention deleted records that were never processed. Run `recibo "
            "repair --archive LOCATION` where they were archived; without an archive `recibo repair` continues from what there is"
        )
    return ""


class BatchConsumer(driver.Consumer):
    """Faust's consumer, delivering each partition's fetched records as one message."""

    in_flight_bytes_max: int = 64 * 1024 * 1024
    lane_bytes_max: int = 8 * 1024 * 1024
    drain_s_max: float = 15.0
    stop_at_once: Callable[[BaseException], None]
    """Ends the process."""
    drained: Callable[[], Any] | None = None
    """Awaited on a revoke: returns when every delivered batch is acknowledged."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As Faust's, with nothing in flight."""
        super().__init__(*args, **kwargs)
        self._in_flight_bytes: dict[TP, int] = {}
        self._next_offset: dict[TP, int] = {}
        self._durable_commit: dict[TP, int] = {}
        self._fetching = asyncio.Lock()
        """Held from a fetch to the delivery of its records: a seek in between would lose what the fetch took."""

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def perform_seek(self) -> None:
        """Seek to the committed offsets, or the log's start, from which the next records must follow without a gap.

        A fetch that began before the rebalance is waited for: it may take records of the new position, which are
        dropped. So a partition without a commit, which the client leaves where it is, must be put back as well.
        """
        async with self._fetching:
            await super().perform_seek()
            self._in_flight_bytes.clear()
            self._durable_commit.clear()
            assigned = self.assignment()
            self._next_offset = {tp: offset for tp in assigned if (offset := self._read_offset.get(tp))}
            thread: Any = self._thread  # made by _new_consumer_thread
            self._check_range(await thread.ranges(*self._next_offset))
            if uncommitted := assigned - self._next_offset.keys():
                starts = await self.earliest_offsets(*uncommitted)
                await self.seek_wait(starts)
                self._next_offset.update(starts)

    def _check_range(self, ranges: Mapping[TP, tuple[int, int]]) -> None:
        """End the process where a commit is not within its partition's log: the client would silently begin elsewhere."""
        for tp, (begin, end) in ranges.items():
            if why := out_of_range(tp, self._next_offset[tp], begin, end):
                self.stop_at_once(StateRefused(why))

    def released(self, tp: TP, size: int) -> None:
        """Note that `size` bytes of a partition are acknowledged."""
        if tp in self._in_flight_bytes:
            self._in_flight_bytes[tp] -= size

    def _open_partitions(self) -> set[TP]:
        """Return the active partitions that may have more bytes in flight."""
        active = self._get_active_partitions()
        if sum(self._in_flight_bytes.values()) >= self.in_flight_bytes_max:
            return set()
        return {tp for tp in active if self._in_flight_bytes.get(tp, 0) < self.lane_bytes_max}

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self.should_stop or fetcher.should_stop):
                await self._fetch_and_deliver()
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise
        except ContiguityBroken as error:
            self.stop_at_once(error)

    async def _fetch_and_deliver(self) -> None:
        if not self.flow_active:
            await self.wait(self.can_resume_flow)  # type: ignore[arg-type]  # any event with wait() will do
            return
        async with self._fetching:
            generation = self.app.consumer_generation_id
            partitions = self._open_partitions()
            if not partitions:
                await self.sleep(_SATURATED_TIMEOUT_S)
                return
            saturated = len(partitions) < len(self._get_active_partitions())
            records = await self._getmany(partitions, _SATURATED_TIMEOUT_S if saturated else _FETCH_TIMEOUT_S)
            for tp, fetched in records.items():
                if self._is_rebalancing(generation):
                    return  # what is dropped here is fetched again: the seek to the committed offsets comes after it
                await self._deliver(tp, fetched, generation)

    def _is_rebalancing(self, generation: int) -> bool:
        return not self.flow_active or self.app.consumer_generation_id != generation

    async def _deliver(self, tp: TP, records: list[Any], generation: int) -> None:
        first, last = records[0], records[-1]
        expected = self._next_offset.get(tp, first.offset)
        if first.offset != expected or last.offset - first.offset + 1 != len(records):
            raise ContiguityBroken(
                f"{tp.topic}[{tp.partition}]: expected offset {expected}, fetched {first.offset} to {last.offset} in "
                f"{len(records)} records. Restart it: it continues from the commit, and where that is out of the log's range, "
                "says so and what to do."
            )
        self._next_offset[tp] = last.offset + 1
        size = batch_bytes(records)
        self._in_flight_bytes[tp] = self._in_flight_bytes.get(tp, 0) + size
        message = ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            last.timestamp / 1000.0,
            last.timestamp_type,
            [],
            None,
            records,  # type: ignore[arg-type]  # the batch is the value; BatchSchema passes it through
            None,
            0,
            size,
            tp,
            generation_id=generation,
        )
        await self.wait_first(self.callback(message), self.suspend_flow.wait())
        self._read_offset[tp] = last.offset

    def _new_offset(self, tp: TP) -> int | None:
        acked = self._acked[tp]
        if not acked:
            return None
        greatest = max(acked)
        acked.clear()
        self._acked_index[tp].clear()
        return greatest + 1

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        did_commit: bool = await super()._commit(offsets)
        crash_points.reach("committed")
        if did_commit:
            self._durable_commit.update(offsets)
        return did_commit

    def replayed_from(self, tp: TP) -> int:
        """Return an offset before which no record of a partition is ever replayed: the last one known to be committed."""
        return self._durable_commit.get(tp, 0)

    async def wait_empty(self) -> None:
        """Wait until the lanes are empty, commit; or leave the process, so that nothing is written after the revoke."""
        crash_points.reach("revoke")
        if self.drained is not None:
            try:
                async with asyncio.timeout(self.drain_s_max):
                    await self.drained()
            except TimeoutError:
                log.critical("partitions revoked, and work did not finish in time: leaving", s_max=self.drain_s_max)
                os._exit(75)
        await self.commit_and_end_transactions()


def batch_bytes(records: Sequence[Any]) -> int:
    """Return roughly what a batch holds in memory."""
    return sum([len(r.value or b"") for r in records]) + _RECORD_BYTES * len(records)


class BatchTransport(driver.Transport):
    """Faust's aiokafka transport with our consumer."""

    Consumer = BatchConsumer
