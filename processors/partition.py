"""One raw partition of this worker: its lane, and the next one after a failure.

A failure ends the lane alone. What was not acknowledged is done again by the next lane, as after a restart of the
process: its tables recover from their changelogs, so every outcome is repeated. What comes next depends on the kind:

- Kafka is away: nothing fails; senders wait. What fails all the same is tried again after a pause.
- Kafka refuses what a batch led to: the batch is halved until one record is left, whose key is held back from there on.
- a record breaks the fold: it is counted in `processors.holds`, and at the third time its key is held back.
- anything else is a bug, or the disk: the partition pauses, loudly and not ready, for longer and longer up to a minute.
- another process owns the partition, or the log is not what it was: the worker ends.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from typing import Final, NamedTuple

import structlog
from aiokafka.errors import InvalidTimestampError

from processors.batch import Stuck
from processors.lane import BatchInFlight, Lane, SendFailed
from processors.quarantine import Quarantine
from runtime.failure import Failure
from runtime.kafka.failures import kafka_failure
from schemas.errors import ConfigurationError, ContiguityBroken, ForeignWriter, StateRefused
from schemas.hold import Hold

log = structlog.get_logger()

_PAUSE_S_MIN: Final = 0.5
_PAUSE_S_MAX: Final = 60.0
_AWAY_S_MAX: Final = 5.0
_ENDS_WORKER: Final = (ForeignWriter, ContiguityBroken, StateRefused, ConfigurationError)


class Holding(NamedTuple):
    """What a partition holds back, and how more is written down."""

    quarantine: Quarantine
    write: Callable[[int, Hold], Awaitable[None]]
    """Writes a hold that begins at an offset; durable when it returns."""


class Partition:
    """Takes a partition's batches, from its assignment to its revocation."""

    def __init__(
        self,
        number: int,
        open_lane: Callable[[int, AsyncExitStack], Awaitable[Lane]],
        holding: Holding,
        on_error: Callable[[BaseException], None],
        pause_s_min: float = _PAUSE_S_MIN,
    ) -> None:
        """Wire.

        Args:
            number: of the partition.
            open_lane: makes its lane, not yet running, and puts on the stack what must be closed after it.
            holding: what it holds back.
            on_error: called with an error that must end the worker.
            pause_s_min: after the first failure; twice as long after each further one.
        """
        self.number = number
        self._open_lane = open_lane
        self._holding = holding
        self._on_error = on_error
        self._pause_s_min = pause_s_min
        self._waiting: list[BatchInFlight] = []
        """Batches taken while there is no lane."""
        self._lane: Lane | None = None
        self._failures = 0
        self.why_paused = ""

    def submit(self, batch: BatchInFlight) -> None:
        """Take a batch. The transport bounds how many bytes are in flight, so this never waits."""
        if self._lane is None:
            self._waiting.append(batch)
        else:
            self._lane.submit(batch)

    async def run(self) -> None:
        """Work until cancelled, or until the worker must end."""
        while True:
            try:
                await self._work()
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # noqa: BLE001 - each is answered
                try:
                    await self._answer(error)
                except asyncio.CancelledError:
                    raise
                except BaseException as worse:  # noqa: BLE001
                    self._on_error(worse)
                    return

    @property
    def is_at_work(self) -> bool:
        """Whether its lane has recovered: what it took will be acknowledged."""
        return self._lane is not None and self._lane.recovered

    async def drained(self) -> None:
        """Wait until every batch taken is acknowledged."""
        if self._lane is not None:
            await self._lane.drained()

    def oldest_begun_at(self) -> float | None:
        """Return since when (monotonic) its oldest batch could be worked on; None where none can be."""
        return self._lane.oldest_begun_at() if self._lane is not None else None

    def in_flight_records(self) -> int:
        """Return how many raw records it holds."""
        in_lane = self._lane.in_flight_records() if self._lane is not None else 0
        return in_lane + sum(len(batch.records) for batch in self._waiting)

    def hot_bytes(self) -> int:
        """Return what its decoded states take, about."""
        return self._lane.hot_bytes() if self._lane is not None else 0

    def held_count(self) -> int:
        """Return how many keys it holds back."""
        return self._holding.quarantine.held_count()

    async def _work(self) -> None:
        async with AsyncExitStack() as open_things:
            lane = await self._open_lane(self.number, open_things)
            self._lane = lane
            for batch in self._waiting:
                lane.submit(batch)
            self._waiting = []
            try:
                await lane.run()
            except asyncio.CancelledError:
                raise  # revoked: the next owner's lane does the rest
            except BaseException:
                self._lane, self._waiting = None, [batch.again() for batch in lane.unfinished()]
                if lane.has_finished_any:
                    self._failures = 0
                await lane.settled()
                raise

    async def _answer(self, error: BaseException) -> None:
        """Do what a failure calls for. Raises it where the worker must end."""
        inner = _first(error)
        if isinstance(inner, _ENDS_WORKER) or not isinstance(inner, Exception):
            raise inner
        if isinstance(inner, Stuck):
            hold = self._holding.quarantine.failed(inner.key, inner.offset, str(inner))
            await self._hold(inner.offset, hold)
            return
        cause = inner.__cause__ if isinstance(inner, SendFailed) and inner.__cause__ is not None else inner
        kind = kafka_failure(cause)
        is_of_record = kind is Failure.REFUSED and not isinstance(cause, InvalidTimestampError)  # that is a clock's
        if not (isinstance(inner, SendFailed) and is_of_record and await self._halved_or_held(inner.batch, cause)):
            await self._pause(cause, kind)

    async def _halved_or_held(self, batch: BatchInFlight, cause: BaseException) -> bool:
        """Halve a refused batch, or hold back its only record's key. Return whether either was possible."""
        at = next((i for i, waiting in enumerate(self._waiting) if waiting.records is batch.records), None)
        if at is None:
            return False
        if len(batch.records) > 1:
            self._waiting[at : at + 1] = self._waiting[at].halves()
            return True
        record = batch.records[0]
        quarantine = self._holding.quarantine
        if quarantine.holds(record.key or b"", record.offset):
            return False  # even that it is held back is refused
        why = f"Kafka refuses what comes of the record at offset {record.offset}: {cause!r}"
        await self._hold(record.offset, quarantine.failed(record.key or b"", record.offset, why, for_good=True))
        return True

    async def _hold(self, offset: int, hold: Hold) -> None:
        await self._holding.write(offset, hold)
        log.critical(
            "a record stops its lane", partition=self.number, offset=offset, why=hold.why, quarantined=hold.is_held
        )

    async def _pause(self, error: BaseException, kind: Failure) -> None:
        """Wait before the next lane; said loudly, and the worker is not ready meanwhile."""
        pause_s = min(_AWAY_S_MAX if kind is Failure.AWAY else _PAUSE_S_MAX, self._pause_s_min * 2**self._failures)
        self._failures += 1
        self.why_paused = f"partition {self.number} is paused after a failure ({error!r})"
        say = log.warning if kind is Failure.AWAY else log.critical
        say(
            "a partition is paused",
            partition=self.number,
            kind=str(kind),
            pause_s=pause_s,
            why=repr(error),
            exc_info=error,
        )
        await asyncio.sleep(pause_s)
        self.why_paused = ""


def _first(error: BaseException) -> BaseException:
    """Return what decides of all that failed together: what ends the worker, a record, a send, anything else."""
    found = list(_inner(error))
    for kind in (*_ENDS_WORKER, Stuck, SendFailed):
        for one in found:
            if isinstance(one, kind):
                return one
    return found[0]


def _inner(error: BaseException) -> Iterable[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _inner(one)
    else:
        yield error
