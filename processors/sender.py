"""The only sender to one (topic, partition): batches in, acknowledged offsets out, in order.

Two callers of `send_batch` on one partition overtake one another (measured), so each topic partition has one sender,
and only its lane calls it. A batch that fails, is cancelled or lands at an unexpected offset stops the worker.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer

from processors.batch import Produced


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

    async def send(self, records: Sequence[Produced]) -> Sent:
        """Hand records to the producer in order. Waits while the partition's previous batch is being sent."""
        futures: list[tuple[asyncio.Future[Any], int]] = []
        if not records:
            return Sent(futures)
        batch = self._producer.create_batch()
        for key, value, at_ms in records:
            if batch.append(key=key, value=value, timestamp=at_ms) is not None:
                continue  # None: full; an empty batch takes any record
            futures.append(await self._hand_over(batch))
            batch = self._producer.create_batch()
            batch.append(key=key, value=value, timestamp=at_ms)
        futures.append(await self._hand_over(batch))
        return Sent(futures)

    async def _hand_over(self, batch: Any) -> tuple["asyncio.Future[Any]", int]:
        batch.close()
        count = batch.record_count()
        return await self._producer.send_batch(batch, self.topic, partition=self.partition), count


async def acknowledged(sent: Sent) -> list[Acknowledged]:
    """Wait for Kafka's acknowledgement of all that was sent. Raises the producer's error."""
    landed = []
    for future, count in sent.futures:
        first = (await future).offset
        landed.append(Acknowledged(first, first + count))
    return landed
