"""The topic `deployment`, tailed: what it says, in memory, to be asked before each batch; and writing to it."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import ClusterAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError

from runtime.kafka.clients import make_consumer, make_producer
from runtime.kafka.settings import KafkaSettings
from schemas.deployment_state import DeploymentState, encode, key_of, told
from schemas.errors import DeploymentError

log = structlog.get_logger()


def _nothing() -> None:
    """Nobody wants to know of changes."""


_POLL_MS: Final = 500
_FETCH_WAIT_MS: Final = 500
_RETRY_S: Final = 1.0
_READ_S_MAX: Final = 30.0
_NOT_OURS_TO_WRITE: Final = (TopicAuthorizationFailedError, ClusterAuthorizationFailedError)
"""The second is what a producer is told that may write to no topic at all."""


class DeploymentLog:
    """Reads the topic to its end on entry, and on from there by `follow`. Use as an asynchronous context manager."""

    def __init__(self, kafka: KafkaSettings, client_id: str) -> None:
        """Prepare; nothing is connected yet."""
        self._kafka = kafka
        self._client_id = client_id
        self._where = TopicPartition(kafka.topics().deployment, 0)
        self._consumer = make_consumer(
            kafka, client_id, enable_auto_commit=False, auto_offset_reset="earliest", fetch_max_wait_ms=_FETCH_WAIT_MS
        )
        self.state = DeploymentState()
        """What the topic says, as far as it is read."""

    async def __aenter__(self) -> Self:
        """Connect and read. Raises DeploymentError where the topic is not there, KafkaError where no broker answers."""
        try:
            await self._consumer.start()
            await self._begin()
        except BaseException:
            await self._consumer.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self._consumer.stop()

    async def _begin(self) -> None:
        topic = self._where.topic
        await self._consumer._client.set_topics([topic])  # noqa: SLF001 - partitions_for_topic knows only these
        if not self._consumer.partitions_for_topic(topic):
            raise DeploymentError(
                f"{topic} is not on {self._kafka.bootstrap_servers}: `recibo topics` creates it, and notes which generation "
                "is live"
            )
        self._consumer.assign([self._where])
        try:
            async with asyncio.timeout(_READ_S_MAX):
                await self.read_to_end()
        except TimeoutError as error:
            raise DeploymentError(
                f"{topic} cannot be read to its end within {_READ_S_MAX:.0f} s: look at Kafka"
            ) from error

    async def read_to_end(self) -> DeploymentState:
        """Return what the topic says up to where it ends now."""
        end = (await self._consumer.end_offsets([self._where]))[self._where]
        while await self._consumer.position(self._where) < end:
            await self._read(_POLL_MS)
        return self.state

    async def follow(self, on_change: Callable[[], object] = _nothing) -> None:
        """Keep `state` up to date, until cancelled, calling `on_change` now and then. While Kafka is away, the last stands."""
        while True:
            try:
                await self._read(_POLL_MS)
                on_change()
            except KafkaError as error:
                log.warning("the topic of the deployment cannot be read; trying again", why=repr(error))
                await asyncio.sleep(_RETRY_S)

    async def _read(self, wait_ms: int) -> None:
        for records in (await self._consumer.getmany(self._where, timeout_ms=wait_ms)).values():
            for record in records:
                self.state = told(self.state, record.key, record.value)

    async def write(self, name: str, generation: int, value: Any, partition: int | None = None) -> None:
        """Write one value (None deletes), and return when it is acknowledged and read back.

        Args:
            name: what it is: LIVE, RAW, PARSER, MAPPINGS or HAND_OVER of `schemas.deployment_state`.
            generation: whose; 0 for the deployment's own.
            value: what `encode` takes.
            partition: of the raw log, where it is said of one.

        Raises:
            DeploymentError: this principal may not write to it.
            KafkaError: no broker answers.
        """
        encoded = None if value is None else encode(value)
        try:
            async with make_producer(self._kafka, self._client_id, acks="all", enable_idempotence=True) as producer:
                await producer.send_and_wait(
                    self._where.topic, encoded, key_of(name, generation, partition), partition=self._where.partition
                )
        except _NOT_OURS_TO_WRITE as error:
            raise DeploymentError(
                f"this principal may not write to {self._where.topic}, and {name} of it is to be noted there: run `recibo topics` "
                "once as who may, or be granted what `recibo topics --acls` prints"
            ) from error
        await self.read_to_end()


async def deployment_state(kafka: KafkaSettings, client_id: str) -> DeploymentState:
    """Return what the topic says now. Raises as entering a DeploymentLog does."""
    async with DeploymentLog(kafka, client_id) as deployment:
        return deployment.state
