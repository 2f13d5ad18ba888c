"""Kafka away, paused, and ingest killed in the middle: every acknowledged event is in the raw log afterwards.

`RECIBO_TEST_OUTAGE_SECONDS` (default 5) makes the outages longer: the bars are 60 away and 30 paused.
"""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from deploy.local.broker import broker_program
from deploy.local.child import Child
from deploy.local.ports import HOST, free_port
from deploy.topics import create_missing
from schemas.record import decode_request
from schemas.topics import RAW, REQUESTS
from tests.integration.ingest.conftest import StartIngest
from tests.integration.ingest.running_ingest import RunningIngest, records_of
from tests.integration.ingest.traffic import Traffic
from tests.servers import CACHE

OUTAGE_S = float(os.environ.get("RECIBO_TEST_OUTAGE_SECONDS", "5"))
DRAINED_S_MAX = 60.0
_READY_S_MAX = 60.0

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180 + 4 * OUTAGE_S)]


class Broker:
    """A broker of this module's own, that can be taken away, paused and brought back with its data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self.address = f"{HOST}:{self._port}"
        self._child: Child | None = None

    def start(self) -> None:
        """Start it, with the data it has, and return when it is ready."""
        program = broker_program(self._folder / "kafka", CACHE, self._port, starts_fast=True)
        self._child = Child(program, self._folder / "kafka.log")
        self._child.start()
        self._child.wait_ready(_READY_S_MAX)

    def kill(self) -> None:
        """SIGKILL, and no restart."""
        assert self._child is not None
        self._child._stopping.set()
        self._child.kill()
        self._child.stop()

    def pause(self, number: signal.Signals) -> None:
        """SIGSTOP or SIGCONT."""
        assert self._child is not None
        assert self._child.pid is not None
        os.killpg(self._child.pid, number)

    def stop(self) -> None:
        """End it."""
        if self._child is not None:
            self._child.stop()


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = Broker(tmp_path_factory.mktemp("broker"))
    broker.start()
    asyncio.run(create_missing(broker.address, 1, 4))
    yield broker
    broker.stop()


async def assert_all_found(running: RunningIngest, source: str, traffic: Traffic) -> None:
    """Every event answered 2xx is in the raw log, under one request id each, however many copies there are."""
    records = await records_of(running.bootstrap_servers, RAW, source)
    request_ids: dict[int, set[str]] = {}
    for record in records:
        number = int(orjson.loads(record.value)["event_id"].split("-")[1])
        request_ids.setdefault(number, set()).add(decode_request(dict(record.headers)["request"]).request_id)
    assert traffic.acknowledged, "there was traffic"
    assert traffic.acknowledged - request_ids.keys() == set(), "acknowledged, and not in the log"
    assert {n for n, ids in request_ids.items() if len(ids) > 1} == set(), "a second copy keeps its request id"


async def wait_drained(running: RunningIngest) -> float:
    """Return how many seconds it took until the spool was empty."""
    began = time.monotonic()
    while True:
        state = running.ready()
        if state["kafka"] == "takes records" and state["spool_fill"] == 0 and state["spool_age_s"] == 0:
            return time.monotonic() - began
        assert time.monotonic() - began < DRAINED_S_MAX, state
        await asyncio.sleep(0.1)


async def test_kafka_away_under_load(own_broker: Broker, start_ingest: StartIngest, fresh_name: str) -> None:
    """While Kafka is away every post is answered 204 quickly from the synced spool, which drains when it is back."""
    running = start_ingest(own_broker.address)
    running.wait_for_kafka()
    traffic = Traffic(running, fresh_name)
    posting = asyncio.create_task(traffic.run(OUTAGE_S + 4))
    await asyncio.sleep(1)
    await asyncio.to_thread(own_broker.kill)
    away_since = time.monotonic()
    await asyncio.sleep(OUTAGE_S)
    median_ms = traffic.median_ms(away_since)
    assert running.ready()["kafka"] == "away"
    await asyncio.to_thread(own_broker.start)
    await posting
    drained_s = await wait_drained(running)
    print(f"{len(traffic.answers)} answers, median away {median_ms:.1f} ms, drained in {drained_s:.1f} s")  # noqa: T201
    assert set(traffic.answers.values()) == {204}
    assert median_ms <= 250
    await assert_all_found(running, fresh_name, traffic)
    requests = await records_of(running.bootstrap_servers, REQUESTS, fresh_name)
    assert {orjson.loads(r.value)["stored"] for r in requests} == {"log", "spool"}
    assert len({r.key for r in requests}) == len(traffic.answers), "each answer has its record"


async def test_kafka_paused_under_load(own_broker: Broker, start_ingest: StartIngest, fresh_name: str) -> None:
    """While Kafka hangs without closing a connection, posts go to the spool after the deadline, then at once."""
    running = start_ingest(own_broker.address)
    running.wait_for_kafka()
    traffic = Traffic(running, fresh_name)
    posting = asyncio.create_task(traffic.run(OUTAGE_S + 3))
    await asyncio.sleep(1)
    own_broker.pause(signal.SIGSTOP)
    paused_since = time.monotonic()
    await asyncio.sleep(OUTAGE_S)
    median_ms = traffic.median_ms(paused_since)
    own_broker.pause(signal.SIGCONT)
    await posting
    drained_s = await wait_drained(running)
    print(f"{len(traffic.answers)} answers, median paused {median_ms:.1f} ms, drained in {drained_s:.1f} s")  # noqa: T201
    assert set(traffic.answers.values()) == {204}
    assert median_ms <= 250
    assert max(took for _, took in traffic.seconds) < 2, "nobody waits for Kafka much longer than the deadline"
    await assert_all_found(running, fresh_name, traffic)


@pytest.mark.parametrize("how", ["away", "paused"])
async def test_ingest_killed_in_an_outage(
    own_broker: Broker, start_ingest: StartIngest, fresh_name: str, how: str
) -> None:
    """Ingest killed while it spools: the next process adopts the spool, and every acknowledged event is found."""
    running = start_ingest(own_broker.address)
    running.wait_for_kafka()
    traffic = Traffic(running, fresh_name)
    posting = asyncio.create_task(traffic.run(OUTAGE_S + 6))
    await asyncio.sleep(1)
    if how == "away":
        await asyncio.to_thread(own_broker.kill)
    else:
        own_broker.pause(signal.SIGSTOP)
    await asyncio.sleep(OUTAGE_S / 2)
    running.kill()
    await asyncio.to_thread(running.start)
    await asyncio.sleep(OUTAGE_S / 2)
    running.kill()
    if how == "away":
        await asyncio.to_thread(own_broker.start)
    else:
        own_broker.pause(signal.SIGCONT)
    await asyncio.to_thread(running.start)
    await posting
    await wait_drained(running)
    await assert_all_found(running, fresh_name, traffic)


async def test_ingest_killed_under_load(own_broker: Broker, start_ingest: StartIngest, fresh_name: str) -> None:
    """Ingest killed again and again while Kafka takes records: what was acknowledged is in the log."""
    running = start_ingest(own_broker.address)
    running.wait_for_kafka()
    traffic = Traffic(running, fresh_name, pause_s=0)
    posting = asyncio.create_task(traffic.run(8))
    for _ in range(3):
        await asyncio.sleep(0.7)
        running.kill()
        await asyncio.to_thread(running.start)
    await posting
    await wait_drained(running)
    await assert_all_found(running, fresh_name, traffic)


async def test_sigterm_answers_what_is_in_flight(
    own_broker: Broker, start_ingest: StartIngest, fresh_name: str
) -> None:
    """On SIGTERM under load ingest answers what is in flight, exits within ten seconds, and loses nothing."""
    running = start_ingest(own_broker.address)
    running.wait_for_kafka()
    traffic = Traffic(running, fresh_name, pause_s=0)
    posting = asyncio.create_task(traffic.run(3))
    await asyncio.sleep(1.5)
    began = time.monotonic()
    code = await asyncio.to_thread(running.stop)
    assert code == 0, running.log
    assert time.monotonic() - began <= 10
    await posting
    assert set(traffic.answers.values()) == {204}
    await assert_all_found(running, fresh_name, traffic)
    requests = await records_of(running.bootstrap_servers, REQUESTS, fresh_name)
    assert len({r.key for r in requests}) >= len(traffic.answers), "each answer has its record"
