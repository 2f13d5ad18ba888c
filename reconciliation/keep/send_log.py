"""The edge out: sends into `message.sends`, by an idempotent producer, acknowledged by all replicas."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

from aiokafka.errors import KafkaError

from runtime.failure import Failure
from runtime.kafka.clients import make_producer
from runtime.kafka.failures import kafka_failure
from runtime.kafka.settings import KafkaSettings
from schemas.errors import DeploymentError
from schemas.partitioner import PrefixedKeys
from schemas.send import Send, encode

_CLIENT: Final = "recibo-sends"
_BATCH_BYTES: Final = 1 << 20
_WAITING_MAX: Final = 32
"""Batches on their way at once: bounds memory."""

_STOP_S_MAX: Final = 5.0


class SendLog:
    """Appends the sends of one manifest. Used by one task, inside `async with`; what was appended is in the log after it."""

    def __init__(self, kafka: KafkaSettings, account: str, manifest: str) -> None:
        """Append to the topic of the deployment that `kafka` leads to."""
        self._kafka = kafka
        self._topic = kafka.topics().sends
        self._prefix = f"{account}/{manifest}/".encode()
        self._producer = make_producer(
            kafka,
            _CLIENT,
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",
            max_batch_size=_BATCH_BYTES,
        )
        self._filling: dict[int, Any] = {}
        self._waiting: list[asyncio.Future[Any]] = []

    async def __aenter__(self) -> Self:
        """Connect. Raises DeploymentError where that cannot be, or the topic is not there."""
        try:
            await self._producer.start()
            partitions = await self._producer.partitions_for(self._topic)
        except (KafkaError, OSError) as error:
            await self._stop()
            raise _told(error) from error
        if not partitions:
            await self._stop()
            raise DeploymentError(f"the topic {self._topic} is not there, or hidden: `recibo topics` makes it")
        self._keys = PrefixedKeys(self._prefix, len(partitions))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Wait until all is acknowledged, unless something went wrong. Raises DeploymentError where it is not."""
        try:
            if kind is None:
                for partition in list(self._filling):
                    await self._send(partition)
                await self._acknowledged(0)
        finally:
            for future in self._waiting:
                future.cancel()
            await self._stop()

    async def _stop(self) -> None:
        """Close the producer. Its own `stop` waits for what is on its way, for ever where Kafka is away."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._producer.stop(), _STOP_S_MAX)

    async def append(self, sends: Sequence[Send]) -> None:
        """Append sends, or as much of them as fits; return when there is room for more. Raises DeploymentError."""
        now_ms = time.time_ns() // 1_000_000
        for send in sends:
            key = b"%b%d" % (self._prefix, send.row)
            value, partition = encode(send), self._keys.of(key)
            batch = self._filling.get(partition) or self._producer.create_batch()
            if batch.append(key=key, value=value, timestamp=now_ms) is None:
                await self._send(partition)
                batch = self._producer.create_batch()
                if batch.append(key=key, value=value, timestamp=now_ms) is None:
                    raise AssertionError("a send is larger than a batch")
            self._filling[partition] = batch
        await self._acknowledged(_WAITING_MAX)

    async def _send(self, partition: int) -> None:
        batch = self._filling.pop(partition)
        try:
            self._waiting.append(await self._producer.send_batch(batch, self._topic, partition=partition))
        except (KafkaError, OSError) as error:
            raise _told(error) from error

    async def _acknowledged(self, remaining: int) -> None:
        """Wait until at most so many batches are on their way."""
        while len(self._waiting) > remaining:
            try:
                await self._waiting.pop(0)
            except (KafkaError, OSError) as error:
                raise _told(error) from error


def _told(error: Exception) -> Exception:
    if kafka_failure(error) is Failure.BUG:
        return error
    return DeploymentError(f"Kafka: {error!r}. Run it again: what is in already is not written twice")
