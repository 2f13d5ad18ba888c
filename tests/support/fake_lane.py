"""A lane that does what a test tells it, in the place of one with stores and senders."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from processors.lane import BatchInFlight
from processors.partition import Holding, Partition
from processors.quarantine import Quarantine
from schemas.hold import Hold

Work = Callable[["FakeLane"], Awaitable[None]]


async def works_forever(_lane: "FakeLane") -> None:
    """Do nothing until cancelled."""
    await asyncio.Event().wait()


class FakeLane:
    """Recovers until signalled that it is done, then works as it is told; acknowledges on request."""

    def __init__(self, work: Work = works_forever, *, recovers: bool = False) -> None:
        self.recovered = False
        self.has_finished_any = False
        self.is_closed = False
        self.recovery_done = asyncio.Event()
        if not recovers:
            self.recovery_done.set()
        self.works = asyncio.Event()
        self.may_acknowledge = asyncio.Event()
        self.batches: list[BatchInFlight] = []
        self._work = work

    def submit(self, batch: BatchInFlight) -> None:
        """Take a batch."""
        self.batches.append(batch)

    async def run(self) -> None:
        """Recover, then work."""
        await self.recovery_done.wait()
        self.recovered = True
        self.works.set()
        await self._work(self)

    async def drained(self) -> None:
        """Wait until signalled."""
        await self.may_acknowledge.wait()

    async def settled(self) -> None:
        """Have nothing on its way."""

    def unfinished(self) -> list[BatchInFlight]:
        """Return all it took."""
        return self.batches

    def oldest_begun_at(self) -> float | None:
        """Return when the first batch could be begun, as the real lane does."""
        return self.batches[0].fetched_at if self.recovered and self.batches else None

    def in_flight_records(self) -> int:
        """Return the number of records taken."""
        return sum(len(batch.records) for batch in self.batches)

    def hot_bytes(self) -> int:
        """Keep nothing."""
        return 0

    def close(self) -> None:
        """Note that it was closed."""
        self.is_closed = True


def partition_of(
    lanes: list[FakeLane], number: int = 0, errors: list[BaseException] | None = None, held: list[Hold] | None = None
) -> Partition:
    """Return a partition whose lanes are these, one after another; what it writes down goes to `held`."""
    waiting = iter(lanes)
    quarantine = Quarantine()

    async def open_lane(_number: int, until: AsyncExitStack) -> Any:
        lane = next(waiting)
        until.callback(lane.close)
        return lane

    async def write(offset: int, hold: Hold) -> None:
        quarantine.take(offset, hold)
        if held is not None:
            held.append(hold)

    on_error = errors.append if errors is not None else lambda _: None
    return Partition(number, open_lane, Holding(quarantine, write), on_error, pause_s_min=0.0)
