"""The real line beside the naive implementation: records appended past ingest, topics and tables read back."""

import json
from collections.abc import Iterable, Iterator
from typing import Final

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord

from deploy.demo.read_tables import TableReader
from runtime.kafka.consumer import Consumer
from schemas.topics import RAW, Topics
from tests.differential.compare import PUBLISHED, Published
from tests.differential.naive import RANKS, Fields, Naive, rows
from tests.faults.processors.raw_log import append
from tests.faults.processors.traffic import RawRecord

_PLAIN: Final = (
    *("status", "seen", "conflict", "delivered_inferred", "provider", "sources", "connection_id", "recipient"),
    *("recipient_kind", "client_ref", "campaign", "aliases", "absurd_time", "first_received_ms", "last_received_ms"),
)
"""Facts that a row of a message has under the same name."""


async def append_hostile(bootstrap: str, records: Iterable[RawRecord]) -> None:
    """Append records to the raw log as no ingest would write them; the broker gives them their times."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        partitions = await producer.partitions_for(RAW)
        await append(producer, records, len(partitions))


async def whole_topic(bootstrap: str, topic: str) -> list[ConsumerRecord]:
    """Return every record of a topic."""
    consumer = Consumer(bootstrap_servers=bootstrap, max_partition_fetch_bytes=8 << 20)
    await consumer.start()
    found: list[ConsumerRecord] = []
    try:
        await consumer._client.set_topics([topic])
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
            while await consumer.position(partition) < ends[partition]:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += records
    finally:
        await consumer.stop()
    return found


async def read_published(bootstrap: str, generation: int) -> Published:
    """Return what the processors have published."""
    topics, found = Topics(generation), Published()
    for topic in (topics.message_events, topics.connection_events):
        found.events += [(record.key, json.loads(record.value)) for record in await whole_topic(bootstrap, topic)]
    for record in await whole_topic(bootstrap, topics.set_aside):
        found.set_aside.append((record.key or b"", json.loads(record.value)))
    for topic, states in ((topics.message_state, found.messages), (topics.connection_state, found.connections)):
        states |= {record.key: record.value for record in await whole_topic(bootstrap, topic) if record.value}
    return found


def table_differences(reader: TableReader, naive: Naive) -> list[str]:
    """Return every way in which the tables are not what the naive implementation says."""
    return [*_rows(reader, naive), *_outcomes(reader, naive)]


def _rows(reader: TableReader, naive: Naive) -> Iterator[str]:
    wanted = {name: _as_row(facts) for name, facts in rows(naive.lives).items()}
    found = {(row["account"], row["message_id"]): row for row in reader.rows("message")}
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found or name not in wanted:
            yield f"message {name}: {'no row' if name in wanted else 'a row of nothing'}"
            continue
        for field, right in wanted[name].items():
            if (found[name][field] or None) != (right or None):
                yield f"message {name}: {field} is {found[name][field]!r}, and {right!r} is right"


def _as_row(facts: Fields) -> Fields:
    failure = facts.get("failure", {})
    row = {name: facts.get(name) for name in _PLAIN}
    row |= {f"failure_{name}": failure.get(name) for name in ("status", "category", "code", "title")}
    return row | {f"{status}_ms": facts["first_at_ms"].get(status) for status in RANKS}


def _outcomes(reader: TableReader, naive: Naive) -> Iterator[str]:
    """Compare which coordinate has which outcome, in the tables of events and of what was set aside."""
    wanted = {
        (place, outcome.outcome, outcome.event.id if outcome.event else "")
        for place, outcome in naive.outcomes.items()
        if outcome.event is None or outcome.event.message_id or outcome.outcome not in PUBLISHED
    }
    found = [
        ((row["log_partition"], row["log_offset"]), row["outcome"], row["event_id"])
        for name in ("message_event", "webhook_set_aside")
        for row in reader.rows(name)
    ]
    for one in sorted(wanted ^ set(found)):
        yield f"outcome {one}: {'missing' if one in wanted else 'of nothing'}"
    if len(found) != len(set(found)):
        yield f"{len(found) - len(set(found))} outcomes are there twice"
