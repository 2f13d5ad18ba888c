"""connection.events → connection_event: one row a distinct event of a connection, at its raw record's coordinate."""

from collections.abc import Iterable, Sequence
from typing import Final

from projections.rows.table import Row, Table
from schemas.event import CloudEvent

TABLE: Final = Table(
    "connection_event",
    (
        ("at", "DateTime64(3, 'UTC')"),
        ("generation", "UInt32"),
        ("log_partition", "UInt16"),
        ("log_offset", "UInt64"),
        ("event_id", "String"),
        ("request_id", "String"),
        ("event_index", "Int32"),
        ("source", "LowCardinality(String)"),
        ("account", "LowCardinality(String)"),
        ("provider", "LowCardinality(String)"),
        ("connection_id", "String"),
        ("status", "LowCardinality(String)"),
        ("provider_status", "LowCardinality(String)"),
        ("outcome", "LowCardinality(String)"),
        ("occurred_at", "DateTime64(3, 'UTC')"),
        ("time_source", "LowCardinality(String)"),
        ("absurd_time", "Bool"),
        ("received_at", "DateTime64(3, 'UTC')"),
        ("provider_event_id", "String"),
        ("reason", "String"),
        ("old_time", "Bool"),
        ("line", "String"),
    ),
)


def rows(events: Sequence[CloudEvent], generation: int) -> Iterable[Row]:
    """Return one row an event, in the order of TABLE's columns."""
    return [
        (
            e.raw.at_ms,
            generation,
            e.raw.partition,
            e.raw.offset,
            event.id,
            e.request_id,
            e.index,
            e.source,
            e.account,
            e.provider,
            e.connection_id,
            e.status,
            e.provider_status,
            e.outcome,
            e.occurred_at_ms,
            e.time_source,
            e.absurd_time,
            e.received_at_ms,
            e.provider_event_id,
            e.reason,
            e.old_time,
            e.line,
        )
        for event in events
        for e in (event.data,)
    ]
