"""One producer's life: opened, appended to, and discarded whole when Kafka is away or late.

aiokafka's idempotent producer retries without expiry, and a batch that failed poisons the sequence of its
partition: so a producer that misses deadlines is not repaired but discarded, unflushed, and a new one is made.
"""

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from ingest.durable.linger import Linger
from ingest.durable.partition_sender import PartitionSender
from ingest.durable.partitioner import partition_of
from ingest.raw_records import LogRecord
from ingest.settings import Settings
from runtime.kafka.clients import make_producer
from runtime.kafka.topic_check import check_topics
from runtime.tasks import Tasks
from schemas.errors import ConfigurationError, LogUnavailable, TopicsRefused
from schemas.topics import MAX_RECORD_BYTES, Topic, declared

_OPEN_S_MAX: Final = 5.0
_REQUEST_TIMEOUT_MS: Final = 5_000
_WATCH_S: Final = 0.02
_CLOSE_S_MAX: Final = 1.0


class KafkaLog:
    """Topics of a reachable Kafka, appended to through one sender a partition."""

    def __init__(self, producer: AIOKafkaProducer, settings: Settings, partitions: dict[str, int]) -> None:
        self._producer = producer
        self._deadline_s = settings.kafka_deadline_ms / 1000
        self.failed = asyncio.Event()
        """Set when the producer is beyond use, or one of its tasks died: discard it."""
        linger = Linger(settings.kafka_linger_ms / 1000)
        self._senders = {
            topic: [
                PartitionSender(
                    producer,
                    settings.kafka.named(topic),
                    partition,
                    linger=linger,
                    batch_bytes_max=settings.kafka_batch_bytes_max,
                    queue_bytes_max=settings.kafka_queue_bytes_max,
                    failures_max=settings.kafka_failures_max,
                    on_stuck=self.failed.set,
                )
                for partition in range(count)
            ]
            for topic, count in partitions.items()
        }
        self._all_senders = [sender for senders in self._senders.values() for sender in senders]
        self._tasks = Tasks(on_death=self.failed.set)
        for sender in self._all_senders:
            self._tasks.start(f"sender of {sender.name}", sender.run())
        self._tasks.start("deadlines of the senders", self._watch())

    @classmethod
    async def open(cls, settings: Settings, topics: Sequence[str]) -> "KafkaLog":
        """Connect, and learn the partitions of `topics`: their published names, to which the deployment's prefix comes here.

        Raises:
            LogUnavailable: Kafka cannot be reached, a topic is missing or not as declared, or a file of secrets cannot be read.
        """
        compression = None if settings.kafka_compression == "none" else settings.kafka_compression
        try:
            producer = make_producer(
                settings.kafka,
                "recibo-ingest",
                acks="all",
                enable_idempotence=True,
                compression_type=compression,
                max_batch_size=MAX_RECORD_BYTES + 2 * settings.kafka_batch_bytes_max,
                linger_ms=0,
                request_timeout_ms=_REQUEST_TIMEOUT_MS,
                retry_backoff_ms=50,
            )
        except ConfigurationError as error:
            # A secret's file may be there again in a moment; meanwhile there is the spool.
            raise LogUnavailable(str(error)) from error
        try:
            async with asyncio.timeout(_OPEN_S_MAX):
                await producer.start()
                await check_topics(settings.kafka, "recibo-ingest", _appended_to(settings, topics))
                partitions = {
                    topic: len(await producer.partitions_for(settings.kafka.named(topic))) for topic in topics
                }
        except TopicsRefused as error:  # what is answered 204 must be kept as long, and dated, as is declared
            await _discard(producer)
            raise LogUnavailable(str(error)) from error
        except (KafkaError, TimeoutError, OSError) as error:
            await _discard(producer)
            raise LogUnavailable(f"Kafka at {settings.kafka.bootstrap_servers}: {error!r}") from error
        except BaseException:
            await _discard(producer)
            raise
        return cls(producer, settings, partitions)

    def append(self, topic: str, records: Sequence[LogRecord]) -> "list[asyncio.Future[None]]":
        """Queue records; when all the futures are done the records are in the log, on all in-sync replicas.

        Raises:
            LogUnavailable: a queue is full. Some of the records may be queued all the same.
        """
        senders = self._senders[topic]
        count = len(senders)
        if len(records) == 1:
            record = records[0]
            return [senders[partition_of(record.key, count)].append(record)]
        by_partition: dict[int, list[LogRecord]] = {}
        for record in records:
            by_partition.setdefault(partition_of(record.key, count), []).append(record)
        return [acked for partition, some in by_partition.items() for acked in senders[partition].extend(some)]

    async def discard(self) -> None:
        """Give the producer up without flushing it; everything unacknowledged fails with LogUnavailable."""
        await self._tasks.close()
        await _discard(self._producer)

    async def close(self) -> None:
        """Wait for what is on its way, for at most a second, then discard."""
        waiting = [asyncio.ensure_future(sender.flushed()) for sender in self._all_senders]
        _done, late = await asyncio.wait(waiting, timeout=_CLOSE_S_MAX)
        for task in late:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await self.discard()

    async def _watch(self) -> None:
        """Expire what misses the deadline, so that no request waits for Kafka's pleasure."""
        while True:
            await asyncio.sleep(_WATCH_S)
            began_before_s = monotonic() - self._deadline_s
            for sender in self._all_senders:
                sender.expire(began_before_s)


def _appended_to(settings: Settings, topics: Sequence[str]) -> list[Topic]:
    """Return how the topics of these published names must be."""
    names = {settings.kafka.named(topic) for topic in topics}
    return [topic for topic in declared(settings.kafka.topics()) if topic.name in names]


async def _discard(producer: AIOKafkaProducer) -> None:
    """Close a producer at once. Its own `stop` flushes first, which for a Kafka that is away never ends.

    There is no public way to do so (aiokafka 0.14): the sender's task is cancelled, its connections are closed under
    it, and what it says about that is not listened to.
    """
    producer._closed = True  # noqa: SLF001
    sender = producer._sender  # noqa: SLF001
    task = sender.sender_task
    if task is None:
        await producer.client.close()
        return
    task.remove_done_callback(sender._fail_all)  # noqa: SLF001
    task.cancel()
    await producer.client.close()
    _done, pending = await asyncio.wait([task], timeout=_CLOSE_S_MAX)
    if pending:
        task.cancel()
        await asyncio.wait([task], timeout=_CLOSE_S_MAX)
    if task.done() and not task.cancelled():
        task.exception()
