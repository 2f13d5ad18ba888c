"""webhook.set_aside → webhook_set_aside: one row a raw record that made no new event."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from projections.rows.table import Record, Row, Table
from schemas.record import SetAside

TABLE: Final = Table(
    "webhook_set_aside",
    (
        ("at", "DateTime64(3, 'UTC')"),
        ("generation", "UInt32"),
        ("log_partition", "UInt16"),
        ("log_offset", "UInt64"),
        ("key", "String"),
        ("outcome", "LowCardinality(String)"),
        ("why", "String"),
        ("kind", "LowCardinality(String)"),
        ("source", "LowCardinality(String)"),
        ("account", "LowCardinality(String)"),
        ("provider", "LowCardinality(String)"),
        ("request_id", "String"),
        ("event_index", "Int32"),
        ("received_at", "DateTime64(3, 'UTC')"),
        ("event_id", "String"),
    ),
)

Decoded = tuple[Record, SetAside]
_decode = msgspec.json.Decoder(SetAside).decode


def decode(record: Record) -> Decoded:
    """Read a record of webhook.set_aside. Raises ValueError where it is not one."""
    return record, _decode(record.value or b"")


def rows(decoded: Sequence[Decoded], generation: int) -> Iterable[Row]:
    """Return one row a record, in the order of TABLE's columns."""
    return [
        (
            s.raw_at_ms,
            generation,
            s.partition,
            s.offset,
            record.key or b"",
            s.outcome,
            s.why,
            s.kind,
            s.source,
            s.account,
            s.provider,
            s.request_id,
            s.index,
            s.received_at_ms,
            s.event_id,
        )
        for record, s in decoded
    ]
