"""Reading topics without a consumer group: from a time to the present end, or from the present end on."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from deploy.errors import DeploymentError
from deploy.topics import admin_of, find_topics

_POLL_MS: Final = 100
_SILENT_SECONDS_MAX: Final = 30.0
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
        """Go on from what is written after now."""
        for partition, offset in (await self._consumer.end_offsets(self._partitions)).items():
            self._consumer.seek(partition, offset)

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
            batch = await self._poll()
            if batch:
                heard = time.monotonic()
                yield [r for r in batch if r.offset < ends[TopicPartition(r.topic, r.partition)]]
            elif time.monotonic() - heard > _SILENT_SECONDS_MAX:
                raise DeploymentError("Kafka sends no more records, though there are some: see the broker's log")

    async def first(self, wanted: Callable[[Record], bool], seconds_max: float) -> Record | None:
        """Return the first record that is wanted, of those read so far and those to come; None after the wait."""
        deadline = time.monotonic() + seconds_max
        while True:
            found = next((record for record in self._seen if wanted(record)), None)
            if found is not None or time.monotonic() > deadline:
                return found
            self._seen += await self._poll()

    async def at(self, partition: TopicPartition, offset: int) -> Record:
        """Return one record. Raises DeploymentError where it is no longer in the log."""
        self._consumer.seek(partition, offset)
        deadline = time.monotonic() + _SILENT_SECONDS_MAX
        while time.monotonic() < deadline:
            for records in (await self._consumer.getmany(partition, timeout_ms=_POLL_MS, max_records=1)).values():
                if records and records[0].offset == offset:
                    return records[0]
        raise DeploymentError(f"{partition.topic} has no record at partition {partition.partition} offset {offset}")

    async def _poll(self) -> list[Record]:
        fetched = await self._consumer.getmany(timeout_ms=_POLL_MS)
        return [record for records in fetched.values() for record in records]

    async def _is_behind(self, ends: dict[TopicPartition, int]) -> bool:
        return any([await self._consumer.position(partition) < end for partition, end in ends.items()])


@asynccontextmanager
async def reading(bootstrap_servers: str, *topics: str) -> AsyncIterator[LogReader]:
    """Open topics for reading.

    Raises:
        DeploymentError: no broker answers, or a topic is not there.
    """
    async with admin_of(bootstrap_servers) as admin:
        found = await find_topics(admin, topics)
    missing = [topic for topic in topics if topic not in found]
    if missing:
        raise DeploymentError(f"{', '.join(missing)}: no such topic on {bootstrap_servers}; start `recibo up` first")
    partitions = [TopicPartition(topic, number) for topic in topics for number in range(found[topic].partitions)]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=_FETCH_BYTES_MAX,
    )
    try:
        await consumer.start()
        consumer.assign(partitions)
        yield LogReader(consumer, partitions)
    except KafkaError as error:
        raise DeploymentError(f"Kafka at {bootstrap_servers} cannot be read: {error}") from error
    finally:
        await consumer.stop()
