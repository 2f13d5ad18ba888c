"""One leader away, one record refused: the other partitions go on, nothing of theirs is spooled or appended twice."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import MessageSizeTooLargeError

from ingest.durable.log import DurableLog
from ingest.log_record import LogRecord
from ingest.metrics import IngestMetrics
from ingest.settings import Settings
from operations.topics import admin_of, create_missing, wait_for_leaders
from runtime.kafka.settings import KafkaSettings
from runtime.tasks import Tasks
from schemas.partitioner import partition_of
from schemas.topics import RAW, REQUESTS, declared
from tests.integration.ingest.test_refused_records import values_of
from tests.support.polling import until
from tests.support.two_brokers import FIRST, SECOND, TwoBrokers, two_brokers

PARTITIONS = 4
AWAY_S = 10.0
DEADLINE_MS = 1_500
"""Above what a busy machine alone takes: what is late is the broker that hangs."""

PROBE = bytes(51_200)

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def cluster() -> Iterator[TwoBrokers]:
    with two_brokers() as running:
        yield running


@asynccontextmanager
async def durable_log(kafka: KafkaSettings, data_dir: Path) -> AsyncIterator[DurableLog]:
    """Yield a durable log that is connected."""
    tasks = Tasks()
    settings = Settings(kafka=kafka, data_dir=data_dir, kafka_deadline_ms=DEADLINE_MS)
    log = DurableLog(settings, tasks, IngestMetrics())
    try:
        await until(lambda: is_true(log.is_connected), "Kafka")
        yield log
    finally:
        await log.close()
        await tasks.close()
    assert not tasks.deaths


async def is_true(holds: bool) -> bool:  # noqa: FBT001 - it is what is waited for
    return holds


async def led_by_both(kafka: KafkaSettings) -> None:
    """Make the topics of ingest as they are declared, their odd partitions the second broker's."""
    topics = [topic for topic in declared(kafka.topics()) if topic.name in {kafka.named(RAW), kafka.named(REQUESTS)}]
    leaders = {number: [SECOND if number % 2 else FIRST] for number in range(PARTITIONS)}
    async with admin_of(kafka) as admin:
        await admin.create_topics(
            [NewTopic(t.name, -1, -1, replica_assignments=leaders, topic_configs=t.config) for t in topics]
        )
        await wait_for_leaders(admin, [topic.name for topic in topics])


async def test_a_leader_away_spools_its_own_partitions_alone(
    cluster: TwoBrokers, fresh_name: str, tmp_path: Path
) -> None:
    """While one of two brokers hangs, its partitions' records are spooled, the other's go to the log, each once; all are drained."""
    kafka = KafkaSettings(cluster.bootstrap_servers, topic_prefix=f"{fresh_name}.")
    raw = f"{fresh_name}.{RAW}"
    await led_by_both(kafka)
    stored: dict[int, Counter[str]] = {number: Counter() for number in range(PARTITIONS)}
    took: dict[int, list[float]] = {number: [] for number in range(PARTITIONS)}
    sent = 0
    is_over = asyncio.Event()

    async def append(log: DurableLog) -> None:
        nonlocal sent
        while not is_over.is_set():
            value, began_s = b"%d" % sent, time.monotonic()
            sent += 1
            partition = partition_of(value, PARTITIONS)
            stored[partition][await log.append(RAW, [LogRecord(value, value, [])])] += 1
            took[partition].append(time.monotonic() - began_s)
            await asyncio.sleep(0.005)

    async with durable_log(kafka, tmp_path) as log:
        appending = [asyncio.create_task(append(log)) for _ in range(8)]
        await asyncio.sleep(1)
        cluster.pause_second()
        await asyncio.sleep(AWAY_S)
        assert {int(away.partition("[")[2].partition("]")[0]) % 2 for away in log.partitions_away} == {1}
        assert log.takes_records
        cluster.resume_second()
        await asyncio.sleep(2)
        is_over.set()
        await asyncio.gather(*appending)
        assert [stored[number]["spool"] for number in (0, 2)] == [0, 0], "of the broker that is there"
        assert min(stored[number]["spool"] for number in (1, 3)) > 50
        assert max(took[0] + took[2]) < DEADLINE_MS / 1000, "nobody waits for a broker that is not concerned"
        await until(lambda: is_true(log.spool.size_bytes == 0 and log.is_well), "the spool to be drained", s_max=60)
    values = Counter(await values_of(cluster.bootstrap_servers, raw, PARTITIONS))
    assert set(values) == {b"%d" % number for number in range(sent)}
    twice = [value for value, count in values.items() if count > 1]
    assert {partition_of(value, PARTITIONS) % 2 for value in twice} <= {1}, "only what was on its way to the one away"
    assert len(twice) <= sum(stored[1].values()) // 5


async def until_refused(bootstrap: str, topic: str, value: bytes) -> None:
    """Wait until every partition refuses a value: a broker answers that a limit is altered a moment before it holds."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:

        async def is_refused(partition: int) -> bool:
            try:
                await producer.send_and_wait(topic, value, partition=partition)
            except MessageSizeTooLargeError:
                return True
            return False

        for partition in range(PARTITIONS):
            await until(partial(is_refused, partition), "the limit")


async def test_a_refused_record_is_kept_and_all_others_reach_the_log(
    kafka_bootstrap: str, kafka_admin: AIOKafkaAdminClient, fresh_name: str, tmp_path: Path
) -> None:
    """A record above the topic's own limit is stored all the same, found once more when the spool is drained, and kept there."""
    kafka = KafkaSettings(kafka_bootstrap, topic_prefix=f"{fresh_name}.")
    await create_missing(kafka, 1, PARTITIONS)
    raw = f"{fresh_name}.{RAW}"
    limit = ConfigResource(ConfigResourceType.TOPIC, raw, {"max.message.bytes": "20000"})
    large = [LogRecord(b"large-%d" % n, os.urandom(51_200), []) for n in range(3)]
    small = [LogRecord(b"small-%d" % n, b"small-%d" % n, []) for n in range(100)]
    async with durable_log(kafka, tmp_path) as log:
        await kafka_admin.alter_configs([limit])  # while it is connected: to such a topic it would not connect
        await until_refused(kafka_bootstrap, raw, PROBE)
        where = await asyncio.gather(*(log.append(RAW, [record]) for record in [*small[:50], *large, *small[50:]]))
        assert Counter(where)["spool"] >= len(large)
        await until(lambda: is_true(log.spool.size_bytes == 0), "the spool to be drained", s_max=40)
        await log.spool.look()
        assert log.spool.kept_bytes[".refused"] > 3 * 51_200
        assert log.is_well
    values = await values_of(kafka_bootstrap, raw, PARTITIONS)
    assert sorted(value for value in values if value != PROBE) == sorted(record.value for record in small)
