"""The lanes of a worker: made when needed, drained on a revoke, and stopping the worker rather than losing a batch."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from processors.lane import BatchInFlight
from processors.lanes import Lanes
from processors.quarantine import Quarantine
from schemas.errors import StateRefused


class FakeLane:
    """Recovers until signalled that it is done, then acknowledges on request."""

    def __init__(self) -> None:
        self.recovered = False
        self.is_closed = False
        self.recovery_done = asyncio.Event()
        self.works = asyncio.Event()
        self.may_acknowledge = asyncio.Event()
        self.batches: list[BatchInFlight] = []

    def submit(self, batch: BatchInFlight) -> None:
        """Take a batch."""
        self.batches.append(batch)

    async def run(self) -> None:
        """Recover, then do nothing for ever."""
        await self.recovery_done.wait()
        self.recovered = True
        self.works.set()
        await asyncio.Event().wait()

    async def drained(self) -> None:
        """Wait until signalled."""
        await self.may_acknowledge.wait()

    def oldest_begun_at(self) -> float | None:
        """Return when the first batch could be begun, as the real lane does."""
        return self.batches[0].fetched_at if self.recovered and self.batches else None

    def in_flight_records(self) -> int:
        """Return the number of records taken."""
        return sum(len(batch.records) for batch in self.batches)

    def close(self) -> None:
        """Note that it was closed."""
        self.is_closed = True


def batch(fetched_at: float = 0.0) -> BatchInFlight:
    """Return a batch of one record."""
    return BatchInFlight([object()], lambda: None, lambda: False, fetched_at or time.monotonic())


def lanes_of(made: list[FakeLane], folder: Path, errors: list[BaseException]) -> Lanes:
    """Return lanes that are made from `made`, one after another."""
    waiting = iter(made)
    make: Any = lambda *_: next(waiting)  # noqa: E731 - a fake stands for the real lane
    return Lanes(make, lambda partition: Quarantine(folder / f"{partition}.json"), errors.append)


async def test_a_lane_that_cannot_be_made_stops_the_worker(tmp_path: Path) -> None:
    """A refused store ends the worker: the agent must not continue with the batch after this one."""

    def refuse(*_: object) -> Any:
        raise StateRefused("another partition count")

    errors: list[BaseException] = []
    lanes = Lanes(refuse, lambda partition: Quarantine(tmp_path / f"{partition}.json"), errors.append)
    with pytest.raises(StateRefused):
        lanes.submit(0, batch())
    assert [type(error) for error in errors] == [StateRefused]


async def test_a_revoke_waits_for_work_and_not_for_recovery(tmp_path: Path) -> None:
    """A lane at work finishes what it has; one that recovers has begun nothing, and is stopped."""
    working, recovering = FakeLane(), FakeLane()
    lanes = lanes_of([working, recovering], tmp_path, [])
    lanes.submit(0, batch())
    lanes.submit(1, batch())
    working.recovery_done.set()
    await working.works.wait()
    assert lanes.not_ready() == "recovering partitions [1]"
    draining = asyncio.create_task(lanes.drained())
    await asyncio.sleep(0)
    assert not draining.done()
    recovering.recovery_done.set()
    working.may_acknowledge.set()
    await draining
    assert not recovering.recovered
    await lanes.close()
    assert (working.is_closed, recovering.is_closed) == (True, True)


async def test_recovery_is_not_an_old_batch(tmp_path: Path) -> None:
    """However long a batch waits for recovery, the watchdog sees no age; afterwards it does."""
    lane = FakeLane()
    lanes = lanes_of([lane], tmp_path, [])
    lanes.submit(0, batch(time.monotonic() - 1000))
    assert lanes.oldest_batch_age_s() == 0
    lane.recovery_done.set()
    await lane.works.wait()
    assert lanes.oldest_batch_age_s() >= 1000
    assert lanes.in_flight_records() == 1
    await lanes.close()
