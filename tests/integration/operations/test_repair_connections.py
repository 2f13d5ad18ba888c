"""`recibo repair` brings back what a connection reported after its old journal was full."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from processors.fold import CONNECTION
from processors.understand import understand
from runtime.kafka.consumer import Consumer
from schemas import connection_state
from schemas.connection_state import decode as decode_state
from schemas.event import Event, RawReference, decode_cloud_event, encode_cloud_event
from schemas.message_state import JOURNAL_MAX, JournalEntry
from schemas.providers import PROVIDERS
from schemas.record import (
    HEADER_REQUEST,
    HEADER_SOURCE,
    RequestStamp,
    SetAside,
    SourceContext,
    encode_request,
    encode_source,
)
from schemas.status import Outcome
from schemas.topics import RAW, Topics
from tests.faults.processors.raw_log import TopicReader, partition_of
from tests.support.deployment import PARTITIONS, Deployment, make_log, running_deployment
from tests.support.raw import raw_record
from tests.support.servers import clickhouse_server, kafka_server

REPORTS = 500
BEGIN_MS = (time.time_ns() // 1_000_000_000 - 7 * 24 * 60 * 60) * 1000
"""Whole seconds, and within retention: the broker deletes what is older while the test runs."""
KEY = b"acme/c1"
PARTITION = partition_of(KEY, PARTITIONS)
CONTEXT = SourceContext("loja", "acme", "wpp_marketing")
PARSER = PROVIDERS["wpp_marketing"].parser(None)
REPORTED = "SELECT count(), uniqExact(event_id) FROM"


def record_of(number: int) -> Any:
    """Return the raw record of report `number`, at the offset of the same number."""
    stamp = RequestStamp(f"{number:032x}", 0, "single", BEGIN_MS + number * 60_000)
    body = {
        "event": "logout",
        "event_id": f"e{number}",
        "connection_id": "c1",
        "occurred_at": BEGIN_MS // 1000 + number * 60,
    }
    given = ((HEADER_SOURCE, encode_source(CONTEXT)), (HEADER_REQUEST, encode_request(stamp)))
    return raw_record(number, KEY, msgspec.json.encode(body), given, stamp.received_at_ms)


def as_it_was_folded(records: list[Any]) -> Iterator[tuple[str, bytes, int]]:
    """Yield (topic, value, time) of what a worker made of the records before connections had a ring: 64 events, then silence."""
    topics, state = Topics(1), None
    for record in records:
        stamp = RequestStamp(f"{record.offset:032x}", 0, "single", record.timestamp)
        event = understand(record, CONTEXT, stamp, lambda *_: PARSER)
        assert isinstance(event, Event)
        state = state or connection_state.absent(event, record.timestamp)
        connection_state.join(state, event)
        state.bookkeeping.version = record.offset
        if len(state.bookkeeping.journal) < JOURNAL_MAX:
            state.bookkeeping.journal.append(JournalEntry(event.id, record.offset, 1))
            state.bookkeeping.last_at_ms = record.timestamp
            raw = RawReference(PARTITION, record.offset, record.timestamp)
            value = encode_cloud_event(event, "advanced", stamp.request_id, 0, raw)
            yield topics.connection_events, value, record.timestamp
        else:
            aside = SetAside(
                partition=PARTITION,
                offset=record.offset,
                raw_at_ms=record.timestamp,
                outcome=Outcome.OVERFLOW,
                why="",
                source="loja",
                account="acme",
                provider="wpp_marketing",
                request_id=stamp.request_id,
                index=0,
                received_at_ms=record.timestamp,
                event_id=event.id,
            )
            yield topics.set_aside, msgspec.json.encode(aside), record.timestamp
        yield topics.connection_state, CONNECTION.encode(state), record.timestamp


async def write_old_deployment(kafka: str) -> None:
    """Write a raw log of 500 reports, the topics that generation 1 made of them, and its group's commit."""
    await make_log(kafka)
    records = [record_of(number) for number in range(REPORTS)]
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all") as producer:
        for record in records:
            await producer.send(
                RAW, record.value, KEY, PARTITION, timestamp_ms=record.timestamp, headers=list(record.headers)
            )
        for topic, value, at_ms in as_it_was_folded(records):
            await producer.send(topic, value, KEY, PARTITION, timestamp_ms=at_ms)
        await producer.flush()
    group = Consumer(bootstrap_servers=kafka, group_id="recibo-processors-g1", enable_auto_commit=False)
    await group.start()
    group.assign([TopicPartition(RAW, partition) for partition in range(PARTITIONS)])
    await group.commit({TopicPartition(RAW, p): REPORTS if p == PARTITION else 0 for p in range(PARTITIONS)})
    await group.stop()


async def values_of(kafka: str, topic: str) -> list[bytes]:
    """Return what a topic holds."""
    reader = TopicReader(kafka, (topic,), PARTITIONS)
    await reader.start()
    try:
        return [record.value for record in await reader.read()]
    finally:
        await reader.stop()


async def until_projected(deployment: Deployment) -> None:
    """Wait until every report has its outcome in the tables."""
    deployment.appended = {PARTITION: [(0, "")] * REPORTS}
    await deployment.until_projected()


@pytest.mark.timeout(300)
def test_reports_silenced_by_a_full_journal_come_back(tmp_path: Path) -> None:
    """Of 500 reports the old generation published 64; after the repair topic, table and views have all of them, once."""
    with kafka_server() as kafka, clickhouse_server() as url:
        asyncio.run(write_old_deployment(kafka))
        with running_deployment(kafka, url, tmp_path) as d:
            asyncio.run(until_projected(d))
            assert d.rows(f"{REPORTED} recibo.logouts") == [(JOURNAL_MAX, JOURNAL_MAX)]
            d.repaired("--yes")
            asyncio.run(until_projected(d))
            events = [decode_cloud_event(value) for value in asyncio.run(values_of(kafka, Topics(2).connection_events))]
            assert [event.id for event in events] == [f"e{number}/logout" for number in range(REPORTS)]
            for place in ("recibo_store.connection_event FINAL", "recibo.logouts", "recibo.connection_history"):
                assert d.rows(f"{REPORTED} {place}") == [(REPORTS, REPORTS)], place
            state = decode_state(asyncio.run(values_of(kafka, Topics(2).connection_state))[-1])
            assert state.bookkeeping.journal[-1].event_id == f"e{REPORTS - 1}/logout"
            assert state.status_at_ms == BEGIN_MS + (REPORTS - 1) * 60_000
