"""A record whose state Kafka refuses is set aside with its key, and everything else goes on."""

import json
import secrets

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from schemas.topics import Topics
from tests.faults.processors.raw_log import TopicReader
from tests.faults.processors.scene import Scene
from tests.faults.processors.traffic import RawRecord
from tests.integration.processors.conftest import MakeWorker, alter_topics, until_held, until_ready
from tests.support.raw import event_record

SOUND = 6
STATE_BYTES_MAX = 600
"""A batch of all the sound states compresses to 370 bytes, the large one to 1,100."""


def record_of(message: str, status: str, campaign: str = "") -> RawRecord:
    """Return a raw record."""
    made = event_record(0, message, status, event_id=f"{message}-{status}", campaign=campaign, client_ref=campaign)
    return RawRecord(made.key, made.value, list(made.headers), made.timestamp)


@pytest.mark.timeout(180)
async def test_a_state_too_large_for_its_topic(
    kafka_bootstrap: str, kafka_admin: AIOKafkaAdminClient, make_worker: MakeWorker
) -> None:
    """The one record is found by halves and quarantined with what follows of its key; the worker lives."""
    async with Scene(kafka_bootstrap, seed=52, partitions=1) as scene:
        topics = Topics(scene.generation)
        smaller = {"cleanup.policy": "compact", "max.message.bytes": str(STATE_BYTES_MAX)}
        reader = TopicReader(kafka_bootstrap, (topics.message_events, topics.set_aside), 1)
        await reader.start()
        try:
            sound = [record_of(f"sound-{number}", "queued") for number in range(SOUND)]
            large = record_of("large", "queued", secrets.token_urlsafe(380))
            worker = make_worker(scene)
            worker.start()
            await until_ready(worker)
            await alter_topics(kafka_admin, [topics.message_state], smaller)
            await scene.append([*sound[:3], large, *sound[3:], record_of("large", "read")])
            await scene.until_done()
            await until_held(worker, 1)
            assert worker.is_ready()
            assert worker.end() == 0, worker.log_tail()
            found = {}
            for record in await reader.read():
                document = json.loads(record.value)
                raw = document.get("data", {}).get("raw") or document
                found[raw["offset"]] = document.get("outcome") or document["data"]["outcome"]
        finally:
            await reader.stop()
        assert [found[offset] for offset in sorted(found)] == [
            *["advanced"] * 3,
            "quarantined",
            *["advanced"] * 3,
            "quarantined",
        ]
