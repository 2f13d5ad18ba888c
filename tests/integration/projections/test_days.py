"""Days are the reader's: in every view that has some, whatever it counts."""

from datetime import UTC, datetime, timedelta

import pytest

from projections.clickhouse.views.catalog import views
from tests.support.databases import Databases, Project
from tests.support.world import World, connection_event, message_event

pytestmark = pytest.mark.usefixtures("unmerged")

NIGHT = datetime.now(UTC).replace(hour=1, minute=0, second=0, microsecond=0) - timedelta(days=3)
"""One o'clock at night in UTC: the evening before in São Paulo."""
NIGHT_MS = int(NIGHT.timestamp() * 1000)
WITH_DAYS = [view.name for view in views() if "time_zone" in view.parameters]
CLOSED_DAY_ONLY = {"connection_uptime"}
"""Has a row for every day that is asked for."""
NONE_IS_RIGHT = {"fold_differences"}
"""Lists what is wrong."""


@pytest.fixture
async def evening(databases: Databases, project: Project) -> Databases:
    """A few events of one moment, of every kind that some view counts."""
    world = World(start_ms=NIGHT_MS)
    world.post(message_event("m-1", "queued", NIGHT_MS, connection_id="c-1"))
    world.post(message_event("m-2", "number_not_found", NIGHT_MS + 1, recipient="5511987654321"))
    world.post(message_event("m-3", "created", NIGHT_MS + 1))
    world.post(message_event("m-3", "delivered", NIGHT_MS + 500))
    world.post(connection_event("c-1", "logout", NIGHT_MS + 1_000))
    world.post(connection_event("c-1", "logout", NIGHT_MS + 1_000))
    await project(world)
    return databases


def days(databases: Databases, view: str, zone: str, ago: int) -> int:
    """Return how many rows a view has of the day so many days before NIGHT's in UTC."""
    day = (NIGHT - timedelta(days=ago)).date()
    age = ", min_age_s = 1" if view == "stuck" else ""
    return int(
        databases.value(
            f"SELECT count() FROM views.{view}(time_zone = '{zone}', since = '{day}', until = '{day}'{age})"
        )
    )


async def test_every_view_with_days_has_the_readers(evening: Databases) -> None:
    """What happened at one at night (UTC) is of that day in UTC, and of the day before in São Paulo; never of both."""
    from projections import rollup  # noqa: PLC0415 - `funnel_rollup` is counted ahead

    rollup.refresh(evening.client, evening.store)
    for view in sorted({*WITH_DAYS} - CLOSED_DAY_ONLY - NONE_IS_RIGHT):
        found = [days(evening, view, zone, ago) > 0 for zone in ("UTC", "America/Sao_Paulo") for ago in (0, 1)]
        assert found == [True, False, False, True], view


async def test_a_difference_is_of_the_readers_day(evening: Databases) -> None:
    """A message whose state is lost differs on the day of its event's append, in the zone that is asked for."""
    evening.client.command(f"TRUNCATE TABLE {evening.store}.message_state SYNC")
    found = [days(evening, "fold_differences", zone, ago) for zone in ("UTC", "America/Sao_Paulo") for ago in (0, 1)]
    assert found == [3, 0, 0, 3]


async def test_events_of_connections_count_among_what_repeats_are_of(evening: Databases) -> None:
    """An hour's events are those of messages and of connections, as its repeats are."""
    assert evening.rows("SELECT sum(events), sum(r.repeats) FROM views.repeats AS r") == [(5, 1)]


@pytest.mark.parametrize("merged", [False, True])
async def test_completeness_is_exact_in_little_memory(databases: Databases, *, merged: bool) -> None:
    """Half a million records, one missing, one without an outcome, one with two: counted, within 100 MB."""
    store, count = databases.store, 500_000
    databases.client.command(
        f"INSERT INTO {store}.webhook_raw (at, log_partition, log_offset, kind) SELECT toDateTime64('{NIGHT:%Y-%m-%d %H:%M:%S}', 3, 'UTC') "
        f"+ toIntervalMillisecond(number * 100), number % 4, intDiv(number, 4) + (number >= 2000 AND number % 4 = 0), 'single' FROM numbers({count})"
    )
    columns = "(at, log_partition, log_offset, generation)"
    found = f"SELECT at, log_partition, log_offset, 1 FROM {store}.webhook_raw WHERE"
    databases.client.command(
        f"INSERT INTO {store}.message_event {columns} {found} (log_partition, log_offset) != (1, 9)"
    )
    databases.client.command(
        f"INSERT INTO {store}.webhook_set_aside {columns} {found} (log_partition, log_offset) = (2, 7)"
    )
    if merged:
        databases.merge("webhook_raw", "message_event", "webhook_set_aside")
    text = (
        "SELECT log_partition, records, records_missing, without_outcome, with_several_outcomes, outcomes_without_record "
        f"FROM {databases.views}.completeness"
    )
    rows = databases.client.query(text, settings={"max_memory_usage": 100_000_000, "max_threads": 2}).result_rows
    each = count // 4
    assert rows == [(0, each, 1, 0, 0, 0), (1, each, 0, 1, 0, 0), (2, each, 0, 0, 1, 0), (3, each, 0, 0, 0, 0)]
