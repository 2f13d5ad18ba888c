"""Seeding a generation's state topics from the previous one's, before anything is folded into them.

Run twice it writes the same seeds again, which changes nothing while no worker has begun.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from operations.generation import agreed
from operations.repair import published
from operations.repair.plan import Plan
from operations.repair.seed import ALL_OLDER, Published, needs_events, seed_connection, seed_message
from operations.repair.steps import Begin
from runtime.kafka.clients import make_consumer, make_producer
from schemas import connection_state, message_state
from schemas.deployment_state import DeploymentState
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


async def seed_generation(plan: Plan, begin: Begin, partitions: int) -> int:
    """Write into the new generation's state topics what the old one knows from before the log; return how many.

    Args:
        plan: the repair.
        begin: from where the generation is folded.
        partitions: of the old generation's state topics.
    """
    current = await agreed(plan.kafka)
    others = _of_other_logs(current, plan.old, is_recreated=begin.is_recreated)
    consumer = make_consumer(plan.kafka, "recibo-operator", enable_auto_commit=False, auto_offset_reset="earliest")
    producer = make_producer(
        plan.kafka, "recibo-operator", acks="all", compression_type="zstd", max_request_size=MAX_RECORD_BYTES
    )
    await consumer.start()
    try:
        await producer.start()
        written = 0
        for kind in _kinds(plan):
            for partition in range(partitions):
                where = TopicPartition(kind.topic, partition)
                start = ALL_OLDER if begin.is_recreated else begin.starts.get(partition, 0)
                to = None if begin.is_recreated else partition  # the log may have another partition count by now
                async for records, done, end in _records(consumer, where):
                    seeds = _seeds(plan, kind, records, where, (start, others))
                    written += await _send(producer, kind, to, seeds)
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


def _of_other_logs(state: DeploymentState, old: int, *, is_recreated: bool) -> list[int]:
    """Return the generations whose offsets mean nothing in the raw log that is folded now."""
    known = state.raw.get(old)
    return [
        generation
        for generation, raw in state.raw.items()
        if (is_recreated and generation <= old) or (known is not None and not raw.is_of(known))
    ]


async def _send(producer: AIOKafkaProducer, kind: _Kind, partition: int | None, seeds: Iterable[_Seed]) -> int:
    sent = [
        await producer.send(kind.seeded_topic, value, key, partition=partition, timestamp_ms=at_ms)
        for key, value, at_ms in seeds
    ]
    for acknowledged in sent:
        await acknowledged
    return len(sent)


def _seeds(
    plan: Plan, kind: _Kind, records: Sequence[Any], where: TopicPartition, since: tuple[int, Sequence[int]]
) -> list[_Seed]:
    """Return the seeds of a stretch of states. The last state of a key counts.

    `since` is the partition's first offset that is folded again, and the generations whose offsets are another log's.
    """
    start, others = since
    last = {record.key: record for record in records}
    states = {key: kind.decode(record.value) if record.value is not None else None for key, record in last.items()}
    both = [state for state in states.values() if state is not None and needs_events(state, start)]
    events: Mapping[published.Subject, list[Published]] = {}
    if both:
        since_ms = min(state.anchor_ms for state in both)
        events = kind.events_of(
            [kind.subject(state) for state in both], published.Where(where.partition, since_ms, others)
        )
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
