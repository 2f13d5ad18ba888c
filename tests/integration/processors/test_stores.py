"""A worker's local stores: read on from where they are, built again where they are lost, refused where keys moved."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from rocksdict import Cache

from processors.changelog import recover
from processors.store import Identity, StateStore
from runtime.kafka.consumer import Consumer
from runtime.kafka.settings import KafkaSettings
from schemas.message_state import HORIZON_MS
from schemas.topics import RAW
from tests.conftest import MakeTopic
from tests.faults.processors.raw_log import make_topics
from tests.faults.processors.scene import Scene
from tests.faults.processors.worker import WorkerProcess
from tests.integration.processors.conftest import MakeWorker

RECOVERED = "recibo_processors_recovered_states_total"
RECORDS = "recibo_processors_records_total"


def state(version: int) -> bytes:
    """Return an encoded state, as far as recovery looks at it."""
    return b'{"_":[%d,1,[]]}' % version


def store_of(path: Path) -> StateStore:
    """Open a store of a changelog with one partition."""
    return StateStore(path, Identity("c", "t", 0, 1), Cache(1 << 20), 1 << 20)


@pytest.fixture
async def changelog(kafka_bootstrap: str, make_topic: MakeTopic) -> AsyncIterator[Any]:
    """A function that appends (key, version) pairs, None for a deletion, to a changelog partition; and its place."""
    topic = await make_topic(partitions=1)
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap)
    await producer.start()

    async def write(*pairs: tuple[bytes, int | None], at_ms: int | None = None) -> TopicPartition:
        for key, version in pairs:
            value = None if version is None else state(version)
            await producer.send_and_wait(topic, value, key, 0, timestamp_ms=at_ms)
        return TopicPartition(topic, 0)

    yield write
    await producer.stop()


async def recovered(
    bootstrap: str, store: StateStore, partition: TopicPartition
) -> tuple[int, dict[bytes, bytes], int]:
    """Recover; return the end, what must be written again, and how many records were read."""
    read = [0]
    end, hidden = await recover(KafkaSettings(bootstrap), store, partition, lambda done, _: read.append(done))
    return end, hidden, read[-1]


async def test_a_store_behind_reads_the_tail_alone(kafka_bootstrap: str, changelog: Any, tmp_path: Path) -> None:
    """Only what is past the store's offset is read."""
    partition = await changelog((b"a", 1), (b"b", 2), (b"a", 3))
    store = store_of(tmp_path / "s")
    store.apply([(b"a", state(1)), (b"b", state(2))], 1, 2)
    assert await recovered(kafka_bootstrap, store, partition) == (3, {}, 1)
    assert store.get([b"a", b"b"]) == [state(3), state(2)]
    store.close()


async def test_a_store_ahead_is_not_trusted(kafka_bootstrap: str, changelog: Any, tmp_path: Path) -> None:
    """A store that knows offsets its changelog does not have belongs to another one: it is read again from the start."""
    partition = await changelog((b"a", 1), (b"gone", 2), (b"gone", None))
    store = store_of(tmp_path / "s")
    store.apply([(b"a", state(9)), (b"foreign", state(9))], 3, 9)
    assert await recovered(kafka_bootstrap, store, partition) == (3, {}, 3)
    assert store.get([b"a", b"foreign", b"gone"]) == [state(1), None, None]
    store.close()


@pytest.mark.parametrize("known", [0, 3, 4])
async def test_a_late_foreign_record_hides_nothing(
    kafka_bootstrap: str, changelog: Any, tmp_path: Path, known: int
) -> None:
    """An older state that another worker wrote late does not count, wherever the store's own copy ends."""
    pairs = ((b"a", 1), (b"b", 2), (b"a", 7), (b"c", 8), (b"a", 3), (b"d", 9))
    partition = await changelog(*pairs)
    store = store_of(tmp_path / "s")
    for offset, (key, version) in enumerate(pairs[:known]):
        store.apply([(key, state(version))], offset, version)
    end, hidden, read = await recovered(kafka_bootstrap, store, partition)
    assert (end, hidden, read) == (6, {b"a": state(7)}, 6 - known)
    assert store.get([b"a", b"b", b"c", b"d"]) == [state(7), state(2), state(8), state(9)]
    store.close()


@pytest.mark.parametrize("known", [0, 2, 3])
async def test_a_late_deletion_deletes_nothing(
    kafka_bootstrap: str, changelog: Any, tmp_path: Path, known: int
) -> None:
    """A deletion stamped before its state could expire is another worker's, come late; one stamped after it counts."""
    versions = ((b"a", 1), (b"b", 2), (b"c", 3))
    await changelog(*versions)
    await changelog((b"a", None), at_ms=HORIZON_MS)
    partition = await changelog((b"b", None), at_ms=2 * HORIZON_MS)
    store = store_of(tmp_path / "s")
    for offset, (key, version) in enumerate(versions[:known]):
        store.apply([(key, state(version))], offset, version)
    end, hidden, _ = await recovered(kafka_bootstrap, store, partition)
    assert (end, hidden) == (5, {b"a": state(1)})
    assert store.get([b"a", b"b", b"c"]) == [state(1), None, state(3)]
    store.close()


async def finished_worker(scene: Scene, worker: WorkerProcess, records: int) -> tuple[float, float]:
    """Append, let the worker do it and end; return how many states it recovered and how many records it processed."""
    await scene.append(scene.traffic.records(records))
    worker.start()
    await scene.until_done()
    figures = worker.metric(RECOVERED), worker.metric(RECORDS)
    assert worker.end() == 0, worker.log_tail()
    return figures


@pytest.mark.timeout(300)
async def test_restart_and_lost_disk(kafka_bootstrap: str, make_worker: MakeWorker) -> None:
    """A restart with its disk recovers nothing it has; with its disk lost, all; and the outcomes do not differ."""
    async with Scene(kafka_bootstrap, seed=41, partitions=2) as scene:
        worker = make_worker(scene)
        assert (await finished_worker(scene, worker, 2000))[0] == 0
        assert (await finished_worker(scene, worker, 100))[0] == 0
        written = await scene.changelog_records()
        worker.lose_disk()
        assert (await finished_worker(scene, worker, 100))[0] == written
        await scene.check_finished()
        assert not scene.findings.differences


@pytest.mark.timeout(300)
async def test_another_partition_count_is_refused(kafka_bootstrap: str, make_worker: MakeWorker) -> None:
    """With the topics recreated with more partitions, the worker stops and says what to do; it deletes nothing."""
    async with Scene(kafka_bootstrap, seed=42, partitions=2) as scene:
        worker = make_worker(scene)
        await finished_worker(scene, worker, 500)
    await make_topics(kafka_bootstrap, scene.generation, 3)
    async with Scene(kafka_bootstrap, seed=42, generation=scene.generation, partitions=3) as grown:
        await grown.append(grown.traffic.records(5000))
        worker.start()
        await grown.until_ended_or_done(worker)
        assert worker.code() == 1
        log = worker.log_file.read_text()
        assert "recibo repair" in log
        assert "reset the group's offsets" not in log


@pytest.mark.timeout(300)
@pytest.mark.parametrize("committed", [1, 10_000], ids=["before its start", "beyond its end"])
async def test_offsets_out_of_the_log_are_refused(
    committed: int, kafka_bootstrap: str, kafka_admin: AIOKafkaAdminClient, make_worker: MakeWorker
) -> None:
    """Where committed offsets are no longer in the log, the worker stops with the remedy, and skips nothing silently."""
    async with Scene(kafka_bootstrap, seed=43, partitions=1) as scene:
        raw = TopicPartition(RAW, 0)
        await scene.append(scene.traffic.records(200))
        await kafka_admin.delete_records({raw: RecordsToDelete(before_offset=100)})
        group = Consumer(
            bootstrap_servers=kafka_bootstrap,
            group_id=f"recibo-processors-g{scene.generation}",
            enable_auto_commit=False,
        )
        await group.start()
        group.assign([raw])
        await group.commit({raw: committed})
        await group.stop()
        worker = make_worker(scene)
        worker.start()
        assert await worker.ended() == 1, worker.log_tail()
        said = worker.log_file.read_text()
        assert f"the group's commit is {committed}, and the log" in said
        assert "recibo repair" in said
