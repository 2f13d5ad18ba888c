"""Draining: in order, deleted only after acknowledgement, a bounded share of the time while others append."""

import asyncio
from pathlib import Path

from ingest.durable.kafka_log import Outcome
from ingest.durable.spool import Spool
from ingest.log_record import LogRecord
from tests.support.polling import until
from tests.support.spools import FakeLog, drain_to, draining_of, files, keys_on_disk, record, segments_to, spool_at


async def test_drained_in_order_and_deleted_only_after_acknowledgement(tmp_path: Path) -> None:
    """While Kafka is away nothing is deleted; when it is back all records go there and the files go away."""
    spool, kafka = spool_at(tmp_path), FakeLog()
    kafka.is_there = False
    for number in range(30):
        await spool.append("webhook.raw", [record(number)])
    draining = draining_of(spool, tmp_path, kafka)
    await asyncio.sleep(0.3)
    assert len(keys_on_disk(tmp_path)) == 30
    kafka.is_there = True

    async def is_empty() -> bool:
        return spool.size_bytes == 0

    await until(is_empty, "the spool to be empty", s_max=10)
    draining.cancel()
    assert kafka.taken == [b"k%d" % n for n in range(30)]
    assert keys_on_disk(tmp_path) == []
    await spool.close()


async def test_orphans_are_adopted_and_the_living_left_alone(tmp_path: Path) -> None:
    """A dead worker's directory is drained by another; a living one's is not touched."""
    dead, living, own = spool_at(tmp_path), spool_at(tmp_path), spool_at(tmp_path)
    await dead.append("webhook.raw", [record(1)])
    await living.append("webhook.raw", [record(2)])
    await dead.close()  # lets go of the lock, as the kernel does for a process that dies
    kafka = FakeLog()
    draining = draining_of(own, tmp_path, kafka)

    async def is_adopted() -> bool:
        return kafka.taken == [b"k1"] and keys_on_disk(tmp_path) == [b"k2"]

    await until(is_adopted, "the orphan to be adopted", s_max=10)
    draining.cancel()
    await living.close()
    await own.close()


async def test_only_damaged_bytes_are_kept(tmp_path: Path) -> None:
    """What can be read of a damaged segment is drained; the damaged record's bytes stay for people, and count."""
    spool, kafka = spool_at(tmp_path, segment_bytes=1_000_000), FakeLog()
    for number in range(3):
        await spool.append("webhook.raw", [record(number)])
    (path,) = files(tmp_path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    draining = draining_of(spool, tmp_path, kafka)

    async def is_empty() -> bool:
        return spool.size_bytes == 0

    await until(is_empty, "the spool to be empty", s_max=10)
    draining.cancel()
    assert kafka.taken == [b"k0", b"k2"]
    (kept,) = files(tmp_path, "damaged")
    assert kept.read_bytes() == bytes(data[len(data) // 3 : 2 * len(data) // 3]), "of three records of one size"
    await spool.look()
    assert spool.used_bytes == kept.stat().st_size == spool.kept_bytes[".damaged"]
    await spool.close()


async def test_orphans_are_drained_by_a_kafka_that_is_often_late(tmp_path: Path) -> None:
    """However often Kafka is late, every orphan is drained in the end, each record in order."""
    dead = [spool_at(tmp_path) for _ in range(3)]
    own, kafka = spool_at(tmp_path), FakeLog()
    for number, spool in enumerate(dead):
        await spool.append("webhook.raw", [record(number)])
    for spool in dead:
        await spool.close()
    kafka.late = 2
    draining = draining_of(own, tmp_path, kafka)

    async def are_drained() -> bool:
        return files(tmp_path) == []

    await until(are_drained, "the orphans to be drained", s_max=10)
    draining.cancel()
    assert kafka.taken == [b"k0", b"k1", b"k2"]
    await own.close()


async def test_little_is_drained_at_once(tmp_path: Path) -> None:
    """Large records are drained a few at a time, so that Kafka acknowledges them within the deadline."""
    spool, kafka = spool_at(tmp_path, bytes_max=100_000_000, segment_bytes=100_000_000), FakeLog()
    large = [LogRecord(b"k%d" % number, b"v" * 300_000, []) for number in range(20)]
    await spool.append("webhook.raw", large)
    draining = draining_of(spool, tmp_path, kafka)

    async def is_empty() -> bool:
        return spool.size_bytes == 0

    await until(is_empty, "the spool to be empty", s_max=10)
    draining.cancel()
    assert kafka.taken == [r.key for r in large]
    assert kafka.largest <= 600_000
    await spool.close()


async def test_the_share_is_kept_only_while_others_append(tmp_path: Path) -> None:
    """A tenth of the time is kept to where new posts come in between, and no pause is made where none come."""
    live, pauses = 0, []

    class SlowLog(FakeLog):
        async def append(self, _topic: str, _records: list[LogRecord]) -> Outcome:
            nonlocal live
            live += bool(comes)
            await asyncio.sleep(0.1)
            return Outcome()

    for comes in (False, True):
        spool = spool_at(tmp_path / str(comes))
        for number in range(3):
            await spool.append("webhook.raw", [record(number)])
        began_s = asyncio.get_running_loop().time()
        log = SlowLog()
        segments = segments_to(log, spool, share=0.1, appended=lambda: live)
        draining = asyncio.create_task(drain_to(log, spool, tmp_path / str(comes), segments).run())

        async def is_empty(spool: Spool = spool) -> bool:
            return spool.size_bytes == 0

        await until(is_empty, "the spool to be empty", s_max=10)
        pauses.append(asyncio.get_running_loop().time() - began_s)
        draining.cancel()
        await spool.close()
    assert pauses[1] - pauses[0] >= 0.5, (
        "nine times the tenth of a second that an append takes, less what load adds to either"
    )
