"""The topics of a crash run on a real broker: recreated, appended to, and read back."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
    TopicAlreadyExistsError,
)
from aiokafka.partitioner import murmur2

from runtime.kafka.consumer import Consumer
from schemas.topics import RAW, Topics, declared
from tests.faults.processors.traffic import RawRecord
from tests.support.polling import until

_BATCH_BYTES_MAX: Final = 256 * 1024
_CHOSEN_TIMES: Final = {"retention.ms": "-1", "message.timestamp.after.max.ms": str(2**63 - 1)}
"""Records of any time are taken and stay: a run lives through months of append times in minutes."""


async def make_topics(bootstrap: str, generation: int, partitions: int) -> None:
    """Make the topics of `generation`, and an empty raw log: what an earlier test left there is deleted."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        wanted = {topic.name: topic for topic in declared(Topics(generation, raw_timestamps="CreateTime"))}
        left = [name for name in await admin.list_topics() if name in wanted]
        if left:
            await admin.delete_topics(left)
        new = [
            NewTopic(t.name, t.partitions or partitions, 1, topic_configs={**t.config, **_CHOSEN_TIMES})
            for t in wanted.values()
        ]

        async def made() -> bool:
            try:
                await admin.create_topics(new, validate_only=True)
            except TopicAlreadyExistsError:
                return False
            return True

        await until(made, "deletion of the topics an earlier test left")
        await admin.create_topics(new)
    finally:
        await admin.close()


def partition_of(key: bytes | None, partitions: int) -> int:
    """Return where ingest's partitioner puts a key (murmur2, as Kafka's own); a record without key goes to 0."""
    return 0 if key is None else (murmur2(key) & 0x7FFFFFFF) % partitions


async def append(producer: AIOKafkaProducer, records: Iterable[RawRecord], partitions: int) -> None:
    """Append records to the raw log, in order within each partition, and wait for their acknowledgement."""
    batches: dict[int, Any] = {}
    for record in records:
        partition = partition_of(record.key, partitions)
        batch = batches.setdefault(partition, producer.create_batch())
        if not _put(batch, record):
            await (await producer.send_batch(batch, RAW, partition=partition))
            batches[partition] = producer.create_batch()
            assert _put(batches[partition], record), "a fresh batch takes any record"
    for partition, batch in batches.items():
        await (await producer.send_batch(batch, RAW, partition=partition))


def _put(batch: Any, record: RawRecord) -> bool:
    return batch.append(key=record.key, value=record.value, timestamp=record.at_ms, headers=record.headers) is not None


def raw_producer(bootstrap: str) -> AIOKafkaProducer:
    """Return a producer fit for `append`; its batches are large, so that a round costs few requests."""
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", max_batch_size=_BATCH_BYTES_MAX, max_request_size=4 * 1024 * 1024
    )


class TopicReader:
    """Reads topics to their present end, again and again, each record once."""

    def __init__(self, bootstrap: str, topics: Sequence[str], partitions: int) -> None:
        self._partitions = [TopicPartition(topic, p) for topic in topics for p in range(partitions)]
        self._consumer = Consumer(
            bootstrap_servers=bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=20,
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )

    async def start(self) -> None:
        """Connect, at the beginning of every partition."""
        await self._consumer.start()
        self._consumer.assign(self._partitions)
        await self._consumer.seek_to_beginning(*self._partitions)

    async def stop(self) -> None:
        """Disconnect."""
        await self._consumer.stop()

    async def end_offsets(self) -> dict[TopicPartition, int]:
        """Return where each partition ends now."""
        return dict(await self._consumer.end_offsets(self._partitions))

    async def read(self) -> list[Any]:
        """Return the records appended since the last call, in order within each partition."""
        found: list[Any] = []
        ends = await self.end_offsets()
        open_partitions = {p for p in self._partitions if await self._consumer.position(p) < ends[p]}
        while open_partitions:
            fetched = await self._consumer.getmany(*open_partitions, timeout_ms=200)
            for partition, records in fetched.items():
                found += records
                if records[-1].offset + 1 >= ends[partition]:
                    open_partitions.discard(partition)
        return found


async def committed(admin: AIOKafkaAdminClient, generation: int) -> dict[int, int]:
    """Return the offset the processors' group committed in each raw partition."""
    try:
        offsets = await admin.list_consumer_group_offsets(f"recibo-processors-g{generation}")
    except (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError):
        return {}  # the broker is only making its offsets topic: nobody has committed
    return {tp.partition: found.offset for tp, found in offsets.items() if tp.topic == RAW and found.offset >= 0}
