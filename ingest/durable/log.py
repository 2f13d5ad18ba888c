"""The durable write: Kafka within the deadline, else the spool. What answers 204 rests on."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Final, Literal

import structlog

from ingest.durable.kafka_log import KafkaLog
from ingest.durable.spool import Spool
from ingest.durable.spool_directory import claim
from ingest.durable.spool_drain import drain_forever
from ingest.raw_records import LogRecord
from ingest.settings import Settings
from runtime.tasks import Tasks
from schemas.errors import LogUnavailable
from schemas.topics import RAW, REQUESTS

TOPICS: Final = (RAW, REQUESTS)
_SPOOL_FAILURE_REMEMBERED_S: Final = 10.0

log = structlog.get_logger()


class DurableLog:
    """Appends to Kafka while it answers, to the spool while it does not, and empties the spool afterwards."""

    def __init__(self, settings: Settings, tasks: Tasks) -> None:
        """Begin to connect to Kafka, and to drain the spool, as tasks of the process."""
        self._settings = settings
        self._kafka: KafkaLog | None = None
        self._appended = 0
        self.why_away = ""
        """Why nothing is appended to Kafka, as the last attempt to connect found; "" once one succeeded."""
        root = settings.data_dir / "ingest" / "spool"
        self.spool = Spool(
            claim(root), tasks, bytes_max=settings.spool_bytes_max, segment_bytes=settings.spool_segment_bytes
        )
        self._spool_failed_at_s = float("-inf")
        self._process_tasks = tasks
        self._tasks = [
            tasks.start("connection to Kafka", self._keep_connected()),
            tasks.start(
                "drain of the spool",
                drain_forever(
                    self.spool,
                    root,
                    self._append_to_kafka,
                    share=settings.spool_drain_share,
                    is_connected=lambda: self.is_connected,
                    appended=lambda: self._appended,
                ),
            ),
        ]

    @property
    def is_spool_writable(self) -> bool:
        """Whether no write to the spool failed lately. A failure is forgotten: without traffic nobody would find out."""
        return monotonic() - self._spool_failed_at_s > _SPOOL_FAILURE_REMEMBERED_S

    @property
    def is_connected(self) -> bool:
        """Whether Kafka is reachable and its topics are known."""
        return self._kafka is not None

    async def append(self, topic: str, records: Sequence[LogRecord]) -> Literal["log", "spool"]:
        """Store records durably, and say where.

        Raises:
            LogUnavailable: neither Kafka nor the spool took them (all or some may be there all the same).
        """
        self._appended += 1
        kafka = self._kafka
        if kafka is not None:
            try:
                for acked in kafka.append(topic, records):
                    await acked
            except LogUnavailable:
                pass  # the same bytes go to the spool, under the same (request id, index)
            else:
                return "log"
        try:
            await self.spool.append(topic, records)
        except LogUnavailable:
            self._spool_failed_at_s = monotonic()
            raise
        return "spool"

    async def close(self) -> None:
        """Stop draining, wait a moment for what is on its way to Kafka, and let go."""
        await self._process_tasks.cancel(*self._tasks)
        kafka, self._kafka = self._kafka, None
        if kafka is not None:
            await kafka.close()
        await self.spool.close()

    async def _append_to_kafka(self, topic: str, records: Sequence[LogRecord]) -> None:
        if self._kafka is None:
            raise LogUnavailable("Kafka is away")
        for acked in self._kafka.append(topic, records):
            await acked

    async def _keep_connected(self) -> None:
        """Make a producer, watch it fail, make another: the breaker. While there is none, the spool takes all."""
        while True:
            try:
                kafka = await KafkaLog.open(self._settings, TOPICS)
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
            log.warning("Kafka is late or refuses: its producer is discarded, records go to the spool")
            try:
                await kafka.discard()
            except Exception:
                # It is thrown away in any case; what matters is that the next one is made.
                log.exception("the discarded producer could not be closed")
