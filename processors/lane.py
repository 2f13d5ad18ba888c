"""One raw partition's way through the worker. Several batches are in it at once; every step keeps their order.

inbox → fold, send states → states acknowledged, send outputs → outputs acknowledged, write store → acknowledge

State before outputs (write ahead): a verdict is in the changelog before anybody can see its event, so a replay finds it
and repeats it. Store after outputs: the disk never leads what was published. Any error ends the lane; `partition.py`
makes the next one, which begins with what was not acknowledged.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka.errors import KafkaError

from processors import crash_points
from processors.batch import Folded, Produced, Understood, fold_batch, keys_of, read_batch
from processors.expiry import CommittedTime
from processors.quarantine import Quarantine
from processors.sender import Acknowledged, PartitionSender, Sent, acknowledged
from processors.sweep import Sweep
from processors.table import Table
from processors.understand import ParserOf
from schemas.hold import Hold

_RELEASE_POLL_S: Final = 1.0

MayBegin = Callable[[int, int], Awaitable[None]]


async def _anybody(_first_offset: int, _greatest_version: int) -> None:
    """Whoever asks may begin."""


class SendFailed(Exception):
    """Kafka did not take what a batch led to; `__cause__` is Kafka's error."""

    def __init__(self, batch: "BatchInFlight") -> None:
        """Name it."""
        super().__init__("Kafka did not take what a batch led to")
        self.batch = batch


@dataclass(slots=True, eq=False)
class BatchInFlight:
    """A fetched batch on its way to acknowledgement."""

    records: Sequence[Any]
    acknowledge: Callable[[], None]
    is_stale: Callable[[], bool]
    """Whether the partition was reassigned since the fetch: then nothing more is written for it."""
    fetched_at: float = field(default_factory=time.monotonic)
    expired: Sequence[bytes] = ()
    """Message keys to delete, found by the sweep; such a batch has no records."""
    expired_at_ms: int = 0  # the stream time at which they had expired
    number: int = 0
    folded: Folded | None = None
    changed: list[list[Produced]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    changelog_offsets: list[int] = field(default_factory=list)

    def again(self) -> "BatchInFlight":
        """Return the batch as it was fetched, for another lane."""
        return BatchInFlight(self.records, self.acknowledge, self.is_stale, self.fetched_at)

    def halves(self) -> tuple["BatchInFlight", "BatchInFlight"]:
        """Return the batch as two, the second of which acknowledges both. It has several records."""
        middle = len(self.records) // 2
        first = BatchInFlight(self.records[:middle], lambda: None, self.is_stale, self.fetched_at)
        return first, BatchInFlight(self.records[middle:], self.acknowledge, self.is_stale, self.fetched_at)


@dataclass(frozen=True, slots=True)
class LaneSettings:
    """What a lane is told of its surroundings."""

    parser_of: ParserOf
    """Finds a source's parser."""
    on_done: Callable[[BatchInFlight], None]
    """Called with every batch whose work is durable."""
    on_swept: Callable[[bool], None]
    """Told of each sweep whether it stopped."""
    sweep_interval_s: float
    """Pause between looking through the whole store."""
    sweep_share_max: float
    """Share of the states that one sweep may delete."""
    log_end: Callable[[], int]
    """The raw partition's end offset as of the last fetch: behind every record fetched so far."""
    replayed_from: Callable[[], int]
    """The offset before which no record is ever replayed."""
    end_holds: Callable[[Mapping[int, Hold]], Awaitable[None]]
    """Writes down the holds that end."""
    may_begin: MayBegin = _anybody
    """Awaited with the first offset to fold and the greatest recovered version; raises where it must not be folded."""


class Lane:
    """The pipeline of one raw partition, from its first batch after assignment to its revocation."""

    def __init__(
        self,
        tables: tuple[Table, Table],
        events: tuple[PartitionSender, PartitionSender],
        set_aside: PartitionSender,
        quarantine: Quarantine,
        settings: LaneSettings,
    ) -> None:
        """Wire a lane.

        Args:
            tables: the message table and the connection table of this partition.
            events: senders of `message.events` and `connection.events`.
            set_aside: sender of `webhook.set_aside`.
            quarantine: which keys are held back.
            settings: what else it is told.
        """
        self._tables = tables
        self._events = events
        self._set_aside = set_aside
        self._quarantine = quarantine
        self._settings = settings
        self._inbox: asyncio.Queue[BatchInFlight] = asyncio.Queue()
        self._states_sent: asyncio.Queue[BatchInFlight] = asyncio.Queue()
        self._outputs_sent: asyncio.Queue[BatchInFlight] = asyncio.Queue()
        self._in_flight: deque[BatchInFlight] = deque()
        self._empty = asyncio.Event()
        self._empty.set()
        self._numbers = 0
        self._ending = asyncio.Lock()  # held while holds end: whoever waits for it sees where they did
        self._stream_time = CommittedTime()
        self._recovered_at = 0.0
        self.recovered = False
        self.has_finished_any = False
        """Whether a batch came through."""

    def submit(self, batch: BatchInFlight) -> None:
        """Take a batch. The transport bounds how many bytes are in flight, so this never waits."""
        self._numbers += 1
        batch.number = self._numbers
        self._in_flight.append(batch)
        self._empty.clear()
        self._inbox.put_nowait(batch)

    async def run(self) -> None:
        """Recover the tables, then work until cancelled. Raises the first error of any step."""
        async with asyncio.TaskGroup() as steps:
            for table in self._tables:
                steps.create_task(table.recover())
        first = next((batch.records[0].offset for batch in self._in_flight if batch.records), 0)
        await self._settings.may_begin(first, max(table.version for table in self._tables))
        self._recovered_at = time.monotonic()
        self.recovered = True
        async with asyncio.TaskGroup() as steps:
            steps.create_task(_each(self._inbox, self._fold_and_send_states))
            steps.create_task(_each(self._states_sent, self._send_outputs))
            steps.create_task(_each(self._outputs_sent, self._store_and_acknowledge))
            steps.create_task(self._swept().run(lambda: self._stream_time.until(self._settings.replayed_from())))
            steps.create_task(self._answer_releases())

    async def drained(self) -> None:
        """Wait until every batch taken is acknowledged."""
        await self._empty.wait()

    def oldest_begun_at(self) -> float | None:
        """Return since when (monotonic) the oldest unfinished batch could be worked on, or None.

        Recovery does not count: it may take long, and has a deadline of its own for silence.
        """
        if not self._in_flight or not self.recovered:
            return None
        return max(self._in_flight[0].fetched_at, self._recovered_at)

    def in_flight_records(self) -> int:
        """Return how many raw records are in the lane."""
        return sum(len(batch.records) for batch in self._in_flight)

    def hot_bytes(self) -> int:
        """Return what the decoded states kept in memory take, about."""
        return sum(table.hot_bytes for table in self._tables)

    def unfinished(self) -> list[BatchInFlight]:
        """Return the fetched batches that are not acknowledged, in the log's order."""
        return [batch for batch in self._in_flight if batch.records]

    async def settled(self) -> None:
        """Wait until nothing that an ended lane sent may still reach the log."""
        for sender in (*(table.sender for table in self._tables), *self._events, self._set_aside):
            await sender.settled()

    async def _fold_and_send_states(self, batch: BatchInFlight) -> None:
        crash_points.reach("fetched")
        if batch.is_stale():
            self._finished(batch)
            return
        await self._end_released()
        understood: list[Understood] = read_batch(batch.records, self._settings.parser_of, self._quarantine.holds)
        messages, connections = self._tables
        message_keys, connection_keys = keys_of(understood)
        states = messages.states(message_keys), connections.states(connection_keys)
        folded = fold_batch(understood, self._set_aside.partition, *states, self._settings.replayed_from())
        for table, part in zip(self._tables, (folded.messages, folded.connections), strict=True):
            changed = part.changed()
            table.keep(part.states, changed, batch.number)
            batch.changed.append(table.rewrites() + changed)
        if batch.expired:
            batch.changed[0] += messages.tombstones(batch.expired, batch.expired_at_ms)
        if batch.records:
            self._stream_time.add(batch.records[-1].offset + 1, folded.latest_ms)
        batch.folded = folded
        await _send(batch, (messages.sender, batch.changed[0]), (connections.sender, batch.changed[1]))
        crash_points.reach("state_sent")
        self._states_sent.put_nowait(batch)

    async def _send_outputs(self, batch: BatchInFlight) -> None:
        for table, sent in zip(self._tables, batch.sent, strict=True):
            batch.changelog_offsets.append(await table.extend_changelog(await _taken(batch, sent)))
        crash_points.reach("sweep" if batch.expired else "state_acknowledged")
        folded = batch.folded
        assert folded is not None, "a batch is folded before its states are sent"
        if batch.is_stale():
            self._finished(batch)
            return
        await _send(
            batch,
            (self._events[0], folded.messages.events),
            (self._events[1], folded.connections.events),
            (self._set_aside, folded.set_aside),
        )
        crash_points.reach("outputs_sent")
        self._outputs_sent.put_nowait(batch)

    async def _store_and_acknowledge(self, batch: BatchInFlight) -> None:
        for sent in batch.sent:
            await _taken(batch, sent)
        crash_points.reach("outputs_acknowledged")
        for table, changed, offset in zip(self._tables, batch.changed, batch.changelog_offsets, strict=True):
            table.store_batch(changed, offset, batch.number)
        if batch.folded is not None and batch.folded.erased:
            self._tables[0].scrub(batch.folded.erased)
        crash_points.reach("store_written")
        if not batch.is_stale():
            batch.acknowledge()
            self.has_finished_any = True
            crash_points.reach("record_acknowledged")
            self._settings.on_done(batch)
        self._finished(batch)

    def _swept(self) -> Sweep:
        s = self._settings
        return Sweep(self._tables[0], s.sweep_interval_s, s.sweep_share_max, self._delete, s.on_swept)

    def _delete(self, keys: Sequence[bytes], at_ms: int) -> None:
        """Delete expired messages in the lane's order."""
        self.submit(BatchInFlight((), lambda: None, lambda: False, expired=keys, expired_at_ms=at_ms))

    async def _end_released(self) -> None:
        async with self._ending:
            if not self._quarantine.is_asked:
                return
            await self._settings.end_holds(self._quarantine.ended(self._settings.log_end()))

    async def _answer_releases(self) -> None:
        """Let a release that was asked for take effect though no record comes."""
        while True:
            await asyncio.sleep(_RELEASE_POLL_S)
            if self._inbox.empty():
                await self._end_released()

    def _finished(self, batch: BatchInFlight) -> None:
        self._in_flight.remove(batch)
        if not batch.is_stale() and any(table.has_rewrites for table in self._tables):
            self.submit(BatchInFlight((), lambda: None, batch.is_stale))
        elif not self._in_flight:
            self._empty.set()


async def _each(queue: asyncio.Queue[BatchInFlight], step: Callable[[BatchInFlight], Awaitable[None]]) -> None:
    """Do one step of the lane for each batch, in order."""
    while True:
        await step(await queue.get())


async def _send(batch: BatchInFlight, *to_send: tuple[PartitionSender, Sequence[Produced]]) -> None:
    """Hand over what a batch led to, in order. Raises SendFailed."""
    try:
        batch.sent = [await sender.send(records) for sender, records in to_send]
    except KafkaError as error:
        raise SendFailed(batch) from error


async def _taken(batch: BatchInFlight, sent: Sent) -> list[Acknowledged]:
    """Return where what a batch led to landed. Raises SendFailed."""
    try:
        return await acknowledged(sent)
    except KafkaError as error:
        raise SendFailed(batch) from error
