"""One partition's sender: bounded, shut by itself, and never the reason why anybody waits for ever."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

import pytest

from ingest.durable.batch import Batch, Refused
from ingest.durable.delivery import GaveUp
from ingest.durable.linger import Linger
from ingest.durable.partition_sender import PartitionSender
from ingest.log_record import LogRecord
from schemas.errors import LogUnavailable
from tests.support.polling import until
from tests.support.spools import record

pytestmark = pytest.mark.timeout(30)


class Delivery:
    """A partition that does with each batch what it is told."""

    name = "webhook.raw[0]"

    def __init__(self) -> None:
        self.batches: list[list[LogRecord]] = []
        self.answer: Callable[[Batch], Awaitable[Refused]] = taken

    async def deliver(self, batch: Batch) -> Refused:
        """Do it."""
        self.batches.append(list(batch.records))
        return await self.answer(batch)


async def taken(_batch: Batch) -> Refused:
    return []


async def never(_batch: Batch) -> Refused:
    await asyncio.Event().wait()
    raise AssertionError


async def gave_up(_batch: Batch) -> Refused:
    raise GaveUp("the broker answers TopicAuthorizationFailedError")


async def bug(_batch: Batch) -> Refused:
    raise ZeroDivisionError


def sender_of(delivery: Delivery, failures: list[int] | None = None, **options: int) -> PartitionSender:
    limits = {"batch_bytes_max": 1_000, "queue_bytes_max": 10_000, "failures_max": 2, **options}
    return PartitionSender(
        delivery,  # type: ignore[arg-type]  # a delivery as far as a sender knows it
        linger=Linger(0.001),
        retry_s=0.2,
        on_failure=lambda: (failures if failures is not None else []).append(1),
        **limits,
    )


async def test_what_is_appended_to_an_ended_sender_is_refused_at_once() -> None:
    """After its end a sender takes nothing; before it ever ran, or afterwards, nobody waits for it."""
    sender = sender_of(Delivery())
    waiting = sender.append(record(1))
    sender.end("Kafka is away")  # its task never began
    with pytest.raises(LogUnavailable, match="Kafka is away"):
        await asyncio.wait_for(waiting, 1)
    with pytest.raises(LogUnavailable, match="Kafka is away"):
        sender.append(record(2))
    assert sender.extend([record(3)]) == []
    sender.watch(monotonic() + 1_000, 0.5)
    assert sender.why_shut, "no time opens it again"


async def test_a_batch_is_closed_by_what_its_records_really_take() -> None:
    """Headers count: no batch is larger than it may be, however the bytes are spread."""
    delivery = Delivery()
    sender = sender_of(delivery, batch_bytes_max=1_000, queue_bytes_max=100_000)
    records = [LogRecord(b"k", b"", [("relay", b"h" * 300)]) for _ in range(9)]
    waiting = sender.extend(records[:4]) + [(sender.append(record), [record]) for record in records[4:]]
    task = asyncio.create_task(sender.run())
    await asyncio.gather(*(acked for acked, _ in waiting))
    assert [len(batch) for batch in delivery.batches] == [2, 2, 2, 2, 1]
    task.cancel()


async def test_a_late_partition_is_shut_until_it_answers() -> None:
    """What waits fails by the deadline, later appends at once; an answer to what is on its way opens the partition."""
    delivery, answered = Delivery(), asyncio.Event()

    async def late(_batch: Batch) -> Refused:
        await answered.wait()
        return []

    delivery.answer = late
    sender = sender_of(delivery)
    task = asyncio.create_task(sender.run())
    first = sender.append(record(1))
    await until(lambda: _is(bool(delivery.batches)), "the batch to be sent")
    second = sender.append(record(2))
    sender.watch(monotonic() + 1, 0.5)
    for acked in (first, second):
        with pytest.raises(LogUnavailable):
            await asyncio.wait_for(acked, 1)
    with pytest.raises(LogUnavailable, match="late"):
        sender.append(record(3))
    sender.watch(monotonic() + 1_000, 0.5)
    assert sender.why_shut, "only the answer tells that it takes records again"
    answered.set()
    await until(lambda: _is(not sender.trouble), "the partition to be open")
    assert await asyncio.wait_for(sender.append(record(4)), 1) == []
    assert len(delivery.batches) == 2, "what was late in the queue was not sent"
    task.cancel()


async def test_a_partition_that_takes_nothing_is_tried_again() -> None:
    """Where the broker answers and takes nothing, appends are refused at once for a while, then one batch tells."""
    delivery = Delivery()
    delivery.answer = gave_up
    sender = sender_of(delivery)
    task = asyncio.create_task(sender.run())
    with pytest.raises(LogUnavailable, match="Authorization"):
        await asyncio.wait_for(sender.append(record(1)), 1)
    with pytest.raises(LogUnavailable, match="Authorization"):
        sender.append(record(2))
    assert sender.trouble
    sender.watch(monotonic() + 1, 0.5)
    delivery.answer = taken
    assert await asyncio.wait_for(sender.append(record(3)), 1) == []
    assert not sender.trouble
    task.cancel()


async def test_a_bug_ends_only_what_the_partition_has_queued() -> None:
    """A sender that fails unexpectedly is counted, fails what waits, and begins anew."""
    delivery, failures = Delivery(), list[int]()
    delivery.answer = bug
    sender = sender_of(delivery, failures)
    task = asyncio.create_task(sender.run())
    with pytest.raises(LogUnavailable, match="failed"):
        await asyncio.wait_for(sender.append(record(1)), 1)
    assert failures == [1]
    delivery.answer = taken
    sender.watch(monotonic() + 1, 0.5)
    assert await asyncio.wait_for(sender.append(record(2)), 1) == []
    task.cancel()


async def test_a_cancelled_sender_fails_what_waits() -> None:
    """Neither what is on its way nor what is queued waits for a sender that is gone."""
    delivery = Delivery()
    delivery.answer = never
    sender = sender_of(delivery)
    task = asyncio.create_task(sender.run())
    waiting = [sender.append(record(1))]
    await until(lambda: _is(bool(delivery.batches)), "the batch to be sent")
    waiting.append(sender.append(record(2)))
    task.cancel()
    answers = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 1)
    assert all(isinstance(answer, LogUnavailable) for answer in answers)


async def _is(value: bool) -> bool:  # noqa: FBT001 - it is what is waited for
    return value
