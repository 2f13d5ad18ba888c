"""The only sender to one (topic, partition): batches in, acknowledged offsets out, in order.

Two callers of `send_batch` on one partition overtake one another (measured), so each topic partition has one sender,
and only its lane calls it. While Kafka is away it waits: the idempotent producer repeats what it took for as long as
that lasts. A batch that fails otherwise, or lands at an unexpected offset, ends its lane.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaProducer

from processors.batch import Produced
from processors.patience import while_away

_AHEAD_MS_MAX: Final = 30 * 60 * 1000
"""A broker refuses a time more than an hour ahead of its clock, where its topic says nothing else. Times are of the raw
log; one that is further ahead of our clock than this travels under this time. Its value keeps the true one."""


class Sent(NamedTuple):
    """Batches on their way: their acknowledgements, and how many records each holds."""

    futures: list[tuple["asyncio.Future[Any]", int]]


class Acknowledged(NamedTuple):
    """Where records landed: offset of the first and the one after the last."""

    first: int
    end: int


class PartitionSender:
    """Sends to one partition of one topic."""

    def __init__(self, producer: AIOKafkaProducer, topic: str, partition: int) -> None:
        """Send through `producer`, in Kafka batches of its greatest size."""
        self.topic = topic
        self.partition = partition
        self._producer = producer
        self._unsettled: set[asyncio.Future[Any]] = set()

    async def send(self, records: Sequence[Produced]) -> Sent:
        """Hand records to the producer in order. Waits while the partition's previous batch is being sent."""
        futures: list[tuple[asyncio.Future[Any], int]] = []
        if not records:
            return Sent(futures)
        latest_ms = time.time_ns() // 1_000_000 + _AHEAD_MS_MAX
        batch = self._producer.create_batch()
        for key, value, own_ms in records:
            at_ms = min(latest_ms, own_ms)
            if batch.append(key=key, value=value, timestamp=at_ms) is not None:
                continue  # None: full; an empty batch takes any record
            futures.append(await self._hand_over(batch))
            batch = self._producer.create_batch()
            batch.append(key=key, value=value, timestamp=at_ms)
        futures.append(await self._hand_over(batch))
        return Sent(futures)

    async def settled(self) -> None:
        """Wait until nothing that was handed over may still reach the log; whether it did does not matter."""
        if self._unsettled:
            await asyncio.wait(set(self._unsettled))

    async def _hand_over(self, batch: Any) -> tuple["asyncio.Future[Any]", int]:
        batch.close()
        count = batch.record_count()
        future = await while_away(
            lambda: self._producer.send_batch(batch, self.topic, partition=self.partition),
            f"sending to {self.topic}[{self.partition}]",
        )
        self._unsettled.add(future)
        future.add_done_callback(self._settle)
        return future, count

    def _settle(self, future: "asyncio.Future[Any]") -> None:
        self._unsettled.discard(future)
        if not future.cancelled():
            future.exception()  # looked at here too: a lane that ended awaits no more


async def acknowledged(sent: Sent) -> list[Acknowledged]:
    """Wait for Kafka's acknowledgement of all that was sent. Raises the producer's error."""
    landed = []
    for future, count in sent.futures:
        first = (await future).offset
        landed.append(Acknowledged(first, first + count))
    return landed
