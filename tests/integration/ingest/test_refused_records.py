"""What a real broker refuses of a batch is found; the rest is in the log once and in order, and other partitions notice nothing."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from ingest.durable.kafka_log import KafkaLog, Outcome
from ingest.log_record import LogRecord
from ingest.settings import Settings
from runtime.kafka.consumer import Consumer
from runtime.kafka.settings import KafkaSettings
from schemas.partitioner import partition_of
from tests.conftest import MakeTopic

RECORD_BYTES_MAX = 20_000
PARTITIONS = 3

pytestmark = pytest.mark.timeout(120)
Open = Callable[[str], Awaitable[KafkaLog]]


@pytest.fixture
async def open_log(kafka_bootstrap: str, tmp_path: Path) -> AsyncIterator[Open]:
    """A function that opens a log on one topic, with a patient deadline; closed at the end."""
    logs: list[KafkaLog] = []

    async def opened(topic: str) -> KafkaLog:
        settings = Settings(kafka=KafkaSettings(kafka_bootstrap), data_dir=tmp_path, kafka_deadline_ms=10_000)
        log = await KafkaLog.open(settings, [topic], lambda: None)
        logs.append(log)
        return log

    yield opened
    for log in logs:
        await log.close()


async def values_of(bootstrap: str, topic: str, partitions: int) -> list[bytes]:
    """Return all values of a topic, partition by partition."""
    by_partition = await values_by_partition(bootstrap, topic, partitions)
    return [value for values in by_partition.values() for value in values]


async def values_by_partition(bootstrap: str, topic: str, count: int = PARTITIONS) -> dict[int, list[bytes]]:
    """Return all values of a topic in the order of their offsets."""
    consumer = Consumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(count)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        values: dict[int, list[bytes]] = {partition.partition: [] for partition in partitions}
        for partition in partitions:
            while await consumer.position(partition) < ends[partition]:
                for tp, records in (await consumer.getmany(timeout_ms=200)).items():
                    values[tp.partition] += [bytes(record.value or b"") for record in records]
        return values
    finally:
        await consumer.stop()


def incompressible(number: int, size: int) -> LogRecord:
    return LogRecord(b"k%d" % number, b"%06d" % number + os.urandom(size - 6), [("request", b"r%d" % number)])


async def test_a_large_record_is_found_and_all_others_are_in_the_log_once_in_order(
    kafka_bootstrap: str, make_topic: MakeTopic, open_log: Open
) -> None:
    """A batch above the topic's own limit is divided; only records above it are refused, in every partition, batch after batch."""
    topic = await make_topic(partitions=PARTITIONS, config={"max.message.bytes": str(RECORD_BYTES_MAX)})
    log = await open_log(topic)
    sent: dict[int, list[bytes]] = {number: [] for number in range(PARTITIONS)}
    for round_ in range(5):
        records = [incompressible(1000 * round_ + n, 3 * RECORD_BYTES_MAX if n % 37 == 5 else 600) for n in range(150)]
        outcome = await log.append(topic, records, is_patient=True)
        assert not outcome.away
        assert sorted(record.value for record, _why in outcome.refused) == sorted(
            record.value for record in records if len(record.value) > RECORD_BYTES_MAX
        )
        assert all("MessageSizeTooLarge" in why for _record, why in outcome.refused)
        for record in records:
            if len(record.value) <= RECORD_BYTES_MAX:
                sent[partition_of(record.key, PARTITIONS)].append(record.value)
    assert await values_by_partition(kafka_bootstrap, topic) == sent
    assert not log.failed.is_set()
    assert log.is_well


async def test_other_partitions_notice_nothing(kafka_bootstrap: str, make_topic: MakeTopic, open_log: Open) -> None:
    """While one partition is sent what is refused again and again, what others are sent is in the log once and in order."""
    topic = await make_topic(partitions=PARTITIONS, config={"max.message.bytes": str(RECORD_BYTES_MAX)})
    log = await open_log(topic)
    keys = {partition_of(b"k%d" % n, PARTITIONS): b"k%d" % n for n in range(50)}
    is_done = asyncio.Event()

    async def refused_again_and_again() -> list[Outcome]:
        outcomes = [await log.append(topic, [LogRecord(keys[0], os.urandom(50_000), [])]) for _ in range(60)]
        is_done.set()
        return outcomes

    async def healthy(partition: int) -> list[bytes]:
        sent: list[bytes] = []
        while not is_done.is_set():
            values = [b"%d" % (len(sent) + n) for n in range(5)]
            outcome = await log.append(topic, [LogRecord(keys[partition], value, []) for value in values])
            assert outcome == Outcome()
            sent += values
        return sent

    outcomes, one, two = await asyncio.gather(refused_again_and_again(), healthy(1), healthy(2))
    assert [len(outcome.refused) for outcome in outcomes] == [1] * 60
    assert await values_by_partition(kafka_bootstrap, topic) == {0: [], 1: one, 2: two}
    assert len(one) > 50


async def test_a_new_epoch_loses_nothing_where_the_first_answer_was_lost(
    kafka_bootstrap: str, make_topic: MakeTopic, open_log: Open
) -> None:
    """A batch that is in the log although it was answered with an error is no reason to drop the next as its copy."""
    topic = await make_topic(partitions=PARTITIONS)
    log = await open_log(topic)
    key = next(b"k%d" % n for n in range(50) if partition_of(b"k%d" % n, PARTITIONS) == 0)
    assert await log.append(topic, [LogRecord(key, b"first", [])]) == Outcome()
    log._begin_new_epoch()  # as after an answer that was none of success, of a batch that was written all the same
    assert await log.append(topic, [LogRecord(key, b"second", [])]) == Outcome()
    assert (await values_by_partition(kafka_bootstrap, topic))[0] == [b"first", b"second"]


async def test_numbers_taken_back_would_lose_a_record(
    kafka_bootstrap: str, make_topic: MakeTopic, open_log: Open
) -> None:
    """Why a new epoch, and no numbers taken back: under the numbers of a batch that is there the next is dropped, as success."""
    topic = await make_topic(partitions=PARTITIONS)
    log = await open_log(topic)
    key = next(b"k%d" % n for n in range(50) if partition_of(b"k%d" % n, PARTITIONS) == 0)
    assert await log.append(topic, [LogRecord(key, b"first", [])]) == Outcome()
    log._producer._txn_manager.increment_sequence_number(TopicPartition(topic, 0), -1)
    assert await log.append(topic, [LogRecord(key, b"second", [])]) == Outcome()
    assert (await values_by_partition(kafka_bootstrap, topic))[0] == [b"first"]
