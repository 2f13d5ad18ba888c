"""One producer's life: opened, appended to through a sender a partition, and discarded whole when Kafka is away.

aiokafka's idempotent producer retries without expiry. Where one partition's leader is away, its batch stays on its way, and its
sender is shut until it is answered; the producer is discarded, unflushed, only where no broker answers at all.
"""

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final, NamedTuple

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from ingest.durable.batch import Refused
from ingest.durable.delivery import Delivery
from ingest.durable.idempotent_producer import begin_new_epoch, discard, is_dead, make_idempotent_producer
from ingest.durable.linger import Linger
from ingest.durable.partition_sender import PartitionSender
from ingest.log_record import LogRecord
from ingest.settings import Settings
from runtime.kafka.topic_check import check_topics
from runtime.tasks import Tasks
from schemas.errors import ConfigurationError, LogUnavailable, TopicsRefused
from schemas.partitioner import partition_of
from schemas.topics import Topic, declared

_OPEN_S_MAX: Final = 5.0
_WATCH_S: Final = 0.02
_CLOSE_S_MAX: Final = 1.0
_METADATA_S_MAX: Final = 1.0
_METADATA_EVERY_S: Final = 0.5
_UNANSWERED_MAX: Final = 3
_SILENT_S_MAX: Final = 30.0
"""How long nothing may be acknowledged, though a broker answers, before a new producer is tried."""
_REQUEST_BYTES_MAX: Final = 64 * 1024 * 1024
"""Of the batches of all partitions together, which may be one request: brokers take 100 MiB (socket.request.max.bytes)."""

log = structlog.get_logger()


class Outcome(NamedTuple):
    """What became of appended records: those in neither list are in the log, on all in-sync replicas."""

    away: Sequence[LogRecord] = ()
    """May be in the log or not: their partition does not answer, or not in time."""
    refused: Sequence[tuple[LogRecord, str]] = ()
    """Kafka will never take these, each with why."""


IN_THE_LOG: Final = Outcome()


class KafkaLog:
    """Topics of a reachable Kafka, appended to through one sender a partition."""

    def __init__(
        self,
        producer: AIOKafkaProducer,
        settings: Settings,
        partitions: dict[str, int],
        on_sender_failure: Callable[[], None],
    ) -> None:
        self._producer = producer
        self._deadline_s = settings.kafka_deadline_ms / 1000
        self.failed = asyncio.Event()
        """Set when the producer is beyond use: discard it."""
        self._silent_since_s: float | None = None
        self._acknowledged = 0
        linger = Linger(settings.kafka_linger_ms / 1000)
        batch_bytes_max = min(
            settings.kafka_batch_bytes_max, max(1, _REQUEST_BYTES_MAX // max(1, sum(partitions.values())))
        )
        self._senders = {
            topic: [
                PartitionSender(
                    Delivery(producer, settings.kafka.named(topic), partition, self._begin_new_epoch),
                    linger=linger,
                    batch_bytes_max=batch_bytes_max,
                    queue_bytes_max=settings.kafka_queue_bytes_max,
                    failures_max=settings.kafka_failures_max,
                    retry_s=settings.kafka_retry_ms / 1000,
                    on_failure=on_sender_failure,
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
        self._tasks.start("look at Kafka while nothing is acknowledged", self._ask_while_silent())

    @classmethod
    async def open(cls, settings: Settings, topics: Sequence[str], on_sender_failure: Callable[[], None]) -> "KafkaLog":
        """Connect, and learn the partitions of `topics`: their published names, to which the deployment's prefix comes here.

        Raises:
            LogUnavailable: Kafka cannot be reached, a topic is missing or not as declared, or a file of secrets cannot be read.
        """
        try:
            producer = make_idempotent_producer(settings)
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
            await discard(producer)
            raise LogUnavailable(str(error)) from error
        except (KafkaError, TimeoutError, OSError) as error:
            await discard(producer)
            raise LogUnavailable(f"Kafka at {settings.kafka.bootstrap_servers}: {error!r}") from error
        except BaseException:
            await discard(producer)
            raise
        return cls(producer, settings, partitions, on_sender_failure)

    @property
    def is_well(self) -> bool:
        """Whether no partition is in trouble."""
        return not any(sender.trouble for sender in self._all_senders)

    @property
    def is_silent(self) -> bool:
        """Whether all that is on its way is late, and nothing has been acknowledged since."""
        return self._silent_since_s is not None

    @property
    def away(self) -> list[str]:
        """The partitions that took no records when they were last given some, each with why."""
        return [f"{sender.name}: {sender.trouble}" for sender in self._all_senders if sender.trouble]

    async def append(self, topic: str, records: Sequence[LogRecord], *, is_patient: bool = False) -> Outcome:
        """Append records, and return what became of them once all are acknowledged or not.

        Args:
            topic: one of those that were opened.
            records: whose partitions their keys decide.
            is_patient: wait for as long as the broker answers at all, not only until the deadline.
        """
        senders = self._senders[topic]
        count = len(senders)
        if len(records) == 1:
            record = records[0]
            try:
                refused = await senders[partition_of(record.key, count)].append(record, is_patient=is_patient)
            except LogUnavailable:
                return Outcome(away=records)
            return _refused_of(records, refused) if refused else IN_THE_LOG
        by_partition: dict[int, list[LogRecord]] = {}
        for record in records:
            by_partition.setdefault(partition_of(record.key, count), []).append(record)
        away: list[LogRecord] = []
        refused_ones: list[tuple[LogRecord, str]] = []
        waiting: list[tuple[asyncio.Future[Refused], list[LogRecord]]] = []
        for partition, some in by_partition.items():
            taken = senders[partition].extend(some, is_patient=is_patient)
            waiting += taken
            away += some[sum([len(theirs) for _, theirs in taken]) :]
        for acked, theirs in waiting:
            try:
                refused = await acked
            except LogUnavailable:
                away += theirs
            else:
                if refused:
                    refused_ones += _refused_of(theirs, refused).refused
        return Outcome(away, refused_ones) if away or refused_ones else IN_THE_LOG

    async def discard(self) -> None:
        """Give the producer up without flushing it; everything unacknowledged fails with LogUnavailable."""
        await self._tasks.close()
        for sender in self._all_senders:
            sender.end("Kafka is away")  # a task cancelled before it began has told nobody
        await discard(self._producer)

    async def close(self) -> None:
        """Wait for what is on its way, for at most a second, then discard."""
        waiting = [asyncio.ensure_future(sender.flushed()) for sender in self._all_senders]
        _done, late = await asyncio.wait(waiting, timeout=_CLOSE_S_MAX)
        for task in late:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await self.discard()

    async def _watch(self) -> None:
        """Expire what misses the deadline, so that no request waits for Kafka's pleasure, and notice silence."""
        while True:
            await asyncio.sleep(_WATCH_S)
            now_s = monotonic()
            for sender in self._all_senders:
                sender.watch(now_s, self._deadline_s)
            self._notice_silence(now_s)
            if is_dead(self._producer):
                self.failed.set()

    def _notice_silence(self, now_s: float) -> None:
        """Note since when all that is on its way is late, and no partition has acknowledged anything."""
        acknowledged = sum([sender.acknowledged for sender in self._all_senders])
        busy = [sender for sender in self._all_senders if sender.is_busy]
        if acknowledged != self._acknowledged or not busy or not all(sender.why_shut for sender in busy):
            self._acknowledged = acknowledged
            self._silent_since_s = None
        elif self._silent_since_s is None:
            self._silent_since_s = now_s

    async def _ask_while_silent(self) -> None:
        """Discard the producer where no broker answers; where one does, leave it to find the partitions' new leaders.

        A broker that hangs may be the one that is asked, by chance: so several times, in one unbroken silence.
        """
        unanswered, asked_since_s = 0, None
        while True:
            await asyncio.sleep(_WATCH_S if self._silent_since_s is None else _METADATA_EVERY_S)
            since_s = self._silent_since_s
            if since_s is None:
                continue
            unanswered, asked_since_s = (unanswered if since_s == asked_since_s else 0), since_s
            try:
                async with asyncio.timeout(_METADATA_S_MAX):
                    await self._producer.client.fetch_all_metadata()
            except TimeoutError:
                unanswered += 1
            except (KafkaError, OSError):
                unanswered = _UNANSWERED_MAX  # every broker was tried
            else:
                unanswered = 0
            is_unbroken = self._silent_since_s == since_s
            if is_unbroken and (unanswered >= _UNANSWERED_MAX or monotonic() - since_s > _SILENT_S_MAX):
                log.warning(
                    "no broker answers, or none acknowledges anything", silent_s=round(monotonic() - since_s, 1)
                )
                self.failed.set()

    def _begin_new_epoch(self) -> None:
        if not begin_new_epoch(self._producer):
            self.failed.set()


def _appended_to(settings: Settings, topics: Sequence[str]) -> list[Topic]:
    """Return how the topics of these published names must be."""
    names = {settings.kafka.named(topic) for topic in topics}
    return [topic for topic in declared(settings.kafka.topics()) if topic.name in names]


def _refused_of(records: Sequence[LogRecord], refused: Refused) -> Outcome:
    """Return those of `records` that are among the refused: the very objects, since equal ones may be in the log."""
    ids = {id(record) for record in records}
    return Outcome(refused=[(record, why) for record, why in refused if id(record) in ids])
