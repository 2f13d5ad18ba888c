"""The durable write: Kafka within the deadline, else the spool. What answers 204 rests on."""

import asyncio
from collections.abc import Sequence
from typing import Final, Literal

import structlog

from ingest.durable.kafka_log import KafkaLog, Outcome
from ingest.durable.segment_drain import SegmentDrain
from ingest.durable.spool import Spool
from ingest.durable.spool_directory import claim
from ingest.durable.spool_drain import SpoolDrain
from ingest.durable.spool_troubles import Troubles
from ingest.log_record import LogRecord
from ingest.metrics import IngestMetrics
from ingest.settings import Settings
from runtime.tasks import Tasks
from schemas.errors import LogUnavailable
from schemas.topics import RAW, REQUESTS

TOPICS: Final = (RAW, REQUESTS)

log = structlog.get_logger()


class DurableLog:
    """Appends to Kafka while it answers, to the spool while it does not, and empties the spool afterwards."""

    def __init__(self, settings: Settings, tasks: Tasks, metrics: IngestMetrics) -> None:
        """Begin to connect to Kafka, and to drain the spool, as tasks of the process."""
        self._settings = settings
        self._metrics = metrics
        self._kafka: KafkaLog | None = None
        self._appended = 0
        self.why_away = ""
        """Why nothing is appended to Kafka, as the last attempt to connect found; "" once one succeeded."""
        root = settings.data_dir / "ingest" / "spool"
        self.spool = Spool(
            claim(root),
            tasks,
            bytes_max=settings.spool_bytes_max,
            segment_bytes=settings.spool_segment_bytes,
            prefix=settings.kafka.topic_prefix,
        )
        self.troubles = Troubles()
        """What the drain cannot do now."""
        segments = SegmentDrain(
            self._append_to_kafka,
            self.spool.directory,
            self.troubles,
            share=settings.spool_drain_share,
            prefix=settings.kafka.topic_prefix,
            appended=lambda: self._appended,
            on_refused=metrics.refused_records.inc,
        )
        drain = SpoolDrain(self.spool, root, self, segments, self.troubles)
        self._process_tasks = tasks
        self._tasks = [
            tasks.start("connection to Kafka", self._keep_connected()),
            tasks.start("drain of the spool", drain.run()),
            tasks.start("look at the spool", drain.look()),
        ]

    @property
    def is_connected(self) -> bool:
        """Whether Kafka is reachable and its topics are known."""
        return self._kafka is not None

    @property
    def takes_records(self) -> bool:
        """Whether Kafka is reachable, and not everything that is on its way there is late."""
        return self._kafka is not None and not self._kafka.is_silent

    @property
    def is_well(self) -> bool:
        """Whether every partition that was given records took them."""
        return self._kafka is not None and self._kafka.is_well

    @property
    def partitions_away(self) -> list[str]:
        """The partitions whose records go to the spool, each with why, while Kafka as a whole is there."""
        return [] if self._kafka is None else self._kafka.away

    async def append(self, topic: str, records: Sequence[LogRecord]) -> Literal["log", "spool"]:
        """Store records durably, and say where: in the spool, if any of them is.

        Raises:
            LogUnavailable: neither Kafka nor the spool took them (all or some may be there all the same).
        """
        self._appended += 1
        kafka = self._kafka
        if kafka is not None:
            outcome = await kafka.append(topic, records)
            if not outcome.away and not outcome.refused:
                return "log"
            # The same bytes, under the same (request id, index). What Kafka refuses is found out once more, and kept, when
            # the spool is drained.
            records = [*outcome.away, *(record for record, _why in outcome.refused)]
        await self.spool.append(topic, records)
        return "spool"

    async def offer(self, topic: str, records: Sequence[LogRecord]) -> int:
        """Give Kafka records that the spool has no room for, and return how many it did not take: they are gone."""
        if self._kafka is None:
            return len(records)
        outcome = await self._kafka.append(topic, records)
        return len(outcome.away) + len(outcome.refused)

    async def close(self) -> None:
        """Stop draining, wait a moment for what is on its way to Kafka, and let go."""
        await self._process_tasks.cancel(*self._tasks)
        kafka, self._kafka = self._kafka, None
        if kafka is not None:
            await kafka.close()
        await self.spool.close()

    async def _append_to_kafka(self, topic: str, records: list[LogRecord]) -> Outcome:
        if self._kafka is None:
            raise LogUnavailable("Kafka is away")
        return await self._kafka.append(topic, records, is_patient=True)

    async def _keep_connected(self) -> None:
        """Make a producer, watch it fail, make another. While there is none, the spool takes all."""
        while True:
            try:
                kafka = await KafkaLog.open(self._settings, TOPICS, self._metrics.sender_failures.inc)
            except LogUnavailable as error:
                if str(error) != self.why_away:
                    log.warning("Kafka is unavailable, records go to the spool", why=str(error))
                self.why_away = str(error)
                await asyncio.sleep(self._settings.kafka_retry_ms / 1000)
                continue
            log.info("Kafka is available, records go to it", topics=TOPICS)
            self.why_away = ""
            self._kafka = kafka
            await kafka.failed.wait()
            self._kafka = None
            log.warning("Kafka does not answer: its producer is discarded, records go to the spool")
            try:
                await kafka.discard()
            except Exception:
                # It is thrown away in any case; what matters is that the next one is made.
                log.exception("the discarded producer could not be closed")
