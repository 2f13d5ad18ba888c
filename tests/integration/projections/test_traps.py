"""The engine's traps that a table of ours can fall into: each is real, and each leaves our numbers exact."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from projections.blocks import Blocks
from projections.link import Linker
from projections.rows import message_alias
from projections.rows.table import Table
from projections.sink import NOT_DEDUPLICATED, ROWS_MAX, SETTINGS, Sink
from schemas.event import trusted_time
from schemas.topics import Topics
from tests.integration.projections.test_tables import facts, truth
from tests.support.databases import Databases, Project
from tests.support.world import START_MS, World, busy_world, connection_event, message_event

DAY_MS = 86_400_000
STATE = Topics(1).message_state
LINK = Table("message_link", message_alias.TABLE.columns)


def created(databases: Databases) -> dict[str, dict[str, str]]:
    """Return what the engine says of each of our tables."""
    columns = ("name", "engine", "partition_key", "sorting_key", "create_table_query")
    rows = databases.rows(
        f"SELECT {', '.join(columns)} FROM system.tables WHERE database = '{databases.store}' "
        "AND engine LIKE '%MergeTree' AND name NOT IN ('migration', 'views_release') AND NOT startsWith(name, '.')"
    )
    return {row[0]: dict(zip(columns, row, strict=True)) for row in rows if row[0] != "message_slot"}


def told(databases: Databases) -> dict[str, tuple[Any, ...]]:
    """Return, for each of our tables, how many rows it holds once folded, and a checksum of them."""
    found = {}
    for name, table in sorted(created(databases).items()):
        final = "" if table["engine"] == "MergeTree" else "FINAL"
        text = (
            "SELECT if(startsWith(type, 'SimpleAggregateFunction(groupUniqArrayArray'), concat('arraySort(', name, ')'), name) "
            f"FROM system.columns WHERE database = '{databases.store}' AND table = '{name}' AND default_kind != 'MATERIALIZED'"
        )
        values = ", ".join(column for (column,) in databases.rows(text))
        (row,) = databases.rows(f"SELECT count(), sum(cityHash64({values})) FROM (SELECT * FROM store.{name} {final})")
        found[name] = row
    return found


def parts(databases: Databases, table: str) -> int:
    """Return how many parts a table has."""
    sql = f"SELECT count() FROM system.parts WHERE database = '{databases.store}' AND table = '{table}' AND active"
    return int(databases.value(sql))


def test_the_engine_is_never_asked_to_know_a_repeat(databases: Databases) -> None:
    """No table of ours has a window of blocks that the engine knows, and every insert says that it is not to look."""
    assert len(created(databases)) >= 10
    for name, table in created(databases).items():
        windows = re.findall(r"non_replicated_deduplication_window = (\d+)", table["create_table_query"])
        assert windows in ([], ["0"]), name
    assert SETTINGS.items() >= NOT_DEDUPLICATED.items()
    assert list(NOT_DEDUPLICATED.values()) == [0, "disable", 0]


async def test_batches_inserted_again_in_overlapping_halves_change_nothing(
    databases: Databases, project: Project
) -> None:
    """Each topic's records twice, then thrice, cut elsewhere each time: every table and view says the same, before and after merges."""
    world = busy_world(80)
    await project(world)
    expected = told(databases)
    assert facts(databases) == {name: truth(state) for name, state in world.states.items()}
    for cut in (3, 2):
        for low, high in ((0, cut - 1), (1, cut)):  # what lies in the middle is in both
            await project({t: r[len(r) * low // cut : -(-len(r) * high // cut)] for t, r in world.records.items()})
        assert told(databases) == expected
    assert facts(databases) == {name: truth(state) for name, state in world.states.items()}
    databases.merge(*expected)
    assert told(databases) == expected
    assert facts(databases) == {name: truth(state) for name, state in world.states.items()}


def test_no_ttl_and_no_partition_is_by_a_folded_column(databases: Databases) -> None:
    """Of a table that folds, rows are kept and parted by columns of its sort key alone, which no merge changes; connections go by their last report."""
    folding = {name: t for name, t in created(databases).items() if t["engine"] == "AggregatingMergeTree"}
    assert set(folding) == {"message_state", "message_member", "connection_state", "message_group", "person"}
    for name, table in folding.items():
        partition, parted_by = (
            ("toYYYYMM(month)", "month") if name == "person" else ("toMonday(anchor_day)", "anchor_day")
        )
        assert table["partition_key"] == partition
        assert parted_by in table["sorting_key"].split(", ")
        ttl = table["create_table_query"].partition(" TTL ")[2].partition(" SETTINGS ")[0]
        since = "toDateTime(last_event_at)" if name == "connection_state" else parted_by
        assert ttl == f"{since} + toIntervalDay(400)"


async def test_a_connection_lives_by_its_last_report(databases: Databases, project: Project) -> None:
    """One first seen 500 days ago and heard of since is kept with its first times; one that is silent for 401 days goes."""
    topic = Topics(1).connection_state
    ago = {days: int(datetime.now(UTC).timestamp() * 1000) - days * DAY_MS for days in (500, 401, 1)}
    world = World(start_ms=ago[500])
    world.post(connection_event("c-1", "connected", ago[500]))
    world.wait(ago[401] - ago[500])
    world.post(connection_event("c-2", "connected", ago[401] - DAY_MS))
    world.wait(ago[1] - ago[401])
    world.post(connection_event("c-1", "logout", ago[1]))
    for record in world.records[topic]:
        await project({topic: [record]})
    table = f"{databases.store}.connection_state"
    databases.client.command(f"ALTER TABLE {table} MATERIALIZE TTL SETTINGS mutations_sync = 1")
    databases.merge("connection_state")
    rows = databases.rows(
        "SELECT connection_id, status, toUnixTimestamp64Milli(connected_first_at) FROM views.connections"
    )
    assert rows == [("c-1", "logout", ago[500])]


async def test_ttl_never_takes_an_old_first_time_along(databases: Databases, project: Project) -> None:
    """First times far older than the retention stay with a message that is not."""
    world = World()
    old = START_MS - 500 * DAY_MS
    world.post(message_event("m-1", "queued", old))
    world.post(message_event("m-1", "read", START_MS))
    for record in world.records[STATE]:
        await project({STATE: [record]})
    databases.client.command(f"ALTER TABLE {databases.store}.message_state MATERIALIZE TTL SETTINGS mutations_sync = 1")
    databases.merge("message_state")
    rows = databases.rows("SELECT status, toUnixTimestamp64Milli(queued_at) FROM views.messages")
    assert rows == [("read", old)]


async def test_partial_rows_of_one_message_meet_in_one_partition(databases: Databases, project: Project) -> None:
    """A first time that moves into another month leaves one row, also where partitions are not merged with one another."""
    world = World()
    world.post(message_event("m-1", "read", START_MS))
    world.post(message_event("m-1", "queued", START_MS - 40 * DAY_MS))
    for record in world.records[STATE]:
        await project({STATE: [record]})
    apart = "SELECT count() FROM store.message_state FINAL SETTINGS do_not_merge_across_partitions_select_final = 1"
    assert databases.value(apart) == 1
    databases.merge("message_state")
    assert databases.value("SELECT count() FROM store.message_state") == 1


@pytest.mark.parametrize("absurd_ms", [0, 1_000, 4_102_444_800_000])
async def test_a_bad_minimum_timestamp_never_sticks(databases: Databases, project: Project, absurd_ms: int) -> None:
    """The least time wins for ever, so 1970 and the far future never come in: the time of receipt stands in, flagged."""
    at_ms, is_providers, is_absurd = trusted_time(absurd_ms, START_MS)
    assert (at_ms, is_providers, is_absurd) == (START_MS, False, True)
    world = World()
    world.post(message_event("m-1", "queued", at_ms, time_source="received", absurd_time=is_absurd))
    world.post(message_event("m-1", "read", START_MS + 9))
    await project(world)
    rows = databases.rows("SELECT toUnixTimestamp64Milli(queued_at), absurd_time FROM views.messages")
    assert rows == [(START_MS, True)]


def test_defaults_that_moved_are_said_by_every_insert(databases: Databases) -> None:
    """What 25.10 and 26.2 changed of inserts and deduplication we set ourselves, or have no use for."""
    moved = databases.rows(
        "SELECT DISTINCT change.name FROM system.settings_changes ARRAY JOIN changes AS change "
        "WHERE version IN ('25.10', '26.2') AND (change.name LIKE '%async_insert' OR change.name LIKE '%dedup%')"
    )
    without_use = {"replicated_deduplication_window_seconds", "async_insert_deduplicate"}
    ours = {name for (name,) in moved} - without_use
    assert ours >= {"async_insert", "deduplicate_blocks_in_dependent_materialized_views"}
    assert ours <= set(SETTINGS)
    assert (SETTINGS["async_insert"], SETTINGS["deduplicate_insert"]) == (0, "disable")


async def test_an_insert_of_a_million_rows_is_one_block(databases: Databases) -> None:
    """As large as an insert may be it is one part, so whole or not at all; a larger one is refused before it is sent."""
    row = ("acme", "id", "message", START_MS // DAY_MS)
    with ThreadPoolExecutor(1) as threads:
        sink = Sink(databases.client, databases.store, threads)
        await sink.insert(Blocks(LINK, [row] * ROWS_MAX))
        assert parts(databases, "message_link") == 1
        with pytest.raises(AssertionError, match="1000001 rows"):
            await sink.insert(Blocks(LINK, [row] * (ROWS_MAX + 1)))


async def test_states_with_many_aliases_stay_below_a_million_rows(databases: Databases) -> None:
    """Ids beyond a million in one batch of states go in several inserts, each whole."""
    sizes: list[int] = []

    class Counting(Sink):
        async def insert(self, blocks: Blocks) -> None:
            if blocks.table.name == "message_alias":
                sizes.append(blocks.rows)

        async def query(self, _statement: str, _parameters: dict[str, Any] | None = None) -> list[Any]:
            """Look nothing up."""
            return []

    states = ROWS_MAX // 16
    ids = [("acme", f"t-{number}-{i}", f"m-{number}", 20_000) for number in range(states) for i in range(17)]
    with ThreadPoolExecutor(1) as threads:
        await Linker(Counting(databases.client, databases.store, threads), databases.store).link(ids)
    assert sizes == [ROWS_MAX, 17 * states - ROWS_MAX]


def test_old_rows_go_by_whole_partitions(databases: Databases) -> None:
    """Of a table that has partitions, one all of whose rows are past the retention is dropped; the others are not rewritten."""
    today = datetime.now(UTC)
    columns = ["at", "log_partition", "log_offset"]
    for days in (1, 200):
        at = today - timedelta(days=days)
        databases.client.insert(
            f"{databases.store}.webhook_raw", [[at, 0, days]], columns, settings={"async_insert": 0}
        )
    databases.client.command(f"OPTIMIZE TABLE {databases.store}.webhook_raw")
    databases.merge("webhook_raw")
    assert databases.rows("SELECT log_offset FROM store.webhook_raw") == [(1,)]
    for name, table in created(databases).items():
        if " TTL " in table["create_table_query"] and table["partition_key"]:
            assert "ttl_only_drop_parts = 1" in table["create_table_query"], name
