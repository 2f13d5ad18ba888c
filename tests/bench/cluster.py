"""The real broker of a benchmark, in a fresh directory, and what a driver asks of it."""

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError
from aiokafka.structs import OffsetAndMetadata

from deploy.local.broker import broker_program
from runtime.ports import HOST, free_port
from schemas.partitioner import partition_of
from schemas.topics import DEPLOYMENT, HOLDS, MAX_RECORD_BYTES, RAW, Topic, Topics, declared
from tests.support.servers import CACHE, running

PARTITIONS = 4
_BATCH_BYTES = 500_000
_READ_BYTES = 4 * 1024 * 1024
_IN_FLIGHT_MAX = 64
_GROUPS_S_MAX = 30.0
OF_ALL_GENERATIONS: Final = tuple(topic for topic in declared(Topics(1)) if topic.name in {RAW, DEPLOYMENT, HOLDS})
"""Topics that the processors of every generation share."""
JOINING_MS = 3_000
"""Kafka's own default: the workers or threads of a program get their partitions once, before the first record."""


class Write(NamedTuple):
    """A record to write."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]] = []  # noqa: RUF012 - a NamedTuple's default, never changed


class Cluster:
    """One broker, and clients for the driver's own questions."""

    def __init__(
        self, bootstrap: str, broker_pid: int, folder: Path, admin: AIOKafkaAdminClient, asking: AIOKafkaConsumer
    ) -> None:
        self.bootstrap = bootstrap
        self.broker_pid = broker_pid
        self.folder = folder
        """A scratch directory on the broker's disk, gone afterwards."""
        self._admin = admin
        self._asking = asking

    async def create(self, topics: Iterable[Topic]) -> None:
        """Create topics of PARTITIONS partitions."""
        await self._admin.create_topics(
            [NewTopic(t.name, t.partitions or PARTITIONS, 1, topic_configs=t.config) for t in topics]
        )

    async def delete(self, names: Iterable[str]) -> None:
        """Delete those of the topics that exist."""
        existing = set(await self._admin.list_topics())
        await self._admin.delete_topics([name for name in names if name in existing])

    async def fill(self, topic: str, records: Iterable[Write], compression: str = "lz4") -> int:
        """Write records, partitioned by murmur2 of the key. Returns how many."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap,
            acks="all",
            compression_type=compression,
            max_batch_size=_BATCH_BYTES,
            max_request_size=MAX_RECORD_BYTES,
        )
        count, sent = 0, []
        async with producer:
            batches = [producer.create_batch() for _ in range(PARTITIONS)]
            for record in records:
                count += 1
                partition = partition_of(record.key, PARTITIONS)
                append = {"key": record.key, "value": record.value, "timestamp": None, "headers": record.headers}
                if batches[partition].append(**append) is None:
                    sent.append(await producer.send_batch(batches[partition], topic, partition=partition))
                    batches[partition] = producer.create_batch()
                    batches[partition].append(**append)
                if len(sent) >= _IN_FLIGHT_MAX:
                    await sent.pop(0)
            for partition, batch in enumerate(batches):
                if batch.record_count():
                    sent.append(await producer.send_batch(batch, topic, partition=partition))
            for acknowledgement in sent:
                await acknowledgement
        return count

    async def ends(self, *topics: str) -> dict[TopicPartition, int]:
        """Return the end offset of every partition of the topics."""
        return dict(await self._asking.end_offsets([TopicPartition(t, p) for t in topics for p in range(PARTITIONS)]))

    async def count(self, *topics: str) -> int:
        """Return how many records the topics hold, none of them yet compacted or deleted."""
        return sum((await self.ends(*topics)).values())

    async def committed(self, group: str, topic: str) -> int:
        """Return the sum of a group's committed offsets."""
        offsets: dict[TopicPartition, OffsetAndMetadata] = await self._admin.list_consumer_group_offsets(group)
        return sum(max(0, int(found.offset)) for partition, found in offsets.items() if partition.topic == topic)

    async def read(self, topic: str) -> AsyncIterator[Any]:
        """Yield every record of a topic, partition after partition in each fetch."""
        ends = {tp: end for tp, end in (await self.ends(topic)).items() if end}
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_partition_fetch_bytes=_READ_BYTES,
        )
        async with consumer:
            consumer.assign(list(ends))
            while ends:
                for tp, records in (await consumer.getmany(*ends, timeout_ms=1000)).items():
                    for record in records:
                        yield record
                    if records[-1].offset + 1 >= ends[tp]:
                        del ends[tp]


@asynccontextmanager
async def fresh_cluster(*, joining_ms: int = 0) -> AsyncIterator[Cluster]:
    """Run a broker on a fresh directory, compiled as in production; a new group waits `joining_ms` for its members."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="recibo-bench-")))
        port = free_port()
        broker = stack.enter_context(
            running(broker_program(folder / "kafka", CACHE, port, joining_ms=joining_ms), folder)
        )
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it complains of topics that were deleted on purpose
        bootstrap = f"{HOST}:{port}"
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        stack.push_async_callback(admin.close)
        asking = await stack.enter_async_context(AIOKafkaConsumer(bootstrap_servers=bootstrap))
        assert broker.pid is not None, "running() yields once the broker is ready"
        await _groups_are_kept(admin)
        yield Cluster(bootstrap, broker.pid, folder, admin, asking)


async def _groups_are_kept(admin: AIOKafkaAdminClient) -> None:
    """Wait until the broker has made the topic of committed offsets, which it does when first asked for a group."""
    async with asyncio.timeout(_GROUPS_S_MAX):
        while True:
            try:
                await admin.list_consumer_group_offsets("any")
            except (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError, GroupLoadInProgressError):
                await asyncio.sleep(0.1)
            else:
                return
