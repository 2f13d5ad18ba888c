"""The table of members' rows: like message_state in all, filled by the upgrade, mended, and small enough for a view to read."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from projections.clickhouse import migrate as migrating
from projections.clickhouse.migrate import migrate, read_migrations
from projections.link import Linker
from projections.sink import Sink
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from tests.support.databases import Databases, Project
from tests.support.members import folded, shown
from tests.support.world import START_MS, World, message_event

WEEKS, STATES_OF_WEEK, GROUPED_EVERY = 10, 10_000, 500
ALL_DAYS = (0, 65_535)
_STATES = """
INSERT INTO {store}.message_state (anchor_day, account, message_id, anchor_at, last_event_at, first_received_at, seen, failure)
SELECT toMonday(today()) - 7 * intDiv(number, {of_week}) AS day, 'acme', concat('m-', toString(number)), day, day, day, 66 + 8, (-30, 'a', 'b', 'c')
FROM numbers({states})
"""
_GROUPS = """
INSERT INTO {store}.message_group (anchor_day, account, message_id, least)
WITH toUInt32(substring(message_id, 3)) AS n, n + (1 - intDiv(n, {of_week}) % 2) * {of_week} AS first
SELECT anchor_day, account, message_id, (0, toMonday(today()) - 7 * intDiv(first, {of_week}), concat('m-', toString(first)))
FROM {store}.message_state WHERE n % {every} = 0
"""


@pytest.fixture
def older(clickhouse_url: str, fresh_name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Databases]:
    """Tables as the release before this one left them."""
    client = connect(ClickHouseSettings(clickhouse_url))
    before = [migration for migration in read_migrations() if migration.number < 2201]
    with monkeypatch.context() as patched:
        patched.setattr(migrating, "read_migrations", lambda: before)
        migrate(client, fresh_name, views_database=None)
    yield Databases(client, clickhouse_url, fresh_name, f"{fresh_name}_views")
    for database in (fresh_name, *(f"{fresh_name}_views{suffix}" for suffix in ("", "_numbers", "_bi"))):
        client.command(f"DROP DATABASE IF EXISTS {database} SYNC")
    client.close()


def fill(databases: Databases) -> None:
    """Insert states as an older release does, and group some with one of the week before: rows of two tables."""
    for text in (_STATES, _GROUPS):
        statement = text.format(
            store=databases.store, of_week=STATES_OF_WEEK, states=WEEKS * STATES_OF_WEEK, every=GROUPED_EVERY
        )
        databases.client.command(statement)


def upgraded(databases: Databases) -> None:
    """Bring them to this release."""
    migrate(databases.client, databases.store, views_database=databases.views)


def test_its_columns_are_those_of_message_state(databases: Databases) -> None:
    """What a migration changes of message_state it changes of message_member: columns, their order, key, parts, TTL, settings."""
    columns = "position, name, type, default_kind, default_expression, compression_codec, comment"
    made = "engine, partition_key, sorting_key, extract(create_table_query, ' TTL (.*?) COMMENT')"
    state, member = (
        (
            databases.rows(
                f"SELECT {columns} FROM system.columns WHERE database = {{s:String}} AND table = {{t:String}} ORDER BY 1",
                s=databases.store,
                t=table,
            ),
            databases.rows(
                f"SELECT {made} FROM system.tables WHERE database = {{s:String}} AND name = {{t:String}}",
                s=databases.store,
                t=table,
            ),
        )
        for table in ("message_state", "message_member")
    )
    assert len(state[0]) > 30
    assert member == state


def test_an_upgrade_fills_it(older: Databases) -> None:
    """What is grouped when the migration runs is shown as it was, and its states are announced."""
    fill(older)
    upgraded(older)
    assert len(shown(older)) == WEEKS * STATES_OF_WEEK * (1 - 1 / GROUPED_EVERY / 2)
    grouped = f"message_id IN (SELECT message_id FROM {older.store}.message_merge)"
    assert shown(older, grouped) == folded(older, grouped)
    assert older.value("SELECT uniqExact(state_hash) FROM store.member_hash") == WEEKS * STATES_OF_WEEK / GROUPED_EVERY
    assert older.value("SELECT count() FROM store.message_member") == WEEKS * STATES_OF_WEEK / GROUPED_EVERY


async def test_what_an_older_release_goes_on_to_group_is_mended(older: Databases) -> None:
    """Where a projector of the release before still runs beside this one, its groups and rows are copied at the next start."""
    upgraded(older)
    fill(older)
    with ThreadPoolExecutor(1) as threads:
        linker = Linker(Sink(older.client, older.store, threads), older.store)
        assert await linker.readmit(*ALL_DAYS) == WEEKS * STATES_OF_WEEK / GROUPED_EVERY
        assert shown(older) == folded(older)
        older.client.command(
            f"INSERT INTO {older.store}.message_state SELECT * REPLACE (last_event_at + 1 AS last_event_at, 255 AS seen) "
            f"FROM {older.store}.message_state WHERE message_id IN ('m-500', 'm-1')"
        )
        assert await linker.readmit(*ALL_DAYS) == 1
        assert await linker.readmit(*ALL_DAYS) == 0
    assert shown(older) == folded(older)


@pytest.mark.parametrize("query", ["conflicts WHERE anchor_day >= {since}", "messages WHERE anchor_day >= {since}"])
def test_weeks_with_groups_read_those_weeks(older: Databases, query: str) -> None:
    """Of ten weeks with as many groups in each, a view of two reads their rows and those of groups, not all of history."""
    fill(older)
    upgraded(older)
    since = older.value(f"SELECT toMonday(today()) - 7 FROM {older.store}.migration LIMIT 1")
    answer = older.client.query(f"SELECT count() FROM {older.views}.{query.format(since=repr(str(since)))}")
    assert answer.result_rows == [(2 * STATES_OF_WEEK - STATES_OF_WEEK / GROUPED_EVERY,)]
    assert int(answer.summary["read_rows"]) < 1.5 * 2 * STATES_OF_WEEK


async def test_a_member_that_lacks_a_row_is_a_difference(databases: Databases, project: Project) -> None:
    """What the views do not see of a grouped state, `fold_differences` names."""
    world, ask = World(), "views.fold_differences(time_zone = 'UTC', since = '2000-01-01', until = '2100-01-01')"
    world.post(message_event("track-1", "queued", START_MS))
    world.post(message_event("wamid-1", "created", START_MS + 5, aliases=("track-1",)))
    world.post(message_event("wamid-1", "read", START_MS + 50))
    await project(world)
    assert databases.rows(f"SELECT * FROM {ask}") == []
    databases.client.command(f"TRUNCATE TABLE {databases.store}.message_member")
    assert databases.rows(f"SELECT message_id, seen_by_state FROM {ask} ORDER BY 1") == [("track-1", 0), ("wamid-1", 0)]
