"""The fold, and the whole line, against a second implementation that knows only the design.

`make faults ARGS="--only second --rounds 50"` compares more seeds.
"""

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.read_tables import TableReader
from deploy.demo.run import post_all
from deploy.demo.sources import OWN_SOURCES
from deploy.demo.traffic import generate
from schemas.providers import PROVIDERS
from schemas.providers.provider import Parser
from schemas.record import SourceContext
from schemas.topics import RAW
from tests.differential.compare import differences
from tests.differential.live import append_hostile, read_published, table_differences, whole_topic
from tests.differential.naive import Naive
from tests.differential.product import published
from tests.faults.matrix.size import first_seed, rounds
from tests.faults.processors.raw_log import partition_of
from tests.faults.processors.traffic import RawRecord, Traffic
from tests.properties.test_replay import CHOICES, STATUSES, log_of
from tests.support.line import Line, quiet, running_line
from tests.support.offline_line import SOURCES, StoredRecord, run_offline
from tests.support.polling import until

PARTITIONS = 3
RECORDS = 1_500
DAY_MS = 86_400_000
LEAPS_MS = (*(0,) * 40, -60 * DAY_MS, 60 * DAY_MS, 6 * DAY_MS)
"""How far the broker's clock is off when a record is appended."""
DENSE_LOGS = 100
START_MS = 1_773_144_000_000
LIVE_EVENTS = 500
SETTLED_S_MAX = 60.0


def hostile_log(seed: int, records: int) -> list[StoredRecord]:
    """Return a raw log of hostile traffic; time leaps over the horizon twice, and the broker's clock now and then."""
    traffic, rng = Traffic(seed), random.Random(seed)
    told: list[RawRecord] = []
    for _ in range(3):
        told += traffic.records(records // 3)
        traffic.leap()
    return placed(record._replace(at_ms=record.at_ms + rng.choice(LEAPS_MS)) for record in told)


def placed(told: Iterable[RawRecord]) -> list[StoredRecord]:
    """Return records where Kafka would have put them."""
    offsets = [itertools.count() for _ in range(PARTITIONS)]
    found = []
    for record in told:
        partition = partition_of(record.key, PARTITIONS)
        offset, headers = next(offsets[partition]), tuple(record.headers)
        found.append(StoredRecord(partition, offset, record.at_ms, record.key, record.value, headers))  # type: ignore[arg-type]
    return found


@cache
def _parser_of(provider: str) -> Parser:
    return PROVIDERS[provider].parser(None)


def default_parser(context: SourceContext) -> Parser:
    return _parser_of(context.provider)


def demo_parser(context: SourceContext) -> Parser:
    known = SOURCES.get(context.source)
    return known.parser if known else default_parser(context)


def found_differences(log: list[Any], parser_of: Any, seed: int) -> list[str]:
    naive = Naive(parser_of)
    for record in log:
        naive.read(record)
    assert len({outcome.outcome for outcome in naive.outcomes.values()}) >= 4, "the traffic is worth comparing"
    at_ms = {(record.partition, record.offset): record.timestamp for record in log}
    made = published(log, parser_of, random.Random(seed))
    return list(differences(naive, made, at_ms))


@pytest.mark.parametrize("kind", ["hostile", "demo"])
def test_topics_are_those_of_the_naive_one(kind: str) -> None:
    """Events, outcomes and states of seeded traffic, however it is cut into batches, are what the design says."""
    for seed in range(first_seed(), first_seed() + rounds(1)):
        if kind == "hostile":
            log, parser_of = hostile_log(seed, RECORDS), default_parser
        else:
            traffic = generate(seed, RECORDS, OWN_SOURCES, f"7{seed:06d}", START_MS)
            log, parser_of = run_offline(traffic, START_MS)[2], demo_parser
        assert found_differences(log, parser_of, seed) == [], f"seed {seed}"


def test_an_event_left_out_is_published_where_it_is_selected() -> None:
    """Of short logs of few events, told by a source that leaves them out and by one that does not, in any order."""
    later = 0
    for seed in range(first_seed(), first_seed() + rounds(1) * DENSE_LOGS):
        rng = random.Random(seed)
        choices = [rng.randrange(CHOICES) for _ in range(80)]  # whom to forget is no event
        log = log_of([choice for choice in choices if STATUSES[choice % len(STATUSES)] != "forget"])
        naive = Naive(default_parser)
        for record in log:
            naive.read(record)
        later += sum(len(told) > 1 for life in naive.lives for told in life.known.values())
        assert found_differences(log, default_parser, seed) == [], f"seed {seed}"
    assert later >= DENSE_LOGS, "the logs are worth comparing"


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """A whole line of the test's own: every record of its log is compared."""
    with running_line(tmp_path) as running:
        yield running


@pytest.mark.long_fault
@pytest.mark.timeout(300)
async def test_the_line_is_that_of_the_naive_one(line: Line) -> None:
    """The demo's posts and hostile records go through the real line; topics and tables are what the naive one says of its log."""
    seed, kafka, generation = first_seed(), line.deployment.kafka.bootstrap_servers, line.deployment.generation
    posted = await post_all(line.deployment, line.traffic(LIVE_EVENTS, seed), quiet)
    assert posted.attempts
    hostile = Traffic(seed)
    hostile._now_ms = time.time_ns() // 1_000_000  # older than the topics keep them, they would be deleted meanwhile
    await append_hostile(kafka, hostile.records(LIVE_EVENTS))
    log = await whole_topic(kafka, RAW)
    naive = Naive(demo_parser)
    for record in sorted(log, key=lambda record: (record.partition, record.offset)):
        naive.read(record)
    at_ms = {(record.partition, record.offset): record.timestamp for record in log}

    async def topics_agree() -> list[str]:
        return list(differences(naive, await read_published(kafka, generation), at_ms))

    async def tables_agree() -> list[str]:
        reader = TableReader(line.deployment.clickhouse, generation)
        try:
            return await asyncio.to_thread(table_differences, reader, naive)
        finally:
            reader.close()

    assert await settled(topics_agree) == []
    assert await settled(tables_agree) == []


async def settled(compare: Callable[[], Awaitable[list[str]]]) -> list[str]:
    """Return the differences once there are none, or after the longest wait."""
    found: list[str] = []

    async def agree() -> bool:
        found[:] = await compare()
        return not found

    with suppress(TimeoutError):
        await until(agree, "agreement", s_max=SETTLED_S_MAX, every_s=0.5)
    return found[:20]
