"""The producers of this worker: one that all lanes share, and a new one after a failure.

An idempotent producer whose batch failed has a gap in its sequence for that partition for good. So the lane that failed
gets another producer; the others keep theirs.
"""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

from aiokafka import AIOKafkaProducer

from runtime.kafka.clients import make_producer
from runtime.kafka.settings import KafkaSettings
from schemas.topics import MAX_RECORD_BYTES


class Producers:
    """Lends producers, and stops one that nobody uses any more."""

    def __init__(self, kafka: KafkaSettings, produce_bytes_max: int) -> None:
        """Prepare; the first lease starts one."""
        self._kafka = kafka
        self._produce_bytes_max = produce_bytes_max
        self._current: AIOKafkaProducer | None = None
        self._users: Counter[AIOKafkaProducer] = Counter()
        self._starting = asyncio.Lock()

    async def lease(self, until: AsyncExitStack) -> AIOKafkaProducer:
        """Return a producer for as long as the stack lasts; one that ends by an error is not lent again."""
        async with self._starting:
            if self._current is None:
                self._current = await self._started()
            producer = self._current
            self._users[producer] += 1

        async def give_back(_kind: object, error: BaseException | None, _trace: object) -> None:
            self._users[producer] -= 1
            failed = error is not None and not isinstance(error, asyncio.CancelledError)
            if failed and self._current is producer:
                self._current = None
            if not self._users[producer] and producer is not self._current:
                del self._users[producer]
                await producer.stop()

        until.push_async_exit(give_back)
        return producer

    async def close(self) -> None:
        """Stop what is left."""
        for producer in {*self._users, *((self._current,) if self._current is not None else ())}:
            await producer.stop()

    async def _started(self) -> AIOKafkaProducer:
        producer = make_producer(
            self._kafka,
            "recibo-processors",
            acks="all",
            enable_idempotence=True,
            compression_type="zstd",
            max_batch_size=self._produce_bytes_max,
            max_request_size=MAX_RECORD_BYTES,
            linger_ms=0,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        return producer
