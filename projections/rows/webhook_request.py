"""webhook.requests → webhook_request: one row an HTTP request and the answer really given."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from projections.rows.table import Record, Row, Table
from schemas.record import RequestRecord

TABLE: Final = Table(
    "webhook_request",
    (
        ("at", "DateTime64(3, 'UTC')"),
        ("log_partition", "UInt16"),
        ("log_offset", "UInt64"),
        ("request_id", "String"),
        ("received_at", "DateTime64(3, 'UTC')"),
        ("answered_at", "Nullable(DateTime64(3, 'UTC'))"),
        ("method", "LowCardinality(String)"),
        ("path", "String"),
        ("source", "LowCardinality(String)"),
        ("account", "LowCardinality(String)"),
        ("provider", "LowCardinality(String)"),
        ("remote_address", "String"),
        ("status", "UInt16"),
        ("duration_us", "UInt64"),
        ("body_bytes", "UInt64"),
        ("sha256", "String"),
        ("events", "UInt32"),
        ("stored", "LowCardinality(String)"),
        ("refusal", "LowCardinality(String)"),
    ),
)

Decoded = tuple[Record, RequestRecord]
_decode = msgspec.json.Decoder(RequestRecord).decode


def decode(record: Record) -> Decoded:
    """Read a record of webhook.requests. Raises ValueError where it is not one."""
    return record, _decode(record.value or b"")


def rows(decoded: Sequence[Decoded]) -> Iterable[Row]:
    """Return one row a request, in the order of TABLE's columns."""
    return [
        (
            record.timestamp,
            record.partition,
            record.offset,
            r.request_id,
            r.received_at_ms,
            r.answered_at_ms,
            r.method,
            r.path,
            r.source or "",
            r.account or "",
            r.provider or "",
            r.remote_address,
            r.status,
            r.duration_us,
            r.body_bytes,
            r.sha256 or "",
            r.events,
            r.stored,
            r.refusal or "",
        )
        for record, r in decoded
    ]
