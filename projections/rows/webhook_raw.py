"""webhook.raw → webhook_raw: one row a record of the raw log, its bytes verbatim and its headers read."""

from collections.abc import Iterable, Sequence
from typing import Final

from projections.rows.table import Record, Row, Table
from schemas.record import (
    HEADER_RELAY,
    HEADER_REQUEST,
    HEADER_SOURCE,
    RequestStamp,
    SourceContext,
    decode_request,
    decode_source,
)

TABLE: Final = Table(
    "webhook_raw",
    (
        ("at", "DateTime64(3, 'UTC')"),
        ("log_partition", "UInt16"),
        ("log_offset", "UInt64"),
        ("key", "String"),
        ("request_id", "String"),
        ("event_index", "Int32"),
        ("kind", "LowCardinality(String)"),
        ("received_at", "DateTime64(3, 'UTC')"),
        ("source", "LowCardinality(String)"),
        ("account", "LowCardinality(String)"),
        ("provider", "LowCardinality(String)"),
        ("content_type", "LowCardinality(String)"),
        ("selected", "Array(LowCardinality(String))"),
        ("split_version", "UInt16"),
        ("relay", "String"),
        ("payload", "String"),
    ),
)

ALL_SELECTED: Final = ("*",)
_UNREADABLE_SOURCE: Final = SourceContext(source="", account="", provider="", content_type="")

Decoded = tuple[Record, SourceContext, RequestStamp, bytes]


def decode(record: Record) -> Decoded:
    """Read a raw record's headers. Never raises: a record that is not ours is kept, with `kind` empty."""
    headers = dict(record.headers)
    relay = headers.get(HEADER_RELAY, b"")
    try:
        return record, decode_source(headers[HEADER_SOURCE]), decode_request(headers[HEADER_REQUEST]), relay
    except (KeyError, ValueError):  # msgspec's errors are ValueErrors
        return record, _UNREADABLE_SOURCE, RequestStamp("", 0, "", record.timestamp), relay


def rows(decoded: Sequence[Decoded]) -> Iterable[Row]:
    """Return one row a record, in the order of TABLE's columns."""
    return [
        (
            record.timestamp,
            record.partition,
            record.offset,
            record.key or b"",
            stamp.request_id,
            stamp.index,
            stamp.kind,
            stamp.received_at_ms,
            source.source,
            source.account,
            source.provider,
            source.content_type,
            ALL_SELECTED if source.selected is None else source.selected,
            source.split,
            relay,
            record.value or b"",
        )
        for record, source, stamp, relay in decoded
    ]
