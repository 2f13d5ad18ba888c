"""Weeks of the live tables replaced by the shadow's: each table's week at once, and no other week touched."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from clickhouse_connect.driver.client import Client

from operations.rebuild.target import IDENTITY
from projections.sink import NOT_DEDUPLICATED

_SETTINGS: Final = {**NOT_DEDUPLICATED, "max_bytes_before_external_group_by": 10**9, "max_execution_time": 3600}

_LINKED: Final = """
    SELECT DISTINCT account, id, message_id, anchor_day FROM {aliases}
    WHERE toMonday(anchor_day) {which} AND (account, id) IN
    (
        SELECT account, id FROM
        (
            SELECT account, id, message_id, anchor_day FROM {live}.message_alias WHERE toMonday(anchor_day) NOT IN ({weeks})
            UNION ALL
            SELECT account, id, message_id, anchor_day FROM {shadow}.message_alias WHERE toMonday(anchor_day) IN ({weeks})
        )
        GROUP BY account, id HAVING uniqExact(message_id, anchor_day) > 1
    )
    AND (account, id, message_id, anchor_day) NOT IN (SELECT account, id, message_id, anchor_day FROM {links})
"""
"""Ids that will lead to several states once the weeks are replaced, and are not linked yet."""


def replace(
    client: Client,
    tables: Sequence[str],
    weeks: Sequence[date],
    *,
    live: str,
    shadow: str,
    progress: Callable[[str], None],
) -> None:
    """Replace `weeks` of `tables` in database `live` by what `shadow` holds of them.

    Args:
        client: any client of the engine.
        tables: tables that are made from one topic.
        weeks: Mondays; each is wholly inside the log.
        live: database of the live tables.
        shadow: database of the shadow tables.
        progress: called with each replacement before it is made.
    """
    if not weeks:
        return
    if "message_link" in tables:
        _link(client, weeks, live, shadow)
    for week in weeks:
        for table in tables:
            progress(f"replacing {table}, week of {week}")
            if _has_rows(client, shadow, table, week):
                client.command(f"ALTER TABLE {live}.{table} REPLACE PARTITION '{week}' FROM {shadow}.{table}")
            else:
                client.command(f"ALTER TABLE {live}.{table} DROP PARTITION '{week}'")


def _link(client: Client, weeks: Sequence[date], live: str, shadow: str) -> None:
    """Link, ahead of the replacement, states of replaced weeks with those of others: a shadow knows only its own."""
    within = ", ".join(f"toDate('{week}')" for week in weeks)
    for database, which in ((shadow, f"IN ({within})"), (live, f"NOT IN ({within})")):
        names = {"aliases": f"{database}.message_alias", "links": f"{database}.message_link", "which": which}
        select = _LINKED.format(**names, live=live, shadow=shadow, weeks=within)
        columns = "account, id, message_id, anchor_day"
        client.command(f"INSERT INTO {database}.message_link ({columns}) {select}", settings=_SETTINGS)


def _has_rows(client: Client, database: str, table: str, week: date) -> bool:
    day = IDENTITY[table][0]
    text = f"SELECT 1 FROM {database}.{table} WHERE toMonday({day}) = toDate('{week}') LIMIT 1"  # noqa: S608
    return bool(client.query(text).result_rows)
