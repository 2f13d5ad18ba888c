"""How long rows are kept: whole weekly partitions, dropped once every row of them is older than the setting.

A setting that changed is brought to the tables at the next start; rows are never deleted one by one.
"""

from typing import Final

import structlog
from clickhouse_connect.driver.client import Client

from projections.clickhouse.ddl import change
from projections.settings import Settings

RAW_TABLES: Final = ("webhook_request", "webhook_raw", "projection_set_aside")
"""Payloads and requests, records set aside among them: the most bytes, and numbers of people."""
FACTS_TABLES: Final = {
    "message_event": "toDateTime(at)",
    "connection_event": "toDateTime(at)",
    "webhook_set_aside": "toDateTime(at)",
    "message_state": "anchor_day",
    "message_alias": "anchor_day",
    "message_link": "anchor_day",
    "message_name": "anchor_day",
    "alias_hash": "anchor_day",
    "state_alias": "anchor_day",
    "message_group": "anchor_day",
    "member_hash": "anchor_day",
    "message_member": "anchor_day",
    "message_slot": "anchor_week",
    "person_link": "month",
    "person": "month",
    "connection_state": "toDateTime(last_event_at)",
}
"""Table → the time that its rows are kept from. Never a folded one, which would take an old partial row's facts along; but of
connections, whose every row is a whole state: they live for years, and go by their last report. A person's rows are whole, too."""

log = structlog.get_logger()


def wanted(settings: Settings) -> dict[str, str]:
    """Return table → TTL expression, as the engine writes it."""
    raw = dict.fromkeys(RAW_TABLES, f"toDateTime(at) + toIntervalDay({settings.raw_retention_days})")
    days = settings.facts_retention_days
    return raw | {table: f"{time} + toIntervalDay({days})" for table, time in FACTS_TABLES.items()}


def apply(client: Client, settings: Settings) -> list[str]:
    """Change the TTL of the tables that keep rows for another time than the settings say; return their names."""
    created = client.query(
        f"SELECT name, create_table_query FROM system.tables WHERE database = '{settings.clickhouse.database}'"  # noqa: S608 - a name of ours
    )
    now = {str(name): str(query) for name, query in created.result_rows}
    topology = settings.clickhouse.topology
    changed = [table for table, ttl in wanted(settings).items() if f"TTL {ttl} " not in now[topology.local(table)]]
    for table in changed:
        statement = f"ALTER TABLE {settings.clickhouse.database}.{table} MODIFY TTL {wanted(settings)[table]}"
        change(client, statement, topology)
        log.info("retention changed", table=table, ttl=wanted(settings)[table])
    return changed
