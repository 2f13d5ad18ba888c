"""The spool's disk full, failing, read-only or partly unreadable, and everything answered 2xx in the log afterwards."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.means.failing_calls import FailingCalls
from tests.faults.means.small_disk import SmallDisk, small_disk
from tests.support.outage import OwnBroker, drained, found
from tests.support.polling import until
from tests.support.running_ingest import RunningIngest, StartIngest
from tests.support.webhook_posts import Traffic

pytestmark = [pytest.mark.long_fault, pytest.mark.needs_root, pytest.mark.timeout(180)]
BODY_BYTES = 20_000
SEGMENT = {"RECIBO_INGEST_SPOOL_SEGMENT_BYTES": "1048576"}
OBSERVED_S = 3.0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A small disk where ingest keeps its data."""
    with small_disk(tmp_path / "data", 8) as mounted:
        yield mounted


async def spooled(broker: OwnBroker, running: RunningIngest, source: str, seconds: float = 2.0) -> Traffic:
    """Post for a while with Kafka away."""
    traffic = Traffic(running, source, padding_bytes=BODY_BYTES)
    await traffic.run(seconds)
    return traffic


async def exact(broker: OwnBroker, running: RunningIngest, traffic: Traffic) -> None:
    """Bring Kafka back and find every event answered 2xx, under one request id."""
    await asyncio.to_thread(broker.end, "away")
    await drained(running)
    missing, renamed, _ = await found(running, traffic)
    assert (missing, renamed) == (0, 0)


async def test_a_full_disk(own_broker: OwnBroker, disk: SmallDisk, start_ingest: StartIngest, fresh_name: str) -> None:
    """Once the disk is full posts are 503; every one answered 204 before is in the log when Kafka is back."""
    own_broker.begin("away")
    running = start_ingest(own_broker.address, **SEGMENT)
    traffic = Traffic(running, fresh_name, padding_bytes=BODY_BYTES)
    posting = asyncio.create_task(traffic.run())

    async def is_full() -> bool:
        return 503 in traffic.answers.values()

    await until(is_full, "a full disk", s_max=60)
    traffic.stop()
    await posting
    assert set(traffic.answers.values()) == {204, 503}
    await exact(own_broker, running, traffic)


@pytest.mark.needs_tool("gcc")
async def test_a_disk_that_fails(
    own_broker: OwnBroker, tmp_path: Path, start_ingest: StartIngest, fresh_name: str
) -> None:
    """While writes or syncs fail posts are 503; once they do not it spools again, and every 204 is kept."""
    failing = FailingCalls(tmp_path / "library", ".spool")
    own_broker.begin("away")
    running = start_ingest(own_broker.address, **failing.environ, **SEGMENT)
    traffic = Traffic(running, fresh_name)
    for calls in (("fdatasync",), ("write",), ("write", "fdatasync")):
        await traffic.run(0.7)
        failing.fail(*calls)
        traffic._stopping = False
        before = len(traffic.answers)
        await traffic.run(0.7)
        during = [status for number, status in traffic.answers.items() if number > before + traffic.connections]
        assert set(during) == {503}, calls
        failing.heal()
        traffic._stopping = False
    await traffic.run(0.7)
    assert traffic.answers[max(traffic.answers)] == 204, "it takes events again"
    await exact(own_broker, running, traffic)


async def test_a_read_only_disk_while_draining(
    own_broker: OwnBroker, disk: SmallDisk, start_ingest: StartIngest, fresh_name: str
) -> None:
    """Segments that cannot be deleted are drained once; they go when the disk is writable again."""
    own_broker.begin("away")
    running = start_ingest(own_broker.address, **SEGMENT)
    traffic = await spooled(own_broker, running, fresh_name)
    assert set(traffic.answers.values()) <= {204, 503}, "503 where the small disk was full already"
    disk.make_read_only(running.folder / "data")
    try:
        await asyncio.to_thread(own_broker.end, "away")

        async def all_there() -> bool:
            return (await found(running, traffic))[0] == 0

        await until(all_there, "every event in the log", s_max=60, every_s=0.5)
        await asyncio.sleep(OBSERVED_S)  # an endless repetition shows itself
        _, renamed, copies = await found(running, traffic)
        assert renamed == 0
        assert copies <= len(traffic.acknowledged), "each is appended again at most once"
    finally:
        disk.make_writable(running.folder / "data")


@pytest.mark.needs_tool("gcc")
async def test_one_unreadable_segment(
    own_broker: OwnBroker, tmp_path: Path, start_ingest: StartIngest, fresh_name: str
) -> None:
    """A segment whose bytes cannot be read keeps no other from the log, and is drained once it can be."""
    own_broker.begin("away")
    running = start_ingest(own_broker.address, **SEGMENT)
    traffic = await spooled(own_broker, running, fresh_name)
    running.kill()
    oldest, *others = sorted((tmp_path / "data").rglob("*.spool"))
    assert others, "more than one segment"
    failing = FailingCalls(tmp_path / "library", oldest.name)
    failing.fail("read")
    running.environ = {**running.environ, **failing.environ}
    await asyncio.to_thread(own_broker.end, "away")
    await asyncio.to_thread(running.start)
    held = oldest.stat().st_size // BODY_BYTES + 1

    async def the_others_are_there() -> bool:
        return (await found(running, traffic))[0] <= held

    await until(the_others_are_there, "the other segments in the log", s_max=60, every_s=0.5)
    failing.heal()
    running.kill()
    await asyncio.to_thread(running.start)
    await drained(running)
    assert (await found(running, traffic))[:2] == (0, 0)
