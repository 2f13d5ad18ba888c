"""message.events → message_event: one row a distinct event, at its raw record's coordinate."""

from collections.abc import Iterable, Sequence
from typing import Final

from projections.rows.table import Record, Row, Table
from schemas.event import CloudEvent, ErrorDetail, decode_cloud_event
from schemas.phone import line_of

TABLE: Final = Table(
    "message_event",
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
        ("message_id", "String"),
        ("status", "LowCardinality(String)"),
        ("provider_status", "LowCardinality(String)"),
        ("outcome", "LowCardinality(String)"),
        ("occurred_at", "DateTime64(3, 'UTC')"),
        ("time_source", "LowCardinality(String)"),
        ("absurd_time", "Bool"),
        ("received_at", "DateTime64(3, 'UTC')"),
        ("recipient", "String"),
        ("recipient_kind", "LowCardinality(String)"),
        ("participant", "String"),
        ("client_ref", "String"),
        ("provider_event_id", "String"),
        ("aliases", "Array(String)"),
        ("campaign", "String"),
        ("pricing", "LowCardinality(String)"),
        ("error_category", "LowCardinality(String)"),
        ("error_code", "LowCardinality(String)"),
        ("error_title", "String"),
        ("error_detail", "String"),
        ("first_at", "Nullable(DateTime64(3, 'UTC'))"),
        ("old_time", "Bool"),
        ("receipt_times", "UInt32"),
        ("billable", "Nullable(Bool)"),
        ("price_type", "LowCardinality(String)"),
        ("price_category", "LowCardinality(String)"),
        ("price_model", "LowCardinality(String)"),
        ("identities", "Array(Tuple(String, String))"),
        ("line", "String"),
        ("template", "String"),
        ("further_errors", "Array(Tuple(String, String, String, String))"),
    ),
)

_NO_ERROR: Final = ErrorDetail("", "")


def decode(record: Record) -> CloudEvent:
    """Read a record of message.events or connection.events. Raises ValueError where it is not one."""
    return decode_cloud_event(record.value or b"")


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
            e.message_id,
            e.status,
            e.provider_status,
            e.outcome,
            e.occurred_at_ms,
            e.time_source,
            e.absurd_time,
            e.received_at_ms,
            e.recipient,
            e.recipient_kind,
            e.participant,
            e.client_ref,
            e.provider_event_id,
            e.aliases,
            e.campaign,
            e.pricing,
            (error := e.error or _NO_ERROR).category,
            error.code,
            error.title,
            error.detail,
            e.first_at or None,
            e.old_time,
            e.receipt_times,
            e.billable,
            e.price_type,
            e.price_category,
            e.price_model,
            e.identities,
            e.line or line_of(e.recipient, e.recipient_kind),
            e.template,
            [(f.category, f.code, f.title, f.detail) for f in e.further_errors],
        )
        for event in events
        for e in (event.data,)
    ]
