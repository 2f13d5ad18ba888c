"""`recibo repair`: a parser that called an error a delivery for an hour, fixed from a log that lost its older half."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from operations.generation import agreed
from runtime.kafka.settings import KafkaSettings
from runtime.kafka.topic_check import look_at
from schemas.deployment_state import LiveGeneration
from schemas.status import BIT
from schemas.topics import RETENTION_MS, derived
from tests.support.deployment import WRONG_WORD, Deployment, make_log, running_deployment
from tests.support.servers import clickhouse_server, kafka_server

DAY_MS = 24 * 60 * 60 * 1000
HOUR_MS = 60 * 60 * 1000
THIS_MONDAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(
    days=datetime.now(UTC).weekday()
)
NEW, MIDDLE, OLD = (round((THIS_MONDAY - timedelta(days=days)).timestamp() * 1000) for days in (7, 14, 21))
"""Mondays."""
CUT = MIDDLE + 3 * DAY_MS
"""From here on the log is kept."""
THE_HOUR = NEW + 2 * DAY_MS
STATUS = {"fila": "queued", "entregue": "delivered", "lida": "read", "erro": "error", WRONG_WORD: "error"}
Story = tuple[str, str, int]


async def live(deployment: Deployment) -> LiveGeneration:
    """Return which generation counts."""
    return (await agreed(KafkaSettings(deployment.kafka))).live


async def retentions(deployment: Deployment, generation: int) -> list[str]:
    """Return how long the topics of a generation that are no tables of states keep their records: as Kafka says it."""
    kafka = KafkaSettings(deployment.kafka)
    topics = [topic for topic in derived(kafka.topics(generation)) if topic.config["cleanup.policy"] == "delete"]
    found = (await look_at(kafka, "test", topics)).topics
    return [(found[topic.name].config or {})["retention.ms"] for topic in topics]


def week(monday_ms: int) -> str:
    return str(datetime.fromtimestamp(monday_ms / 1000, UTC).date())


def stories(run: str, from_ms: int, messages: int, *words: str) -> list[Story]:
    """Return messages reported in these words, a minute apart."""
    return [
        (f"{run}-{number}", word, from_ms + number * 1_000 + place * 60_000)
        for place, word in enumerate(words)
        for number in range(messages)
    ]


HISTORY = sorted(
    [
        *stories("old", OLD, 8, "fila", "entregue"),
        *stories("before", MIDDLE, 8, "fila", "entregue", "lida"),
        *stories("both", CUT - 2_000_000, 8, "fila"),
        *stories("both", CUT + 2_000_000, 8, WRONG_WORD),
        *stories("after", CUT + 3_000_000, 8, "fila", WRONG_WORD),
        *stories("good", NEW, 12, "fila", "entregue", "lida"),
        *stories("good", NEW + HOUR_MS, 12, "entregue"),
        *stories("failed", NEW + 2 * HOUR_MS, 6, "fila", "erro"),
        *stories("hour", THE_HOUR, 10, "fila", WRONG_WORD),
    ],
    key=lambda story: story[2],
)


@pytest.fixture
def d(tmp_path: Path) -> Iterator[Deployment]:
    """A running deployment on a broker and an engine of the test's own: topics and databases have their usual names."""
    with kafka_server() as kafka, clickhouse_server() as url:
        asyncio.run(make_log(kafka))
        with running_deployment(kafka, url, tmp_path) as running:
            yield running


@asynccontextmanager
async def arriving(deployment: Deployment) -> AsyncIterator[list[Story]]:
    """Let messages arrive while this is entered; gives what arrived."""
    arrived: list[Story] = []
    leaving = asyncio.Event()

    async def arrive() -> None:
        number = 0
        while not leaving.is_set():
            number += 1
            now = time.time_ns() // 1_000_000
            few = [(f"live-{number}", "fila", now), (f"live-{number}", WRONG_WORD, now + 1)]
            await deployment.append(few)
            arrived.extend(few)
            await asyncio.sleep(0.1)

    task = asyncio.create_task(arrive())
    try:
        yield arrived
    finally:
        leaving.set()  # not cancelled: what is appended is reported
        await task


def seen(told: list[Story]) -> dict[str, int]:
    """Return what is true of each message: the mask of its statuses."""
    masks: Counter[str] = Counter()
    for message_id, status in {(message_id, STATUS[word]) for message_id, word, _ in told}:
        masks[message_id] += BIT[status]
    return dict(masks)


@pytest.mark.timeout(300)
async def test_a_status_goes_down_and_nothing_older_changes(d: Deployment, tmp_path: Path) -> None:
    """After kills at every stage the corrected status is in topic, tables and views; older weeks are byte for byte the same."""
    await d.append(HISTORY)
    await d.until_projected()
    assert d.rows("SELECT count() FROM recibo.messages WHERE message_id LIKE 'hour%' AND status = 'delivered'") == [
        (10,)
    ]
    first = await d.states(1)
    await d.delete_before(CUT)
    d.merge()
    untouched = d.parts(week(OLD)), d.parts(week(MIDDLE))
    d.mend()
    async with arriving(d) as arrived:
        for step in ("seeding", "folding", "projecting"):
            await asyncio.to_thread(d.killed_at, step, "--compare-only")
        printed = await asyncio.to_thread(d.repaired, "--compare-only")
        assert "delivered" in printed
        assert await live(d) == LiveGeneration()
        assert set(await retentions(d, 2)) == {"-1"}, "nothing may go before it is in the tables"
        for step in ("last of", "replacing"):
            await asyncio.to_thread(d.killed_at, step, "--yes")
        assert await live(d) == LiveGeneration(1, switching_to=2)
        await asyncio.to_thread(d.repaired, "--yes")
    assert await live(d) == LiveGeneration(2)
    assert set(await retentions(d, 2)) == {str(RETENTION_MS)}
    await d.until_projected()

    truth = seen(HISTORY + arrived)
    second = await d.states(2)
    assert {name: state.seen for name, state in second.items()} == truth
    older = {name for name in truth if name.startswith(("old", "before"))}
    assert all(second[name].seeded_from == 1 for name in older)
    assert all(second[name].bookkeeping == first[name].bookkeeping for name in older)
    assert {n for n, state in second.items() if state.seeded_from} == older | {n for n in truth if n.startswith("both")}

    assert d.parts(week(OLD)) == untouched[0]
    assert d.parts(week(MIDDLE)) == untouched[1]
    masks = dict(d.rows("SELECT message_id, seen FROM recibo.messages"))
    in_middle = {name for name in truth if name.startswith(("both", "after"))}
    assert {n: mask for n, mask in masks.items() if n not in in_middle} == {
        n: mask for n, mask in truth.items() if n not in in_middle
    }
    assert {masks[name] for name in in_middle} == {BIT["queued"] + BIT["delivered"]}, "an untouched week keeps its rows"
    counts = d.rows("SELECT sum(without_outcome), sum(with_several_outcomes) FROM recibo.completeness")
    assert counts == [(0, 0)]
    of_week = "SELECT DISTINCT toMonday(at), generation FROM recibo.outcomes ORDER BY 1"
    generations = {str(monday): generation for monday, generation in d.rows(of_week)}
    assert generations == {
        week(OLD): 1,
        week(MIDDLE): 1,
        week(NEW): 2,
        str(THIS_MONDAY.date()): 2,
    }
    assert "switched" in await asyncio.to_thread(d.repaired, "--status", "--generation", "1")
    await asyncio.to_thread(d.restart)
    assert await live(d) == LiveGeneration(2)
    await d.append([("after-restart", "lida", time.time_ns() // 1_000_000)])
    await d.until_projected()


@pytest.mark.timeout(300)
async def test_an_archive_takes_the_place_of_seeds(d: Deployment, tmp_path: Path) -> None:
    """With what the log has lost in an archive, every message is folded again, and every week is fixed."""
    archive = str(tmp_path / "archive")
    await d.append(HISTORY)
    await d.until_projected()
    await asyncio.to_thread(d.archived, archive)
    await d.delete_before(CUT)
    d.mend()
    await asyncio.to_thread(d.killed_at, "folding the archive", "--archive", archive, "--compare-only")
    printed = await asyncio.to_thread(d.repaired, "--archive", archive, "--yes")
    assert "left untouched" not in printed
    await d.until_projected()
    truth = seen(HISTORY)
    second = await d.states(2)
    assert {name: state.seen for name, state in second.items()} == truth
    assert not any(state.seeded_from for state in second.values())
    assert dict(d.rows("SELECT message_id, seen FROM recibo.messages")) == truth
    assert d.rows("SELECT DISTINCT generation FROM recibo.outcomes") == [(2,)]
    counts = d.rows("SELECT sum(without_outcome), sum(with_several_outcomes) FROM recibo.completeness")
    assert counts == [(0, 0)]
