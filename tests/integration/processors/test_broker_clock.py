"""A broker whose clock was ahead: its times are in the raw log for good, and the processors go on."""

import time

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from schemas.topics import Topics
from tests.faults.processors.raw_log import TopicReader
from tests.faults.processors.scene import Scene
from tests.faults.processors.traffic import RawRecord
from tests.integration.processors.conftest import MakeWorker, alter_topics, until_ready
from tests.support.raw import event_record, headers

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def received_now(message: str, status: str, ahead_ms: int) -> RawRecord:
    """Return a record that came now, and that a broker stamped so far ahead."""
    now_ms = time.time_ns() // 1_000_000
    record = event_record(0, message, status, event_id=f"{message}-{status}", occurred_at=now_ms)
    given = [(name, value or b"") for name, value in headers(received_at_ms=now_ms)]
    return RawRecord(record.key, record.value, given, now_ms + ahead_ms)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("declared", [True, False], ids=["topics as declared", "topics altered under the worker"])
async def test_times_ahead_stop_nothing_and_delete_nothing(
    declared: bool,  # noqa: FBT001 - a case
    kafka_bootstrap: str,
    kafka_admin: AIOKafkaAdminClient,
    make_worker: MakeWorker,
) -> None:
    """Records 2 hours and 47 days ahead are decided, their states stay, and no state of before is taken for absent."""
    async with Scene(kafka_bootstrap, seed=51, partitions=1) as scene:
        topics = Topics(scene.generation)
        derived = (topics.message_state, topics.message_events, topics.set_aside)
        reader = TopicReader(kafka_bootstrap, derived, 1)
        await reader.start()
        try:
            worker = make_worker(scene)
            worker.start({"RECIBO_PROCESSORS_SWEEP_INTERVAL_S": "0"})
            await until_ready(worker)
            if not declared:
                await alter_topics(kafka_admin, derived, {"message.timestamp.after.max.ms": str(HOUR_MS)})
            await scene.append([received_now("before", "queued", 0)])
            await scene.append(
                [received_now("ahead", "queued", 2 * HOUR_MS), received_now("far", "queued", 47 * DAY_MS)]
            )
            await scene.until_done()
            await scene.append([received_now("before", "read", 0), received_now("before", "queued", 0)])
            await scene.until_done()
            assert worker.end() == 0, worker.log_tail()
            found = await reader.read()
        finally:
            await reader.stop()
        assert not [record for record in found if record.value is None], "nothing is deleted"
        outcomes = [record.topic for record in found if record.topic != topics.message_state]
        assert sorted(outcomes) == sorted([topics.message_events] * 4 + [topics.set_aside])
        assert {record.key for record in found} == {b"acme/before", b"acme/ahead", b"acme/far"}
