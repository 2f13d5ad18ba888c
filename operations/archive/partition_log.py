"""The edge to Kafka: a topic's partitions, one at a time, from an offset up to the first record of an open hour."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from operations.archive.record import Record
from operations.topics import admin_of
from runtime.kafka.clients import make_consumer
from runtime.kafka.settings import KafkaSettings
from runtime.kafka.topic_check import find_topics
from schemas.errors import ContiguityBroken, DeploymentError

_POLL_MS: Final = 200
_SILENT_S_MAX: Final = 30.0
_FETCH_BYTES_MAX: Final = 1024 * 1024
"""Compressed, and at least one batch: ten to twenty times as much in memory."""
_RECORDS_AT_ONCE: Final = 10_000


class Bounds(NamedTuple):
    """What there is of a partition."""

    begin: int
    """Offset of the first record that retention has left."""
    limit: int
    """Offset after the last record before the hour that is still open."""
    end: int
    """Offset that the next record will have."""


class PartitionLog:
    """The partitions of a topic, read without a group and one at a time, so that only one is held in memory."""

    def __init__(self, consumer: Any, topic: str, name: str, partitions: int) -> None:
        self.topic, self.partitions = topic, partitions
        self._name = name
        self._consumer = consumer

    async def bounds(self, partition: int, before_ms: int) -> Bounds:
        """Return what there is of a partition, up to its first record at or after `before_ms`."""
        where = TopicPartition(self._name, partition)
        begin: int = (await self._consumer.beginning_offsets([where]))[where]
        later = (await self._consumer.offsets_for_times({where: before_ms}))[where]
        end: int = (await self._consumer.end_offsets([where]))[where]
        return Bounds(begin, later.offset if later else end, end)

    async def read(self, partition: int, first: int, limit: int) -> AsyncIterator[list[Record]]:
        """Yield the records at offsets from `first` up to, not including, `limit`.

        Raises:
            ContiguityBroken: some of them are not there.
            DeploymentError: the broker stops answering.
        """
        where = TopicPartition(self._name, partition)
        self._consumer.assign([where])
        self._consumer.seek(where, first)
        due = first
        while due < limit:
            records = await self._heard(where, due)
            _check_contiguous(where, records, due)
            due = records[-1].offset + 1
            yield records[: len(records) - max(0, due - limit)]

    async def _heard(self, where: TopicPartition, due: int) -> list[Record]:
        deadline = time.monotonic() + _SILENT_S_MAX
        while time.monotonic() < deadline:
            try:
                found = await self._consumer.getmany(where, timeout_ms=_POLL_MS, max_records=_RECORDS_AT_ONCE)
            except OffsetOutOfRangeError as error:
                raise ContiguityBroken(
                    f"{where.topic}[{where.partition}]: retention deleted offset {due} while it was about to be read; "
                    "run again: what is left is archived, and what is missing is reported"
                ) from error
            if found:
                return list(found[where])
        raise DeploymentError(f"Kafka sends nothing of {where.topic}[{where.partition}]: see the broker's log")


def _check_contiguous(where: TopicPartition, records: list[Record], due: int) -> None:
    first, last = records[0].offset, records[-1].offset
    if first != due or last - first + 1 != len(records):
        raise ContiguityBroken(
            f"{where.topic}[{where.partition}]: expected offset {due}, fetched {first} to {last} in {len(records)} "
            "records: something other than Recibo's own producers wrote to this topic, or changed its cleanup policy"
        )


@asynccontextmanager
async def partition_log(kafka: KafkaSettings, topic: str) -> AsyncIterator[PartitionLog]:
    """Open a topic for reading; `topic` is its published name, by which it is archived.

    Raises:
        DeploymentError: no broker answers, it stops answering, or the topic is not there.
    """
    name = kafka.named(topic)
    async with admin_of(kafka) as admin:
        found = await find_topics(admin, [name])
    if name not in found:
        raise DeploymentError(f"{name}: no such topic on {kafka.bootstrap_servers}; start `recibo up` first")
    consumer = make_consumer(
        kafka,
        "recibo-operator",
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=_FETCH_BYTES_MAX,
    )
    try:
        await consumer.start()
        yield PartitionLog(consumer, topic, name, found[name].partitions)
    except KafkaError as error:
        raise DeploymentError(f"Kafka at {kafka.bootstrap_servers} cannot be read: {error}") from error
    finally:
        await consumer.stop()
