"""The topic `erasures`, read whole and written; and the requests that go to the raw log."""

import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from operations.forget.found import Message
from operations.sources.log_reader import reading
from operations.topics import bound_compaction
from runtime.kafka.clients import make_producer
from runtime.kafka.settings import KafkaSettings
from schemas.erasure import (
    Erasure,
    ErasureHold,
    ErasureKey,
    ErasureRequest,
    decode_erasure,
    decode_hold,
    encode,
    read_topic_key,
    topic_key,
)
from schemas.identity import Identity
from schemas.record import (
    HEADER_REQUEST,
    HEADER_SOURCE,
    Kind,
    RequestStamp,
    SourceContext,
    encode_request,
    encode_source,
    record_key,
)

COMPACTED_WITHIN_MS: Final = 7 * 24 * 60 * 60 * 1000
"""How long a state's old values may stay in their topic, once somebody was forgotten."""


@dataclass(slots=True)
class Erasures:
    """What the topic says."""

    identities: dict[str, Erasure] = field(default_factory=dict)
    """Hash of an identity → its erasure."""
    messages: dict[str, Erasure] = field(default_factory=dict)
    holds: dict[str, ErasureHold] = field(default_factory=dict)

    @property
    def key_ids(self) -> set[str]:
        """The keys that hashes were made with."""
        return {one.key_id for told in (self.identities, self.messages, self.holds) for one in told.values()}


async def read_erasures(kafka: KafkaSettings) -> Erasures:
    """Return all that the topic says. Raises DeploymentError."""
    found = Erasures()
    async with reading(kafka, kafka.topics().erasures) as reader:
        async for records in reader.since(0):
            for record in records:
                _take(found, record)
    return found


def _take(found: Erasures, record: Any) -> None:
    subject, digest = read_topic_key(record.key or b"")
    kinds: Mapping[str, tuple[dict[str, Any], Any]] = {
        "identity": (found.identities, decode_erasure),
        "message": (found.messages, decode_erasure),
        "hold": (found.holds, decode_hold),
    }
    if subject not in kinds:
        return
    told, decode = kinds[subject]
    told.pop(digest, None)
    if record.value is not None:
        told[digest] = decode(record.value)


@asynccontextmanager
async def writing(kafka: KafkaSettings) -> AsyncIterator["ErasureWriter"]:
    """Open topics for writing: nothing is done until it is acknowledged."""
    producer = make_producer(kafka, "recibo-operator", acks="all", enable_idempotence=True, compression_type="zstd")
    await producer.start()
    try:
        yield ErasureWriter(kafka, producer)
    finally:
        await producer.stop()


class ErasureWriter:
    """Writes what is to be forgotten."""

    def __init__(self, kafka: KafkaSettings, producer: AIOKafkaProducer) -> None:
        """Write through `producer`."""
        self._kafka = kafka
        self._topics = kafka.topics()
        self._producer = producer

    async def note(
        self, key: ErasureKey, names: Iterable[Identity], messages: Iterable[Message], since_ms: int
    ) -> None:
        """Note for good who and what is forgotten; durable when this returns."""
        records = [(topic_key("identity", key.identity(name)), Erasure(since_ms, key.id)) for name in names]
        for message in messages:
            called = key.known_as(record_key(*message))
            records.append((topic_key("message", called), Erasure(since_ms, key.id, called)))
        for topic_key_, value in records:
            await self._producer.send(self._topics.erasures, encode(value), topic_key_, 0)
        await self._producer.flush()

    async def ask(self, key: ErasureKey, messages: Iterable[Message], since_ms: int) -> None:
        """Ask the processors to forget messages; durable when this returns."""
        for message in messages:
            text = record_key(*message)
            stamp = RequestStamp("", 0, Kind.ERASE.value, since_ms)
            headers = [
                (HEADER_SOURCE, encode_source(SourceContext("", message.account, ""))),
                (HEADER_REQUEST, encode_request(stamp)),
            ]
            value = encode(ErasureRequest(key.known_as(text), since_ms))
            await self._producer.send(self._topics.raw, value, text, headers=headers)
        await self._producer.flush()

    async def hold(self, key: ErasureKey, names: Iterable[Identity], reason: str | None) -> None:
        """Hold identities back from being forgotten, or (None) hold them no more; durable when this returns."""
        for name in names:
            value = None if reason is None else encode(ErasureHold(time.time_ns() // 1_000_000, key.id, reason))
            await self._producer.send_and_wait(self._topics.erasures, value, topic_key("hold", key.identity(name)), 0)


async def bound_old_values(kafka: KafkaSettings, generation: int) -> bool:
    """Have old values of states compacted away in bounded time; return whether this principal may say so."""
    return await bound_compaction(kafka, kafka.topics(generation).message_state, COMPACTED_WITHIN_MS)
