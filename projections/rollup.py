"""Messages counted ahead (`message_slot`): weeks that changed are recounted whole and replaced at once.

What was inserted of a week is known by the numbers of the engine's blocks, which no merge changes. They are read before
the week is counted, so what comes meanwhile makes it change again. Every step may be done twice, by several at once.
"""

import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import structlog
from clickhouse_connect.driver.client import Client

from projections.clickhouse.ddl import change
from projections.clickhouse.views import fragments
from projections.sink import NOT_DEDUPLICATED
from runtime.clickhouse.topology import PLAIN, Topology

_SETTINGS: Final = {
    "max_execution_time": 600,
    "max_memory_usage": 2 * 10**9,
    "max_bytes_before_external_group_by": 5 * 10**8,
    "async_insert": 0,
    **NOT_DEDUPLICATED,
}
"""One week's recount: it spills to disk rather than taking memory from inserts, and ends."""
_ALL_SHARDS: Final = {"allow_replace_partition_from_empty_source": 1}
"""The counts are all on one shard (projections/clickhouse/sharding.py): on the others there is nothing to replace, with nothing."""
_STAGING: Final = "message_slot_staging_"
_STAGING_HOURS_MAX: Final = 1

_BASES: Final = """
SELECT partition, concat(
    toString(sumIf(newest, table = '{state}')), '/', toString(sumIf(newest, table = '{group}')), '/', toString(sumIf(newest, table = '{member}')))
FROM
(
    SELECT partition, table, shardNum() AS shard, max(max_block_number) AS newest
    FROM {parts}
    WHERE active AND database = '{store}' AND table IN ('{state}', '{group}', '{member}')
    GROUP BY partition, table, shard
)
GROUP BY partition
"""
_OLDEST_CHANGE: Final = """
SELECT max(greatest(0, dateDiff('second', changed_at, now())))
FROM
(
    SELECT partition, min(modification_time) AS changed_at
    FROM {parts} AS p
    LEFT ALL JOIN (SELECT toString(anchor_week) AS week, max(refreshed_at) AS at FROM {store}.message_slot GROUP BY week) AS s
        ON s.week = p.partition
    WHERE p.active AND p.database = '{store}' AND p.table IN ({tables}) AND p.partition IN {{weeks:Array(String)}}
        -- A week all of whose messages are counted elsewhere has no rows, and was looked at with the others.
        AND p.modification_time > toDateTime(if(s.week = '', (SELECT max(refreshed_at) FROM {store}.message_slot), s.at))
    GROUP BY partition
)
"""
_COUNT: Final = """
INSERT INTO {store}.{staging}
(
    anchor_week, basis, refreshed_at, slot, account, provider, sources, connection_id, campaign, to_group,
    failure_status, failure_category, failure_code, billable, price_type, price_category, price_model, {columns}
)
SELECT
    toDate('{week}'), '{basis}', now64(3, 'UTC'), toStartOfFifteenMinutes(first_at) AS slot, account, provider, sources,
    connection_id, campaign, to_group, failure_status, failure_category, failure_code, billable, price_type,
    if(price_category = '', pricing, price_category) AS category, price_model, {counts}
FROM {store}.message_between(first_day = toDate('{week}'), last_day = toDate('{week}') + 6)
GROUP BY slot, account, provider, sources, connection_id, campaign, to_group, failure_status, failure_category, failure_code,
    billable, price_type, category, price_model
"""

log = structlog.get_logger()


def refresh(client: Client, store: str, topology: Topology = PLAIN) -> list[date]:
    """Recount the weeks of `store` that changed since they were counted. Return their Mondays.

    Raises ClickHouseError: a week could not be counted; those before it are.
    """
    rows = client.query(bases_query(store, topology)).result_rows
    bases = {date.fromisoformat(str(partition)): str(basis) for partition, basis in rows}
    counted = _counted(client, store)
    changed = {week for week, basis in bases.items() if counted.get(week) != basis}
    weeks = sorted((changed | _grouped_into(client, store, changed)) & bases.keys())
    gone = sorted(counted.keys() - bases.keys())
    if weeks:
        _recount(client, store, {week: bases[week] for week in weeks}, topology)
    for week in gone:
        change(client, f"ALTER TABLE {store}.message_slot DROP PARTITION '{week}'", topology)
    return [*weeks, *gone]


def waiting(client: Client, store: str, topology: Topology = PLAIN) -> timedelta:
    """Return for how long the oldest of the changes that no recount has seen has stood in the tables. Raises ClickHouseError."""
    bases = client.query(bases_query(store, topology)).result_rows
    counted = _counted(client, store)
    changed = [str(week) for week, basis in bases if counted.get(date.fromisoformat(str(week))) != str(basis)]
    if not changed:
        return timedelta()
    # A merge makes a part anew: a change may look younger than it is, never older.
    text = _OLDEST_CHANGE.format(
        store=store, parts=_parts_of(topology), tables=", ".join(f"'{name}'" for name in _tables_of(topology).values())
    )
    seconds = client.query(text, parameters={"weeks": changed}).result_rows[0][0]
    return timedelta(seconds=int(seconds))


def _counted(client: Client, store: str) -> dict[date, str]:
    """Return each week's basis when it was counted. Weeks whose messages are all counted elsewhere have no rows: counted anew."""
    text = f"SELECT anchor_week, any(basis) FROM {store}.message_slot GROUP BY anchor_week"  # noqa: S608 - a name of ours
    return {week: str(basis) for week, basis in client.query(text).result_rows}


def _grouped_into(client: Client, store: str, weeks: set[date]) -> set[date]:
    """Return the weeks that states of `weeks` are counted in, since they are grouped with earlier ones."""
    if not weeks:
        return set()
    within = ", ".join(f"toDate('{week}')" for week in sorted(weeks))
    text = f"SELECT DISTINCT toMonday(anchor_day) FROM {store}.message_merge WHERE toMonday(state_day) IN ({within})"  # noqa: S608
    return {week for (week,) in client.query(text).result_rows}


def bases_query(store: str, topology: Topology) -> str:
    """Return the query of what was inserted of each week; of several shards the sum, which every insert raises."""
    return _BASES.format(store=store, parts=_parts_of(topology), **_tables_of(topology))


def _parts_of(topology: Topology) -> str:
    return f"cluster('{topology.cluster}', system.parts)" if topology.is_sharded else "system.parts"


def _tables_of(topology: Topology) -> dict[str, str]:
    tables = {"state": "message_state", "group": "message_group", "member": "message_member"}
    return {word: topology.local(table) for word, table in tables.items()}


def _recount(client: Client, store: str, weeks: Mapping[date, str], topology: Topology) -> None:
    _drop_left_over(client, store, topology)
    staging = f"{_STAGING}{uuid.uuid4().hex[:12]}"
    change(client, f"CREATE TABLE {store}.{staging} AS {store}.message_slot", topology)
    try:
        for week, basis in weeks.items():
            counting = _COUNT.format(
                store=store,
                staging=staging,
                week=week,
                basis=basis,
                columns=", ".join(fragments.counted()),
                counts=fragments.counts(),
            )
            client.command(counting, settings=_SETTINGS)
            found = client.query(f"SELECT count() FROM {store}.{staging} WHERE anchor_week = toDate('{week}')")  # noqa: S608
            how = (
                f"REPLACE PARTITION '{week}' FROM {store}.{staging}"
                if found.result_rows[0][0]
                else f"DROP PARTITION '{week}'"
            )
            change(
                client,
                f"ALTER TABLE {store}.message_slot {how}",
                topology,
                _ALL_SHARDS if topology.is_sharded else None,
            )
    finally:
        change(client, f"DROP TABLE IF EXISTS {store}.{staging} SYNC", topology)


def _drop_left_over(client: Client, store: str, topology: Topology) -> None:
    """Drop what a killed recount left behind."""
    old = client.query(
        "SELECT name FROM system.tables WHERE database = {store:String} AND startsWith(name, {staging:String}) "  # noqa: S608
        f"AND metadata_modification_time < now() - INTERVAL {_STAGING_HOURS_MAX} HOUR",
        parameters={"store": store, "staging": _STAGING},
    ).result_rows
    for (name,) in old:
        change(client, f"DROP TABLE IF EXISTS {store}.{name} SYNC", topology)
