"""What the processors hold back, of any host, and its release: all of it in the topic `processors.holds`.

The command only asks. Where a stretch ends is for the partition's owner to say; then what was held in it is appended to
the raw log again, and that is noted.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaProducer

from operations.sources.log_reader import LogReader, reading
from runtime.kafka.clients import make_producer
from runtime.kafka.settings import KafkaSettings
from schemas.hold import Hold, HoldAt, Release, decode_hold, decode_release, encode, read_key, release_key
from schemas.topics import MAX_RECORD_BYTES, Topics

ANSWER_S_MAX: Final = 15.0
"""A worker that has the partition looks every second."""
_POLL_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A hold, and what was asked of it."""

    at: HoldAt
    hold: Hold
    release: Release | None

    @property
    def is_redriven(self) -> bool:
        """Whether what it held back is in the log again."""
        return self.release is not None and self.release.redriven


class Released(NamedTuple):
    """What a release did."""

    appended: int
    """Records appended to the raw log again."""
    unanswered: list[HeldKey]
    """Holds that no worker has ended yet."""


async def held_keys(kafka: KafkaSettings, generation: int) -> list[HeldKey]:
    """Return all that a generation's processors hold back or held. Raises DeploymentError."""
    topics = kafka.topics(generation)
    async with reading(kafka, topics.holds) as reader:
        return await _held_keys(reader, topics)


async def release_held(kafka: KafkaSettings, generation: int, answer_s_max: float = ANSWER_S_MAX) -> Released:
    """Ask for every hold to end, and append what those that ended had held to the raw log again.

    It may be run again after an interruption; then it does what is left.

    Args:
        kafka: the cluster.
        generation: whose holds.
        answer_s_max: how long a worker may take to end them.
    """
    topics = kafka.topics(generation)
    appended = 0
    async with _producer(kafka) as producer, reading(kafka, topics.holds) as reader:
        for held in await _held_keys(reader, topics):
            if held.release is None:
                await _note(producer, topics, held.at, Release())
        waiting = await _until_answered(reader, topics, answer_s_max)
        ended = [held for held in waiting if held.hold.until is not None]
        if ended:
            async with reading(kafka, topics.raw) as log:
                for held in ended:
                    appended += await _redrive(log, producer, topics.raw, held)
                    await _note(producer, topics, held.at, Release(redriven=True))
    return Released(appended, [held for held in waiting if held.hold.until is None])


async def _until_answered(reader: LogReader, topics: Topics, s_max: float) -> list[HeldKey]:
    """Return the holds that are not yet re-driven, once all are ended or the wait is over."""
    deadline = time.monotonic() + s_max
    while True:
        waiting = [held for held in await _held_keys(reader, topics) if not held.is_redriven]
        if all(held.hold.until is not None for held in waiting) or time.monotonic() > deadline:
            return waiting
        await asyncio.sleep(_POLL_S)


async def _held_keys(reader: LogReader, topics: Topics) -> list[HeldKey]:
    holds: dict[HoldAt, Hold] = {}
    releases: dict[HoldAt, Release] = {}
    async for records in reader.since(0):
        for record in records:
            _take(record, holds, releases)
    mine = sorted((at, hold) for at, hold in holds.items() if at.generation == topics.generation and hold.is_held)
    return [HeldKey(at, hold, releases.get(at)) for at, hold in mine]


def _take(record: Any, holds: dict[HoldAt, Hold], releases: dict[HoldAt, Release]) -> None:
    at, is_release = read_key(record.key)
    if record.value is None:
        (releases if is_release else holds).pop(at, None)
    elif is_release:
        releases[at] = decode_release(record.value)
    else:
        holds[at] = decode_hold(record.value)


async def _redrive(log: LogReader, producer: AIOKafkaProducer, raw: str, held: HeldKey) -> int:
    assert held.hold.until is not None, "ended before it is re-driven"
    key, appended = bytes.fromhex(held.hold.key), 0
    async for record in log.at(raw, held.at.partition, range(held.at.offset, held.hold.until)):
        if (record.key or b"") == key:
            await producer.send_and_wait(raw, record.value, record.key, held.at.partition, headers=list(record.headers))
            appended += 1
    return appended


async def _note(producer: AIOKafkaProducer, topics: Topics, at: HoldAt, release: Release) -> None:
    await producer.send_and_wait(topics.holds, encode(release), release_key(at), at.partition)


@asynccontextmanager
async def _producer(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaProducer]:
    producer = make_producer(
        kafka,
        "recibo-operator",
        acks="all",
        enable_idempotence=True,
        compression_type="zstd",
        max_request_size=2 * MAX_RECORD_BYTES,  # the broker judges the compressed size, as it did the first time
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()
