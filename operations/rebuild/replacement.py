"""Weeks of the live tables replaced by the shadow's: each table's week at once, and no other week touched."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Final

from clickhouse_connect.driver.client import Client

from operations.rebuild.target import IDENTITY
from projections.clickhouse.ddl import change
from projections.link import Linker
from projections.members import MESSAGE_MEMBER
from projections.sink import NOT_DEDUPLICATED, Sink
from runtime.clickhouse.topology import Topology
from schemas.errors import DeploymentError

_SETTINGS: Final = {**NOT_DEDUPLICATED, "max_bytes_before_external_group_by": 10**9, "max_execution_time": 3600}

_DAY: Final = date(1970, 1, 1)


def replace(
    client: Client,
    tables: Sequence[str],
    weeks: Sequence[date],
    *,
    live: str,
    shadow: str,
    progress: Callable[[str], None],
    counted: Mapping[tuple[str, date], int],
    topology: Topology,
) -> None:
    """Replace `weeks` of `tables` in database `live` by what `shadow` holds of them.

    Args:
        client: any client of the engine.
        tables: tables that are made from one topic.
        weeks: Mondays; each is wholly inside the log.
        live: database of the live tables.
        shadow: database of the shadow tables.
        progress: called with each replacement before it is made.
        counted: rows that the comparison found in the shadow, by table and week.
        topology: what kind of ClickHouse it is.

    Raises:
        DeploymentError: the shadow's rows of a week are not to be seen, or the topology has shards.
    """
    if not weeks:
        return
    require_replaceable(topology)
    if "message_group" in tables:
        _prepare_groups(client, weeks, live, shadow)
    for week in weeks:
        seen = {table: _has_rows(client, shadow, table, week) for table in tables}
        for table in tables:
            if counted.get((table, week), 0) and not seen[table]:
                raise DeploymentError(
                    f"{shadow}.{table}, week of {week}: {counted[table, week]} rows were compared, and none is to be seen: a "
                    "replica that answers is behind. Nothing of the week was dropped; run it again"
                )
        for table in _in_order(tables):
            progress(f"replacing {table}, week of {week}")
            how = f"REPLACE PARTITION '{week}' FROM {shadow}.{table}" if seen[table] else f"DROP PARTITION '{week}'"
            change(client, f"ALTER TABLE {live}.{table} {how}", topology)
    if "message_group" in tables:
        progress("linking replaced weeks with others")
        _relink(client, weeks, live)


def _in_order(tables: Sequence[str]) -> list[str]:
    """Return a topic's tables as they are replaced.

    That of the states comes after what follows from it: as long as it is as it was, the week differs, and who is killed
    before replaces all of it again. The rows of members are replaced once more after it, since a projector that groups
    states may have copied old ones meanwhile.
    """
    return [*tables[1:], tables[0], *(table for table in tables if table == MESSAGE_MEMBER.name)]


def require_replaceable(topology: Topology) -> None:
    """Raise DeploymentError where weeks cannot be replaced: in shards, where a week may be empty on some and not on others."""
    if topology.is_sharded:
        raise DeploymentError(
            "rebuild and repair replace whole weeks, which is not known to work where tables are in shards "
            "(RECIBO_CLICKHOUSE_SHARDED): rows can be added (recibo archive --restore), not replaced"
        )


def _prepare_groups(client: Client, weeks: Sequence[date], live: str, shadow: str) -> None:
    """Put in, ahead of the replacement, what a shadow does not know: groups with states of other weeks; and its hashes.

    Such a group stays as it was, also where the id that made it is not there any more: only the weeks replaced are mended.
    Its members' rows are the shadow's new ones. All of these are in the live table before groups are replaced, and so is
    whom the projector, which goes on, has to store there (projections/members.py).
    """
    within = ", ".join(f"toDate('{week}')" for week in weeks)
    client.command(
        f"INSERT INTO {live}.alias_hash (id_hash, state_hash, anchor_day) "  # noqa: S608 - names of ours
        f"SELECT id_hash, state_hash, anchor_day FROM {shadow}.alias_hash WHERE toMonday(anchor_day) IN ({within})",
        settings=_SETTINGS,
    )
    client.command(
        f"INSERT INTO {live}.member_hash (state_hash, anchor_day) "  # noqa: S608 - names of ours
        f"SELECT state_hash, anchor_day FROM {shadow}.member_hash WHERE toMonday(anchor_day) IN ({within})",
        settings=_SETTINGS,
    )
    client.command(
        f"INSERT INTO {shadow}.message_group (anchor_day, account, message_id, least) "  # noqa: S608 - names of ours
        f"SELECT anchor_day, account, message_id, least FROM {live}.message_group "
        f"WHERE toMonday(anchor_day) IN ({within}) AND toMonday(tupleElement(least, 2)) NOT IN ({within})",
        settings=_SETTINGS,
    )
    grouped = f"SELECT anchor_day, account, message_id FROM {shadow}.message_group"  # noqa: S608 - a name of ours
    for database in (shadow, live):
        client.command(
            f"INSERT INTO {database}.message_member SELECT * FROM {shadow}.message_state "  # noqa: S608 - names of ours
            f"WHERE toMonday(anchor_day) IN ({within}) AND (anchor_day, account, message_id) IN ({grouped})",
            settings=_SETTINGS,
        )


def _relink(client: Client, weeks: Sequence[date], live: str) -> None:
    """Group what the replaced weeks' ids connect with states of other weeks."""
    since, until = ((day - _DAY).days for day in (min(weeks), max(weeks) + timedelta(days=6)))
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="relink") as threads:
        asyncio.run(Linker(Sink(client, live, threads), live).relink(since, until))


def _has_rows(client: Client, database: str, table: str, week: date) -> bool:
    day = IDENTITY[table][0]
    text = f"SELECT 1 FROM {database}.{table} WHERE toMonday({day}) = toDate('{week}') LIMIT 1"  # noqa: S608
    return bool(client.query(text).result_rows)
