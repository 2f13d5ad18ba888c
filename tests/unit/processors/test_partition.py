"""A partition after a failure: what is done again, what is held back, what ends the worker."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import InvalidTimestampError, MessageSizeTooLargeError, TopicAuthorizationFailedError

from processors.batch import Stuck
from processors.lane import BatchInFlight, SendFailed
from schemas.errors import ContiguityBroken, ForeignWriter, StoreDamaged
from schemas.hold import ATTEMPTS_MAX, Hold
from tests.support.fake_lane import FakeLane, partition_of


def batch_of(first: int, end: int, acknowledged: list[int] | None = None) -> BatchInFlight:
    """Return a batch of records of these offsets, which notes its acknowledgement by its last offset."""
    records: Any = [SimpleNamespace(key=b"k%d" % offset, offset=offset) for offset in range(first, end)]
    return BatchInFlight(
        records, lambda: acknowledged.append(end - 1) if acknowledged is not None else None, lambda: False
    )


def offsets(batches: Sequence[BatchInFlight]) -> list[list[int]]:
    """Return the offsets of each batch."""
    return [[record.offset for record in batch.records] for batch in batches]


def raises(error: Exception) -> Any:
    """Return work that fails so."""

    async def work(_lane: FakeLane) -> None:
        raise ExceptionGroup("steps", [error])

    return work


def refuses(offset: int, error: type[Exception] = MessageSizeTooLargeError) -> Any:
    """Return work that fails at the batch with the record at an offset, as Kafka would refuse what it led to."""

    async def work(lane: FakeLane) -> None:
        guilty = [batch for batch in lane.batches if any(record.offset == offset for record in batch.records)]
        raise SendFailed(guilty[0]) from error()

    return work


async def until_at_work(lane: FakeLane) -> None:
    """Wait for a lane to be at work."""
    async with asyncio.timeout(10):
        await lane.works.wait()


async def test_the_next_lane_begins_with_what_was_not_acknowledged() -> None:
    """After a failure of its own a partition continues, in order; its failed lane is closed; the worker lives."""
    lanes, errors = [FakeLane(raises(StoreDamaged("a flipped bit"))), FakeLane()], list[BaseException]()
    partition = partition_of(lanes, errors=errors)
    partition.submit(batch_of(0, 3))
    partition.submit(batch_of(3, 5))
    running = asyncio.create_task(partition.run())
    await until_at_work(lanes[1])
    partition.submit(batch_of(5, 6))
    assert offsets(lanes[1].batches) == [[0, 1, 2], [3, 4], [5]]
    assert (lanes[0].is_closed, errors) == (True, [])
    running.cancel()


@pytest.mark.parametrize("error", [ForeignWriter("theirs"), ContiguityBroken("a gap")])
async def test_who_does_not_own_the_partition_ends(error: Exception) -> None:
    """Where another process writes, or the log is not what it was, the worker ends."""
    errors: list[BaseException] = []
    partition = partition_of([FakeLane(raises(error))], errors=errors)
    await asyncio.wait_for(partition.run(), 10)
    assert errors == [error]


async def test_a_record_that_breaks_the_fold_is_held_at_the_third_time() -> None:
    """Each failure is written down before the next lane begins; the third one holds its key back."""
    lanes = [FakeLane(raises(Stuck(b"k1", 1, ValueError("a bug")))) for _ in range(ATTEMPTS_MAX)] + [FakeLane()]
    held: list[Hold] = []
    partition = partition_of(lanes, held=held)
    partition.submit(batch_of(0, 3))
    running = asyncio.create_task(partition.run())
    await until_at_work(lanes[-1])
    assert [(hold.failures, hold.is_held) for hold in held] == [(1, False), (2, False), (3, True)]
    assert partition.held_count() == 1
    running.cancel()


async def test_a_refused_batch_is_halved_until_its_record_is_found() -> None:
    """The record whose state Kafka refuses is held back; the others keep their order and are acknowledged once."""
    acknowledged: list[int] = []
    lanes = [FakeLane(refuses(5)) for _ in range(4)] + [FakeLane()]
    held: list[Hold] = []
    partition = partition_of(lanes, held=held)
    partition.submit(batch_of(0, 8, acknowledged))
    running = asyncio.create_task(partition.run())
    await until_at_work(lanes[-1])
    assert offsets(lanes[-1].batches) == [[0, 1, 2, 3], [4], [5], [6, 7]]
    assert [(hold.key, hold.is_held) for hold in held] == [(b"k5".hex(), True)]
    for batch in lanes[-1].batches:
        batch.acknowledge()
    assert acknowledged == [7]
    running.cancel()


@pytest.mark.parametrize("error", [InvalidTimestampError, TopicAuthorizationFailedError])
async def test_what_no_record_is_at_fault_for_is_tried_again(error: type[Exception]) -> None:
    """A clock, or a right that was taken away, holds no key back: the batch is sent again, whole."""
    lanes, held = [FakeLane(refuses(1, error)), FakeLane()], list[Hold]()
    partition = partition_of(lanes, held=held)
    partition.submit(batch_of(0, 3))
    running = asyncio.create_task(partition.run())
    await until_at_work(lanes[1])
    assert (offsets(lanes[1].batches), held) == ([[0, 1, 2]], [])
    running.cancel()


async def test_a_paused_partition_says_so() -> None:
    """While it waits after a bug it names the failure, and is not at work."""
    partition = partition_of([FakeLane(raises(ValueError("a bug")))])
    partition._pause_s_min = 60.0
    running = asyncio.create_task(partition.run())
    async with asyncio.timeout(10):
        while not partition.why_paused:  # noqa: ASYNC110 - it says so to whoever asks, and to nobody else
            await asyncio.sleep(0)
    assert partition.why_paused == "partition 0 is paused after a failure (ValueError('a bug'))"
    assert not partition.is_at_work
    running.cancel()
