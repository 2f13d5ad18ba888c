"""The topic `processors.holds`: read to its end and followed, and written by the owner of each partition.

Every worker follows all of it: it is small, and a partition that moves finds its holds wherever it goes.
"""

import asyncio
from typing import Any, Final

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from processors.patience import while_away
from processors.quarantine import Quarantine
from runtime.kafka.clients import make_consumer
from runtime.kafka.settings import KafkaSettings
from schemas.hold import Hold, HoldAt, Release, decode_hold, decode_release, encode, hold_key, read_key

log = structlog.get_logger()

_POLL_MS: Final = 500


class Holds:
    """What all partitions of a generation hold back, as the topic says."""

    def __init__(self, kafka: KafkaSettings, topic: str, generation: int, partitions: int) -> None:
        """Prepare; nothing is read yet."""
        self._kafka = kafka
        self._topic = topic
        self._generation = generation
        self._partitions = [TopicPartition(topic, partition) for partition in range(partitions)]
        self._of = {partition: Quarantine() for partition in range(partitions)}
        self._consumer: AIOKafkaConsumer | None = None
        self._reading = asyncio.Lock()

    async def start(self) -> None:
        """Open the topic at its beginning."""
        self._consumer = make_consumer(
            self._kafka, "recibo-processors", enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await self._consumer.start()
        self._consumer.assign(self._partitions)
        await self._consumer.seek_to_beginning(*self._partitions)

    async def stop(self) -> None:
        """Close it."""
        if self._consumer is not None:
            await self._consumer.stop()

    def of(self, partition: int) -> Quarantine:
        """Return what a partition holds back."""
        return self._of[partition]

    async def follow(self) -> None:
        """Take what is written, until cancelled."""
        while True:
            await while_away(self._poll, "following processors.holds")

    async def caught_up(self, partition: int) -> None:
        """Return once all is known that had been written of a partition when this was called."""
        where = self._partitions[partition]
        consumer = self._reader()
        end = (await while_away(lambda: consumer.end_offsets([where]), "reading processors.holds"))[where]
        while await consumer.position(where) < end:
            await while_away(self._poll, "reading processors.holds")

    async def write(self, producer: AIOKafkaProducer, partition: int, offset: int, hold: Hold) -> None:
        """Write a hold of a partition that this worker owns; it is durable, and in force here, when this returns."""
        key = hold_key(HoldAt(self._generation, partition, offset))
        value = encode(hold)
        await while_away(
            lambda: producer.send_and_wait(self._topic, value, key, partition), "writing to processors.holds"
        )
        self._of[partition].take(offset, hold)

    async def _poll(self) -> None:
        async with self._reading:
            for records in (await self._reader().getmany(timeout_ms=_POLL_MS)).values():
                for record in records:
                    self._take(record)

    def _take(self, record: Any) -> None:
        try:
            at, is_release = read_key(record.key)
            said: Hold | Release | None = None
            if record.value is not None:
                said = decode_release(record.value) if is_release else decode_hold(record.value)
        except (ValueError, AttributeError, msgspec.DecodeError) as error:
            log.warning("not understood", topic=self._topic, offset=record.offset, why=str(error))
            return
        if at.generation == self._generation and at.partition in self._of:
            self._of[at.partition].take(at.offset, said)

    def _reader(self) -> AIOKafkaConsumer:
        assert self._consumer is not None, "start() comes before reading"
        return self._consumer
