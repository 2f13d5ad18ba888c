"""What waited for weeks, in a spool or at the provider, is in the day that it is of: single days add up to the span."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from projections import rollup
from projections.clickhouse.migrate import FOLDER
from projections.clickhouse.views import part
from projections.clickhouse.views.fragments import earliest_told
from tests.integration.projections.test_hostile_settings import told
from tests.support.databases import Databases, Project
from tests.support.published_views import call, published_names
from tests.support.world import DAY_MS, START_MS, World, connection_event, message_event

NOON_MS = START_MS - 30 * DAY_MS + DAY_MS // 2
BEFORE, DAYS = 5, 50
TOLD_AFTER = (-1, 0, 1, 19, 20, 21, 22)
"""The days after noon's on which, and beside which, something is told: each is asked for alone, what lies between at once."""
NOT_BY_DAY = {
    "completeness_between": "counts a partition's records",
    "fold_differences": "compares a state with its events",
    "links_missing": "compares states with groups",
    "connection_history": "goes back from a day",
}
"""Views with since and until whose rows are not of one day."""


def late_world() -> World:
    """Return a world in which events, an older event of a known message, a logout and a request came weeks late."""
    world = World(start_ms=NOON_MS)
    world.post(connection_event("c", "connected", NOON_MS - DAY_MS))
    world.post(message_event("m-prompt", "read", NOON_MS, received_at_ms=NOON_MS + 5))
    world.wait(20 * DAY_MS)
    world.post(message_event("m-spooled", "delivered", NOON_MS, received_at_ms=NOON_MS + 9, old_time=False))
    world.post(message_event("m-both", "read", NOON_MS + 20 * DAY_MS, received_at_ms=NOON_MS + 20 * DAY_MS))
    world.wait(DAY_MS)
    world.post(message_event("m-both", "delivered", NOON_MS + 1, received_at_ms=NOON_MS + 10))
    world.post(connection_event("c", "logout", NOON_MS + 1))
    return world


def cut(first: date) -> list[tuple[date, date]]:
    """Return the span from `first` cut into days and what lies between them."""
    edges = sorted({0, DAYS + 1, *(BEFORE + day + more for day in TOLD_AFTER for more in (0, 1))})
    return [(first + timedelta(days=a), first + timedelta(days=b - 1)) for a, b in pairwise(edges)]


def by_days(view: str, first: date, last: date) -> str:
    """Return a call of a view for some days."""
    wide = call(view)
    for name, day in (("since", first), ("until", last)):
        before, _, rest = wide.partition(f"{name} = '")
        wide = f"{before}{name} = '{day}'{rest[11:]}"
    return wide


@pytest.mark.timeout(300)
async def test_single_days_add_up_to_the_span(databases: Databases, project: Project) -> None:
    """Of every view with days: the rows of the days asked for alone, and of what lies between, are the span's."""
    await project(late_world().records)
    rollup.refresh(databases.client, databases.store)
    first = datetime.fromtimestamp(NOON_MS / 1000, UTC).date() - timedelta(days=BEFORE)
    wrong = []
    for view in published_names():
        if "since = " not in call(view) or view in NOT_BY_DAY:
            continue
        span = Counter(told(databases, view, {}, by_days(view, first, first + timedelta(days=DAYS))))
        single: Counter[str] = Counter()
        for since, until in cut(first):
            single += Counter(told(databases, view, {}, by_days(view, since, until)))
        if span != single:
            wrong.append(f"{view}: {len(list(span.elements()))} rows, and {len(list(single.elements()))} in pieces")
    assert not wrong, "\n".join(wrong)


@pytest.mark.timeout(300)
async def test_late_messages_are_in_their_own_day(databases: Databases, project: Project) -> None:
    """Views of one day count what came weeks later, and the funnel counts what the rollup does."""
    await project(late_world().records)
    rollup.refresh(databases.client, databases.store)
    day = datetime.fromtimestamp(NOON_MS / 1000, UTC).date()
    for view, counted in (("events", "count()"), ("funnel", "sum(f.messages)"), ("funnel_rollup", "sum(f.messages)")):
        rows = databases.rows(f"SELECT {counted} FROM {databases.views}.{by_days(view, day, day)} AS f")
        assert rows == [(3,)], view


def parts_read(databases: Databases, day: date) -> int:
    """Return how many parts of states are read for the messages of one day."""
    plan = databases.rows(
        f"EXPLAIN indexes = 1 SELECT count() FROM store.message_near(since = '{day}', until = '{day}')"
    )
    text = "\n".join(line for (line,) in plan)
    return sum(map(int, re.findall(r"ReadFromMergeTree \(\S*message_state\)\n(?:.*\n)*?.* Parts: (\d+) ", text)))


async def test_a_day_reads_its_own_weeks(databases: Databases, project: Project) -> None:
    """A day without late messages reads the partitions of its margin alone, whatever came late for other days."""
    await project(late_world().records)
    rollup.refresh(databases.client, databases.store)
    day = datetime.fromtimestamp(NOON_MS / 1000, UTC).date()
    assert parts_read(databases, day) > 0
    assert parts_read(databases, day - timedelta(days=30)) == 0


async def test_late_messages_are_looked_for_by_an_index(databases: Databases, project: Project) -> None:
    """Whether a message of some days came later is asked of few granules: the index is of the very expression asked for."""
    await project(late_world().records)
    day = datetime.fromtimestamp(NOON_MS / 1000, UTC).date() + timedelta(days=10)
    late = part("message_late", earliest_told=earliest_told("s."), margin="16").replace("${store}", "store")
    asked = late.replace("{until:Date}", f"toDate('{day}')")
    plan = "\n".join(line for (line,) in databases.rows(f"EXPLAIN indexes = 1 {asked}"))
    assert f"{earliest_told()} " in (FOLDER / "2301_own_times.sql").read_text(encoding="utf-8").replace("\n", " ")
    assert "Name: by_own_time" in plan
