"""The lanes of a worker: made when needed, drained on a revoke, and late only while Kafka is there."""

import asyncio
import time

from processors.lane import BatchInFlight
from processors.lanes import Lanes
from tests.support.fake_lane import FakeLane, partition_of


def batch(fetched_at: float = 0.0) -> BatchInFlight:
    """Return a batch of one record."""
    return BatchInFlight([object()], lambda: None, lambda: False, fetched_at or time.monotonic())


def lanes_of(*made: FakeLane, away_until: float = 0.0) -> Lanes:
    """Return lanes that are made from these, one a partition."""
    return Lanes(lambda number: partition_of([made[number]], number), lambda _: away_until)


async def test_a_revoke_waits_for_work_and_not_for_recovery() -> None:
    """A lane at work finishes what it has; one that recovers has begun nothing, and is stopped."""
    working, recovering = FakeLane(recovers=True), FakeLane(recovers=True)
    lanes = lanes_of(working, recovering)
    lanes.submit(0, batch())
    lanes.submit(1, batch())
    working.recovery_done.set()
    await working.works.wait()
    assert lanes.not_ready() == ("recovering partitions [1]",)
    draining = asyncio.create_task(lanes.drained())
    await asyncio.sleep(0)
    assert not draining.done()
    recovering.recovery_done.set()
    working.may_acknowledge.set()
    await draining
    assert not recovering.recovered
    await lanes.close()
    assert (working.is_closed, recovering.is_closed) == (True, True)


async def test_recovery_is_not_an_old_batch() -> None:
    """However long a batch waits for recovery, the watchdog sees no age; afterwards it does."""
    lane = FakeLane(recovers=True)
    lanes = lanes_of(lane)
    lanes.submit(0, batch(time.monotonic() - 1000))
    assert lanes.oldest_batch_age_s() == 0
    lane.recovery_done.set()
    await lane.works.wait()
    assert lanes.oldest_batch_age_s() >= 1000
    assert lanes.in_flight_records() == 1
    await lanes.close()


async def test_waiting_for_kafka_is_not_being_stuck() -> None:
    """A batch's age counts from when Kafka was last seen away: the watchdog leaves a worker alone that waits for it."""
    lane = FakeLane()
    lanes = lanes_of(lane, away_until=time.monotonic())
    lanes.submit(0, batch(time.monotonic() - 1000))
    await lane.works.wait()
    assert lanes.oldest_batch_age_s() < 100
    await lanes.close()
