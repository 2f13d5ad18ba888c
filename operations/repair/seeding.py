"""Seeding a generation's state topics from the previous one's, before anything is folded into them.

Run twice it writes the same seeds again, which changes nothing while no worker has begun.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from operations.repair import published
from operations.repair.plan import Plan
from operations.repair.seed import Published, needs_events, seed_connection, seed_message
from runtime.kafka.clients import make_consumer, make_producer
from schemas import connection_state, message_state
from schemas.topics import MAX_RECORD_BYTES

_AT_ONCE: Final = 20_000
_POLL_MS: Final = 200

_Seed = tuple[bytes, bytes | None, int]
"""Key, value (None deletes), timestamp ms."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What differs between messages and connections."""

    name: str
    topic: str
    seeded_topic: str
    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]
    seed: Callable[..., Any]
    events_of: Callable[..., Mapping[published.Subject, list[Published]]]
    subject: Callable[[Any], published.Subject]


def _kinds(plan: Plan) -> tuple[_Kind, _Kind]:
    old, new = plan.old_topics, plan.topics
    return (
        _Kind(
            "message states",
            old.message_state,
            new.message_state,
            message_state.decode,
            message_state.encode,
            seed_message,
            partial(published.of_messages, plan.client, plan.store),
            lambda state: (state.account, state.message_id),
        ),
        _Kind(
            "connection states",
            old.connection_state,
            new.connection_state,
            connection_state.decode,
            connection_state.encode,
            seed_connection,
            partial(published.of_connections, plan.client, plan.store),
            lambda state: (state.account, state.connection_id),
        ),
    )


async def seed_generation(plan: Plan, starts: Mapping[int, int]) -> int:
    """Write into the new generation's state topics what the old one knows from before `starts`; return how many.

    Args:
        plan: the repair.
        starts: raw partition → first offset that will be folded again.
    """
    consumer = make_consumer(plan.kafka, "recibo-operator", enable_auto_commit=False, auto_offset_reset="earliest")
    producer = make_producer(
        plan.kafka, "recibo-operator", acks="all", compression_type="zstd", max_request_size=MAX_RECORD_BYTES
    )
    await consumer.start()
    try:
        await producer.start()
        written = 0
        for kind in _kinds(plan):
            for partition, start in starts.items():
                where = TopicPartition(kind.topic, partition)
                async for records, done, end in _records(consumer, where):
                    written += await _send(producer, kind, partition, _seeds(plan, kind, records, where, start))
                    plan.progress(f"seeding {kind.name}", done, end)
        return written
    finally:
        await producer.stop()
        await consumer.stop()


async def _records(consumer: AIOKafkaConsumer, where: TopicPartition) -> AsyncIterator[tuple[list[Any], int, int]]:
    """Yield a partition's records up to its present end, with how far that is and where it ends."""
    consumer.assign([where])
    position = (await consumer.beginning_offsets([where]))[where]
    end = (await consumer.end_offsets([where]))[where]
    while position < end:
        records = (await consumer.getmany(where, timeout_ms=_POLL_MS, max_records=_AT_ONCE)).get(where, [])
        position = await consumer.position(where)
        yield records, position, end


async def _send(producer: AIOKafkaProducer, kind: _Kind, partition: int, seeds: Iterable[_Seed]) -> int:
    sent = [
        await producer.send(kind.seeded_topic, value, key, partition=partition, timestamp_ms=at_ms)
        for key, value, at_ms in seeds
    ]
    for acknowledged in sent:
        await acknowledged
    return len(sent)


def _seeds(plan: Plan, kind: _Kind, records: Sequence[Any], where: TopicPartition, start: int) -> list[_Seed]:
    """Return the seeds of a stretch of states. The last state of a key counts."""
    last = {record.key: record for record in records}
    states = {key: kind.decode(record.value) if record.value is not None else None for key, record in last.items()}
    both = [state for state in states.values() if state is not None and needs_events(state, start)]
    events: Mapping[published.Subject, list[Published]] = {}
    if both:
        since_ms = min(state.anchor_ms for state in both)
        events = kind.events_of([kind.subject(state) for state in both], where.partition, since_ms)
    found: list[_Seed] = []
    for key, state in states.items():
        at_ms = last[key].timestamp
        if state is None:
            found.append((key, None, at_ms))
            continue
        own = [event for event in events.get(kind.subject(state), ()) if event.at_ms >= state.anchor_ms]
        seeded = kind.seed(state, start, plan.old, own)
        if seeded is not None:
            found.append((key, kind.encode(seeded), at_ms))
    return found
