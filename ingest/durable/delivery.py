"""How one batch gets into the log: whole; by halves where the broker refuses it, until the record is found that it is about."""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Final

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder

from ingest.durable.batch import Batch, Refused
from ingest.durable.dissection import Dissection, Step
from ingest.log_record import LogRecord
from runtime.failure import Failure
from runtime.kafka.failures import kafka_failure

_PAUSE_S: Final = 0.02
"""Before the same records are sent again."""

log = structlog.get_logger()


class GaveUp(Exception):
    """The broker answers, and takes nothing; no record is at fault. Says what it answered."""


class Delivery:
    """Sends batches to one partition, one after the other."""

    def __init__(
        self, producer: AIOKafkaProducer, topic: str, partition: int, begin_new_epoch: Callable[[], None]
    ) -> None:
        """Prepare.

        Args:
            producer: started, idempotent, `acks=all`.
            topic: the topic, as the cluster knows it.
            partition: its number.
            begin_new_epoch: called after each batch that was answered with an error, before the next is sent.
        """
        self.name = f"{topic}[{partition}]"
        self._producer = producer
        self._topic = topic
        self._partition = partition
        self._begin_new_epoch = begin_new_epoch

    async def deliver(self, batch: Batch) -> Refused:
        """Return when all records are in the log in order, but for those returned, which Kafka does not take.

        Ends early where nobody waits for the batch any longer: its records are in the spool then.

        Raises:
            GaveUp: the broker takes nothing now. Some of the records may be in the log.
        """
        dissection, why = Dissection(batch.records), ""
        while dissection.piece and not batch.acked.done():
            builder, count = self._built(dissection.piece)
            if count == 0:
                dissection.drop()
                continue
            if count < len(dissection.piece):
                dissection.cut(count)
            error = await self._sent(builder)
            if error is None:
                dissection.taken()
                continue
            if batch.is_patient:
                batch.began_s = monotonic()  # the broker answers: only silence is late
            why = f"the broker answers {error!r}"
            await self._after(error, dissection.answered(error))
        if not dissection.is_proven:
            raise GaveUp(why)
        if dissection.refused:
            log.error("Kafka refuses records", partition=self.name, records=len(dissection.refused), why=why)
        return dissection.refused

    async def _after(self, error: KafkaError, step: Step) -> None:
        if step is Step.AGAIN:
            await asyncio.sleep(_PAUSE_S)
        if step is Step.GIVE_UP:
            if kafka_failure(error) is Failure.BUG:
                log.error("a partition's sender is at fault, or its set-up", partition=self.name, why=repr(error))
            raise GaveUp(f"the broker answers {error!r}")

    def _built(self, records: list[LogRecord]) -> tuple[BatchBuilder, int]:
        """Return a batch of the first records that fit, and how many they are. 0: the first cannot be encoded at all."""
        builder = self._producer.create_batch()
        for count, record in enumerate(records):
            try:
                appended = builder.append(timestamp=None, key=record.key, value=record.value, headers=record.headers)
            except (TypeError, ValueError, OverflowError):
                log.exception("a record cannot be encoded", partition=self.name)
                return self._built(records[:count]) if count else (builder, 0)
            if appended is None:
                return builder, count
        return builder, len(records)

    async def _sent(self, builder: BatchBuilder) -> KafkaError | None:
        """Send a batch, and return what the broker answered: None once it is on all in-sync replicas."""
        try:
            delivery = await self._producer.send_batch(builder, self._topic, partition=self._partition)
            await delivery
        except KafkaError as error:
            self._begin_new_epoch()
            return error
        except Exception:
            self._begin_new_epoch()
            raise
        return None
