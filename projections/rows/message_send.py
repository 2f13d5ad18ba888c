"""message.sends → message_send, send_name and send_manifest: sends, what they are found by, and what they belong to."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from projections.rows.table import Record, Row, Table
from schemas import send
from schemas.send import Send

TABLE: Final = Table(
    "message_send",
    (
        ("account", "LowCardinality(String)"),
        ("manifest", "String"),
        ("row", "UInt64"),
        ("role", "LowCardinality(String)"),
        ("version", "DateTime64(3, 'UTC')"),
        ("is_deleted", "Bool"),
        ("message_id", "String"),
        ("reference", "String"),
        ("recipient", "String"),
        ("recipient_kind", "LowCardinality(String)"),
        ("line", "String"),
        ("connection_id", "String"),
        ("campaign", "String"),
        ("template", "String"),
        ("provider", "LowCardinality(String)"),
        ("sent_at", "Nullable(DateTime64(3, 'UTC'))"),
        ("status", "LowCardinality(String)"),
        ("status_text", "String"),
        ("amount_micros", "Nullable(Int64)"),
        ("currency", "LowCardinality(String)"),
        ("category", "LowCardinality(String)"),
        ("country", "LowCardinality(String)"),
        ("quantity", "UInt32"),
        ("period", "LowCardinality(String)"),
        ("tags", "Map(String, String)"),
    ),
)
NAME: Final = Table(
    "send_name",
    (
        ("name", "String"),
        ("found_by", "LowCardinality(String)"),
        ("account", "LowCardinality(String)"),
        ("manifest", "String"),
        ("row", "UInt64"),
        ("day", "UInt16"),
    ),
)
MANIFEST: Final = Table(
    "send_manifest",
    (
        ("account", "LowCardinality(String)"),
        ("manifest", "String"),
        ("role", "LowCardinality(String)"),
        ("first_at", "DateTime64(3, 'UTC')"),
        ("last_at", "DateTime64(3, 'UTC')"),
        ("version", "DateTime64(3, 'UTC')"),
    ),
)
_DAY_MS: Final = 24 * 60 * 60 * 1000


def decode(record: Record) -> Send:
    """Read a record of message.sends. Raises ValueError where it is not one."""
    return send.decode(record.value or b"")


def rows(sends: Sequence[Send]) -> Iterable[Row]:
    """Return one row a send, in the order of TABLE's columns."""
    return [
        (
            s.account,
            s.manifest,
            s.row,
            s.role,
            s.version,
            s.is_deleted,
            s.message_id,
            s.reference,
            s.recipient,
            s.recipient_kind,
            s.line,
            s.connection_id,
            s.campaign,
            s.template,
            s.provider,
            s.sent_at_ms,
            s.status,
            s.status_text,
            s.amount_micros,
            s.currency,
            s.category,
            s.country,
            s.quantity,
            s.period,
            s.tags,
        )
        for s in sends
    ]


def names(sends: Sequence[Send]) -> Iterable[Row]:
    """Return one row for each name that a send is found by, in the order of NAME's columns; none of one that is deleted."""
    return [
        (name, found_by, s.account, s.manifest, s.row, s.version // _DAY_MS)
        for s in sends
        if not s.is_deleted
        for name, found_by in _names(s)
        if name
    ]


def _names(s: Send) -> Iterator[tuple[str, str]]:
    yield s.message_id, "message_id"
    yield s.reference, "reference"
    yield s.recipient, "recipient"
    if s.line[1:] != s.recipient:
        yield s.line[1:], "recipient"
    for value in set(s.tags.values()):
        yield value, "tag"


def manifests(sends: Sequence[Send]) -> Iterable[Row]:
    """Return one row for each manifest, role and day of some sends, in the order of MANIFEST's columns, of the least version."""
    days = {(s.account, s.manifest, s.role, s.version // _DAY_MS * _DAY_MS) for s in sends if not s.is_deleted}
    return [(account, manifest, role, day, day, 0) for account, manifest, role, day in sorted(days)]
