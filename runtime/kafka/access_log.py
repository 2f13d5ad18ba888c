"""The topics `access` and `access.looks`: who may ask, tailed into memory; what is said of it, written and acknowledged."""

import asyncio
import time
from types import TracebackType
from typing import Final, Self

import msgspec
import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from runtime.kafka.clients import make_consumer, make_producer
from runtime.kafka.settings import KafkaSettings
from schemas.access import Look, Token, key_of, told
from schemas.errors import DeploymentError

log = structlog.get_logger()

_POLL_MS: Final = 500
_READ_S_MAX: Final = 30.0
_RETRY_S: Final = 1.0
_LOOK_S: Final = 2.0
"""The topic's end is asked for so often: what is known is known to be all there was then."""


class AccessLog:
    """Reads `access` to its end on entry, and on from there by `follow`. Use as an asynchronous context manager."""

    def __init__(self, kafka: KafkaSettings, client_id: str) -> None:
        """Prepare; nothing is connected yet."""
        self._kafka = kafka
        self._client_id = client_id
        self._where = TopicPartition(kafka.topics().access, 0)
        self._consumer = make_consumer(
            kafka, client_id, enable_auto_commit=False, auto_offset_reset="earliest", fetch_max_wait_ms=_POLL_MS
        )
        self.tokens: dict[str, Token] = {}
        """Id → token, as far as the topic is read."""
        self.confirmed_s = float("-inf")
        """When (monotonic, s) the topic was last read to its end."""

    async def __aenter__(self) -> Self:
        """Connect and read. Raises DeploymentError where the topic is not there, KafkaError where no broker answers."""
        try:
            await self._consumer.start()
            await self._assign()
            async with asyncio.timeout(_READ_S_MAX):
                await self.read_to_end()
        except TimeoutError as error:
            await self._consumer.stop()
            raise DeploymentError(
                f"{self._where.topic} cannot be read to its end within {_READ_S_MAX:.0f} s: look at Kafka"
            ) from error
        except BaseException:
            await self._consumer.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self._consumer.stop()

    async def _assign(self) -> None:
        topic = self._where.topic
        await self._consumer._client.set_topics([topic])  # noqa: SLF001 - partitions_for_topic knows only these
        if not self._consumer.partitions_for_topic(topic):
            raise DeploymentError(
                f"{topic} is not on {self._kafka.bootstrap_servers}: `recibo topics` creates what is missing"
            )
        self._consumer.assign([self._where])

    async def read_to_end(self) -> dict[str, Token]:
        """Return the tokens as the topic has them up to where it ends now."""
        asked_s = time.monotonic()
        end = (await self._consumer.end_offsets([self._where]))[self._where]
        while await self._consumer.position(self._where) < end:
            await self._read()
        self.confirmed_s = asked_s
        return self.tokens

    async def follow(self) -> None:
        """Keep `tokens` up to date, until cancelled. While Kafka is away `confirmed_s` stands still."""
        while True:
            try:
                async with asyncio.timeout(_READ_S_MAX):
                    await self.read_to_end()
                asked_s = time.monotonic()
                while time.monotonic() - asked_s < _LOOK_S:
                    await self._read()
            except (KafkaError, TimeoutError) as error:
                log.warning("the topic of tokens cannot be read; trying again", why=repr(error))
                await asyncio.sleep(_RETRY_S)

    async def _read(self) -> None:
        for records in (await self._consumer.getmany(self._where, timeout_ms=_POLL_MS)).values():
            for record in records:
                self.tokens = told(self.tokens, record.key, record.value)

    async def write(self, token: Token) -> None:
        """Write a token, and return when it is acknowledged and read back. Raises KafkaError: no broker answers."""
        async with make_producer(self._kafka, self._client_id, acks="all", enable_idempotence=True) as producer:
            await producer.send_and_wait(
                self._where.topic, msgspec.json.encode(token), key_of(token.id), partition=self._where.partition
            )
        await self.read_to_end()


class LookLog:
    """Writes `access.looks`. Use as an asynchronous context manager."""

    def __init__(self, kafka: KafkaSettings, client_id: str, timeout_s: float) -> None:
        """Prepare; `timeout_s` is how long one acknowledgement may take."""
        self._topic = kafka.topics().looks
        self._timeout_s = timeout_s
        self._producer = make_producer(
            kafka, client_id, acks="all", enable_idempotence=True, request_timeout_ms=int(timeout_s * 1000)
        )

    async def __aenter__(self) -> Self:
        """Connect. Raises KafkaError: no broker answers."""
        try:
            await self._producer.start()
        except BaseException:
            await self._producer.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self._producer.stop()

    async def note(self, look: Look) -> None:
        """Return when a look is acknowledged. Raises KafkaError or TimeoutError: it is not, so nothing may be shown."""
        async with asyncio.timeout(self._timeout_s):
            await self._producer.send_and_wait(self._topic, msgspec.json.encode(look), partition=0)
