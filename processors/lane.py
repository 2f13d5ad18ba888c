"""One raw partition's way through the worker. Several batches are in it at once; every step keeps their order.

inbox → fold, send states → states acknowledged, send outputs → outputs acknowledged, write store → acknowledge

State before outputs (write ahead): a verdict is in the changelog before anybody can see its event, so a replay finds it
and repeats it. Store after outputs: the disk never leads what was published. Any error ends the lane, and the worker.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from processors import crash_points
from processors.batch import Folded, Produced, Understood, fold_batch, keys_of, read_batch
from processors.quarantine import Quarantine
from processors.sender import PartitionSender, Sent, acknowledged
from processors.table import Table
from processors.understand import ParserOf

_SWEEP_CHUNK: Final = 1_000
_SWEEP_PAUSE_S: Final = 0.05
_RELEASE_POLL_S: Final = 1.0


MayBegin = Callable[[int, int], Awaitable[None]]


async def _anybody(_first_offset: int, _greatest_version: int) -> None:
    """Whoever asks may begin."""


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
    number: int = 0
    folded: Folded | None = None
    changed: list[list[Produced]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    changelog_offsets: list[int] = field(default_factory=list)


class Lane:
    """The pipeline of one raw partition, from its first batch after assignment to its revocation."""

    def __init__(
        self,
        tables: tuple[Table, Table],
        events: tuple[PartitionSender, PartitionSender],
        set_aside: PartitionSender,
        parser_of: ParserOf,
        quarantine: Quarantine,
        on_done: Callable[[BatchInFlight], None],
        sweep_interval_s: float,
        log_end: Callable[[], int],
        replayed_from: Callable[[], int],
        may_begin: MayBegin = _anybody,
    ) -> None:
        """Wire a lane.

        Args:
            tables: the message table and the connection table of this partition.
            events: senders of `message.events` and `connection.events`.
            set_aside: sender of `webhook.set_aside`.
            parser_of: finds a source's parser.
            quarantine: which keys are held back.
            on_done: called with every batch whose work is durable.
            sweep_interval_s: pause between looking through the whole store.
            log_end: the raw partition's end offset as of the last fetch: behind every record fetched so far.
            replayed_from: the offset before which no record is ever replayed.
            may_begin: awaited with the first offset to fold and the greatest version among the states, once these are
                recovered; raises where this worker must not fold it.
        """
        self._tables = tables
        self._events = events
        self._set_aside = set_aside
        self._parser_of = parser_of
        self._quarantine = quarantine
        self._on_done = on_done
        self._sweep_interval_s = sweep_interval_s
        self._log_end = log_end
        self._replayed_from = replayed_from
        self._may_begin = may_begin
        self._inbox: asyncio.Queue[BatchInFlight] = asyncio.Queue()
        self._states_sent: asyncio.Queue[BatchInFlight] = asyncio.Queue()
        self._outputs_sent: asyncio.Queue[BatchInFlight] = asyncio.Queue()
        self._in_flight: deque[BatchInFlight] = deque()
        self._empty = asyncio.Event()
        self._empty.set()
        self._numbers = 0
        self._stream_time_ms = 0
        self._recovered_at = 0.0
        self.recovered = False

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
        await self._may_begin(first, max(table.version for table in self._tables))
        self._recovered_at = time.monotonic()
        self.recovered = True
        async with asyncio.TaskGroup() as steps:
            steps.create_task(_each(self._inbox, self._fold_and_send_states))
            steps.create_task(_each(self._states_sent, self._send_outputs))
            steps.create_task(_each(self._outputs_sent, self._store_and_acknowledge))
            steps.create_task(self._sweep())
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

    def close(self) -> None:
        """Close the stores."""
        for table in self._tables:
            table.close()

    async def _fold_and_send_states(self, batch: BatchInFlight) -> None:
        crash_points.reach("fetched")
        if batch.is_stale():
            self._finished(batch)
            return
        self._quarantine.end_released(self._log_end)
        understood: list[Understood] = read_batch(batch.records, self._parser_of, self._quarantine.holds)
        messages, connections = self._tables
        message_keys, connection_keys = keys_of(understood)
        states = messages.states(message_keys), connections.states(connection_keys)
        folded = fold_batch(understood, self._set_aside.partition, *states, self._replayed_from())
        for table, part in zip(self._tables, (folded.messages, folded.connections), strict=True):
            table.keep(part.states, part.dirty, batch.number)
            batch.changed.append(table.rewrites() + part.changed())
        if batch.expired:
            batch.changed[0] += messages.tombstones(batch.expired, self._stream_time_ms)
        if batch.records:
            self._stream_time_ms = max(self._stream_time_ms, batch.records[-1].timestamp)
        batch.folded = folded
        batch.sent = [
            await table.sender.send(changed) for table, changed in zip(self._tables, batch.changed, strict=True)
        ]
        crash_points.reach("state_sent")
        self._states_sent.put_nowait(batch)

    async def _send_outputs(self, batch: BatchInFlight) -> None:
        for table, sent in zip(self._tables, batch.sent, strict=True):
            batch.changelog_offsets.append(await table.extend_changelog(await acknowledged(sent)))
        crash_points.reach("sweep" if batch.expired else "state_acknowledged")
        folded = batch.folded
        assert folded is not None, "a batch is folded before its states are sent"
        if batch.is_stale():
            self._finished(batch)
            return
        batch.sent = [
            await self._events[0].send(folded.messages.events),
            await self._events[1].send(folded.connections.events),
            await self._set_aside.send(folded.set_aside),
        ]
        crash_points.reach("outputs_sent")
        self._outputs_sent.put_nowait(batch)

    async def _store_and_acknowledge(self, batch: BatchInFlight) -> None:
        for sent in batch.sent:
            await acknowledged(sent)
        crash_points.reach("outputs_acknowledged")
        for table, changed, offset in zip(self._tables, batch.changed, batch.changelog_offsets, strict=True):
            table.store_batch(changed, offset, batch.number)
        crash_points.reach("store_written")
        if not batch.is_stale():
            batch.acknowledge()
            crash_points.reach("record_acknowledged")
            self._on_done(batch)
        self._finished(batch)

    async def _sweep(self) -> None:
        """Now and then look through the message store for states past the horizon, and delete them in the lane's order."""
        messages, after = self._tables[0], b""
        while True:
            await asyncio.sleep(_SWEEP_PAUSE_S if after else self._sweep_interval_s)
            after, expired = messages.expired(after, _SWEEP_CHUNK, self._stream_time_ms)
            if expired:
                self.submit(BatchInFlight((), lambda: None, lambda: False, expired=expired))

    async def _answer_releases(self) -> None:
        """Let a release that was asked for take effect though no record comes."""
        while True:
            await asyncio.sleep(_RELEASE_POLL_S)
            if self._inbox.empty():
                self._quarantine.end_released(self._log_end)

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
