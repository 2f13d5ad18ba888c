"""A record that breaks its parser stops its lane three times; then its key waits, and everything else continues."""

import json
from typing import Any

from operations.quarantine import release_held
from runtime.kafka.settings import KafkaSettings
from schemas.topics import Topics
from tests.faults.processors.raw_log import TopicReader
from tests.faults.processors.scene import Scene
from tests.faults.processors.traffic import START_MS, RawRecord
from tests.integration.processors.conftest import MakeWorker, until_held
from tests.support.raw import event_record

PARTITIONS = 2
BREAKING = ("tests.faults.processors.breaking_worker", "poison")


def records(message: str, *statuses: str, first: int, **fields: Any) -> list[RawRecord]:
    """Return raw records of one message; `first` numbers the event ids."""
    made = (event_record(first + i, message, status, **fields) for i, status in enumerate(statuses))
    return [RawRecord(r.key, r.value, list(r.headers), START_MS) for r in made]


async def outcomes(reader: TopicReader) -> list[tuple[str, str]]:
    """Return (message key, outcome) of what is new in the outputs. A lane that stops publishes some of it twice."""
    found = {}
    for record in await reader.read():
        document = json.loads(record.value)
        raw = document.get("data", {}).get("raw") or document
        outcome = document.get("outcome") or document["data"]["outcome"]
        found[raw["partition"], raw["offset"]] = record.key.decode(), outcome
    return list(found.values())


async def test_a_held_key_waits_wherever_its_partition_goes(kafka_bootstrap: str, make_worker: MakeWorker) -> None:
    """A record that breaks three times holds its key back, also on another host; what was held is decided once released."""
    async with Scene(kafka_bootstrap, seed=1, partitions=PARTITIONS) as scene:
        topics = Topics(scene.generation)
        reader = TopicReader(kafka_bootstrap, (topics.message_events, topics.set_aside), PARTITIONS)
        await reader.start()
        first, other = make_worker(scene), make_worker(scene, "elsewhere")
        try:
            await scene.append(records("sick", "queued", first=0))
            await scene.append(records("sick", "created", first=1, campaign="poison" + "x" * 1_500_000))
            await scene.append(records("sick", "read", first=2))
            for number in range(20):
                await scene.append(records(f"sound-{number}", "queued", "read", first=100 + 2 * number))
            first.start(module=BREAKING)
            await scene.until_done()
            await until_held(first, 1)
            assert first.end() == 0
            found = await outcomes(reader)
            assert sorted(outcome for key, outcome in found if key == "acme/sick") == sorted(
                ("advanced", "quarantined", "quarantined")
            )
            assert sum(outcome == "advanced" for key, outcome in found if key != "acme/sick") == 40

            await scene.append(records("sick", "delivered", first=3))
            other.start()
            await scene.until_done()
            assert await outcomes(reader) == [("acme/sick", "quarantined")]

            released = await release_held(KafkaSettings(kafka_bootstrap), scene.generation, answer_s_max=20.0)
            assert (released.appended, released.unanswered) == (3, [])
            await scene.until_done()
            assert await outcomes(reader) == [
                ("acme/sick", "advanced"),
                ("acme/sick", "advanced"),
                ("acme/sick", "filled"),
            ]
            assert other.end() == 0
        finally:
            await reader.stop()
