"""Kafka away, paused, and ingest killed in the middle: every acknowledged event is in the raw log afterwards.

`make bench NAME=outage` does the same at full length and prints the figures.
"""

import asyncio
import time
from collections.abc import Iterator

import orjson
import pytest

from operations.topics import create_missing
from schemas.topics import REQUESTS
from tests.support.outage import MEDIAN_MS_MAX, Figures, How, OwnBroker, drained, found, outage
from tests.support.running_ingest import StartIngest, records_of
from tests.support.webhook_posts import Traffic

OUTAGE_S = 5.0

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnBroker]:
    broker = OwnBroker(tmp_path_factory.mktemp("broker"))
    broker.start()
    asyncio.run(create_missing(broker.address, 1, 4))
    yield broker
    broker.stop()


def assert_nothing_lost(figures: Figures) -> None:
    assert figures.missing == 0, "acknowledged, and not in the log"
    assert figures.renamed == 0, "a second copy keeps its request id"


async def test_kafka_away_under_load(own_broker: OwnBroker, start_ingest: StartIngest, fresh_name: str) -> None:
    """While Kafka is away every post is answered 204 quickly from the synced spool, which drains when it is back."""
    running = start_ingest(own_broker.address)
    traffic = Traffic(running, fresh_name)
    figures = await outage(own_broker, running, traffic, "away", OUTAGE_S)
    assert_nothing_lost(figures)
    assert figures.not_204 == 0
    assert figures.median_ms <= MEDIAN_MS_MAX
    requests = await records_of(running.bootstrap_servers, REQUESTS, fresh_name)
    assert {orjson.loads(r.value)["stored"] for r in requests} == {"log", "spool"}
    assert len({r.key for r in requests}) == len(traffic.answers), "each answer has its record"


async def test_kafka_paused_under_load(own_broker: OwnBroker, start_ingest: StartIngest, fresh_name: str) -> None:
    """While Kafka hangs without closing a connection, posts go to the spool after the deadline, then at once."""
    running = start_ingest(own_broker.address)
    figures = await outage(own_broker, running, Traffic(running, fresh_name), "paused", OUTAGE_S)
    assert_nothing_lost(figures)
    assert figures.not_204 == 0
    assert figures.median_ms <= MEDIAN_MS_MAX
    assert figures.slowest_ms < 2_000, "nobody waits for Kafka much longer than the deadline"


@pytest.mark.parametrize("how", ["away", "paused"])
async def test_ingest_killed_in_an_outage(
    own_broker: OwnBroker, start_ingest: StartIngest, fresh_name: str, how: How
) -> None:
    """Ingest killed while it spools: the next process adopts the spool, and every acknowledged event is found."""
    running = start_ingest(own_broker.address)
    assert_nothing_lost(await outage(own_broker, running, Traffic(running, fresh_name), how, OUTAGE_S, kills=2))


async def test_ingest_killed_under_load(own_broker: OwnBroker, start_ingest: StartIngest, fresh_name: str) -> None:
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
    await drained(running)
    missing, renamed, _copies = await found(running, traffic)
    assert (missing, renamed) == (0, 0)


async def test_sigterm_answers_what_is_in_flight(
    own_broker: OwnBroker, start_ingest: StartIngest, fresh_name: str
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
    missing, renamed, _copies = await found(running, traffic)
    assert (missing, renamed) == (0, 0)
    requests = await records_of(running.bootstrap_servers, REQUESTS, fresh_name)
    assert len({r.key for r in requests}) >= len(traffic.answers), "each answer has its record"
