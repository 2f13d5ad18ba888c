"""Reading topics without a consumer group: from a time to the present end, or from the present end on."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from operations.topics import admin_of
from runtime.kafka.clients import make_consumer
from runtime.kafka.settings import KafkaSettings
from runtime.kafka.topic_check import find_topics
from schemas.errors import DeploymentError

_POLL_MS: Final = 100
_SILENT_S_MAX: Final = 30.0
_AHEAD_MAX: Final = 5_000
"""Records read over rather than sought past."""
_FETCH_BYTES_MAX: Final = 8 * 1024 * 1024

Record = Any
"""An aiokafka ConsumerRecord."""


class LogReader:
    """All partitions of some topics, read by one process."""

    def __init__(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        self._consumer = consumer
        self._partitions = partitions
        self._seen: list[Record] = []

    async def seek_to_end(self) -> None:
        """Continue from what is written after now."""
        for partition, offset in (await self._consumer.end_offsets(self._partitions)).items():
            self._consumer.seek(partition, offset)

    async def end_of(self, topic: str, partition: int) -> int:
        """Return the offset that a partition's next record will have."""
        where = TopicPartition(topic, partition)
        end: int = (await self._consumer.end_offsets([where]))[where]
        return end

    async def since(self, at_ms: int) -> AsyncIterator[list[Record]]:
        """Return batches of every record from `at_ms` (UTC) to the present end.

        Raises:
            DeploymentError: the broker stops answering.
        """
        ends = await self._consumer.end_offsets(self._partitions)
        found = await self._consumer.offsets_for_times(dict.fromkeys(self._partitions, at_ms))
        for partition in self._partitions:
            at = found.get(partition)
            self._consumer.seek(partition, at.offset if at else ends[partition])
        heard = time.monotonic()
        while await self._is_behind(ends):
            batch = await self.poll()
            if batch:
                heard = time.monotonic()
                yield [r for r in batch if r.offset < ends[TopicPartition(r.topic, r.partition)]]
            elif time.monotonic() - heard > _SILENT_S_MAX:
                raise DeploymentError("Kafka sends no more records, though there are some: see the broker's log")

    async def first(self, wanted: Callable[[Record], bool], s_max: float) -> Record | None:
        """Return the first record that is wanted, of those read so far and those to come; None after the wait."""
        deadline = time.monotonic() + s_max
        while True:
            found = next((record for record in self._seen if wanted(record)), None)
            if found is not None or time.monotonic() > deadline:
                return found
            self._seen += await self.poll()

    async def at(self, topic: str, partition: int, offsets: Sequence[int]) -> AsyncIterator[Record]:
        """Return the records at ascending offsets of a partition; those no longer in the log are left out.

        Raises:
            DeploymentError: the broker stops answering.
        """
        where = TopicPartition(topic, partition)
        begin = (await self._consumer.beginning_offsets([where]))[where]
        wanted = [offset for offset in offsets if offset >= begin]
        position = -1
        while wanted:
            if not position <= wanted[0] < position + _AHEAD_MAX:
                self._consumer.seek(where, wanted[0])
            records = await self._heard(where)
            for record in records:
                while wanted and wanted[0] < record.offset:
                    wanted.pop(0)
                if wanted and wanted[0] == record.offset:
                    wanted.pop(0)
                    yield record
            position = records[-1].offset + 1

    async def _heard(self, where: TopicPartition) -> list[Record]:
        deadline = time.monotonic() + _SILENT_S_MAX
        while time.monotonic() < deadline:
            fetched = (await self._consumer.getmany(where, timeout_ms=_POLL_MS)).get(where)
            if fetched:
                return list(fetched)
        raise DeploymentError(f"Kafka sends nothing of {where.topic} partition {where.partition}: see the broker's log")

    async def poll(self) -> list[Record]:
        """Return the next records, none where none came for a moment."""
        fetched = await self._consumer.getmany(timeout_ms=_POLL_MS)
        return [record for records in fetched.values() for record in records]

    async def _is_behind(self, ends: dict[TopicPartition, int]) -> bool:
        return any([await self._consumer.position(partition) < end for partition, end in ends.items()])


@asynccontextmanager
async def reading(kafka: KafkaSettings, *topics: str) -> AsyncIterator[LogReader]:
    """Open topics for reading.

    Raises:
        DeploymentError: no broker answers, or a topic is not there.
    """
    async with admin_of(kafka) as admin:
        found = await find_topics(admin, topics)
    missing = [topic for topic in topics if topic not in found]
    if missing:
        raise DeploymentError(
            f"{', '.join(missing)}: no such topic on {kafka.bootstrap_servers}; start `recibo up` first"
        )
    partitions = [TopicPartition(topic, number) for topic in topics for number in range(found[topic].partitions)]
    consumer = make_consumer(
        kafka,
        "recibo-operator",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=_FETCH_BYTES_MAX,
    )
    try:
        await consumer.start()
        consumer.assign(partitions)
        yield LogReader(consumer, partitions)
    except KafkaError as error:
        raise DeploymentError(f"Kafka at {kafka.bootstrap_servers} cannot be read: {error}") from error
    finally:
        await consumer.stop()
