"""A record that breaks its parser stops the worker three times; then its key waits, and everything else continues."""

import json
from typing import Any

from processors.quarantine import Quarantine
from schemas.topics import Topics
from tests.faults.processors.raw_log import TopicReader, partition_of
from tests.faults.processors.scene import Scene
from tests.faults.processors.traffic import START_MS, RawRecord
from tests.faults.processors.worker import WorkerProcess
from tests.integration.processors.conftest import MakeWorker
from tests.support.raw import event_record

PARTITIONS = 2
BREAKING = ("tests.faults.processors.breaking_worker", "poison")


def records(message: str, *statuses: str, first: int, **fields: Any) -> list[RawRecord]:
    """Return raw records of one message; `first` numbers the event ids."""
    made = (event_record(first + i, message, status, **fields) for i, status in enumerate(statuses))
    return [RawRecord(r.key, r.value, list(r.headers), START_MS) for r in made]


async def outcomes(reader: TopicReader) -> list[tuple[str, str]]:
    """Return (message key, outcome) of what is new in the outputs. A worker that stops publishes some of it twice."""
    found = {}
    for record in await reader.read():
        document = json.loads(record.value)
        raw = document.get("data", {}).get("raw") or document
        outcome = document.get("outcome") or document["data"]["outcome"]
        found[raw["partition"], raw["offset"]] = record.key.decode(), outcome
    return list(found.values())


async def test_stops_three_times_then_goes_on(kafka_bootstrap: str, make_worker: MakeWorker) -> None:
    """The fourth start quarantines the key from that record on; a released key is processed again."""
    async with Scene(kafka_bootstrap, seed=1, partitions=PARTITIONS) as scene:
        topics = Topics(scene.generation)
        reader = TopicReader(kafka_bootstrap, (topics.message_events, topics.set_aside), PARTITIONS)
        await reader.start()
        worker = make_worker(scene)
        try:
            await scene.append(records("sick", "queued", first=0))
            await scene.append(records("sick", "created", first=1, campaign="poison"))
            await scene.append(records("sick", "read", first=2))
            for number in range(20):
                await scene.append(records(f"sound-{number}", "queued", "read", first=100 + 2 * number))
            for _ in range(3):
                worker.start(module=BREAKING)
                await scene.until_ended_or_done(worker)
                assert worker.code() == 1, worker.log_tail()
                assert "cannot be processed" in worker.log_file.read_text()
            worker.start(module=BREAKING)
            await scene.until_done()
            worker.end()
            found = await outcomes(reader)
            assert sorted(outcome for key, outcome in found if key == "acme/sick") == sorted(
                ("advanced", "quarantined", "quarantined")
            )
            assert sum(outcome == "advanced" for key, outcome in found if key != "acme/sick") == 40
            await released_goes_on(scene, worker, reader)
        finally:
            await reader.stop()


async def released_goes_on(scene: Scene, worker: WorkerProcess, reader: TopicReader) -> None:
    """After `release` the key's next record is decided from the state that it had."""
    partition = partition_of(b"acme/sick", PARTITIONS)
    folder = worker.data_dir / "state" / f"g{scene.generation}" / f"worker-{worker.name}"
    log_end = (await scene.ends())[partition]
    quarantine = Quarantine(folder / "quarantine" / f"{partition}.json")
    quarantine.ask_release()
    quarantine.end_released(lambda: log_end)  # as the command does where no worker has the partition
    await scene.append(records("sick", "delivered", first=3))
    worker.start()
    await scene.until_done()
    worker.end()
    assert await outcomes(reader) == [("acme/sick", "advanced")]
