"""message.state → message_state: a state's facts, in columns that the engine joins as the processors do."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from projections.rows.table import Record, Row, Table
from schemas import message_state
from schemas.identity import prominence
from schemas.message_failure import Failure
from schemas.message_failure import failure_order as order_of
from schemas.message_state import MessageState
from schemas.phone import line_of
from schemas.status import BIT, RANK

DAY_MS: Final = 24 * 60 * 60 * 1000

TABLE: Final = Table(
    "message_state",
    (
        ("anchor_day", "UInt16"),  # days since 1970: what a Date is, without an object for each
        ("account", "LowCardinality(String)"),
        ("message_id", "String"),
        ("anchor_at", "DateTime64(3, 'UTC')"),
        ("last_event_at", "DateTime64(3, 'UTC')"),
        ("seen", "UInt32"),
        ("first_received_at", "DateTime64(3, 'UTC')"),
        ("last_received_at", "DateTime64(3, 'UTC')"),
        ("provider", "LowCardinality(String)"),
        ("sources", "Array(String)"),
        ("connection_id", "String"),
        ("ranked_recipient", "Tuple(UInt8, String, String)"),
        ("client_ref", "String"),
        ("campaign", "String"),
        ("pricing", "LowCardinality(String)"),
        ("aliases", "Array(String)"),
        ("failure", "Tuple(Int8, String, String, String)"),
        ("absurd_time", "Bool"),
        ("generation", "UInt32"),
        ("seeded_from", "UInt32"),
        ("first_at", "Nullable(DateTime64(3, 'UTC'))"),
        ("old_time", "Bool"),
        ("receipt_at", "Map(String, DateTime64(3, 'UTC'))"),
        ("billable", "Nullable(Bool)"),
        ("price_type", "LowCardinality(String)"),
        ("price_category", "LowCardinality(String)"),
        ("price_model", "LowCardinality(String)"),
        ("identities", "Array(Tuple(String, String))"),
        ("line", "String"),
        ("template", "String"),
        *((f"{status}_at", "Nullable(DateTime64(3, 'UTC'))") for status in RANK),
    ),
)

_NO_RECEIPTS: Final[dict[str, int]] = {}
NO_FAILURE: Final = (0, "", "", "")
"""Greater than every failure's order, so that `min` takes any failure instead."""


def decode(record: Record) -> MessageState | None:
    """Read a record of message.state; None for a tombstone (the sweep frees space, the facts stay true)."""
    return message_state.decode(record.value) if record.value is not None else None


def failure_order(failure: Failure | None) -> tuple[int, str, str, str]:
    """Return a failure as the engine's `min` compares it: greatest rank, then least (category, code, title)."""
    return NO_FAILURE if failure is None else order_of(failure)


def receipts(state: MessageState) -> dict[str, int]:
    """Return the first times that are times of receipt: status → UTC ms, sorted as the engine's `minMap` does."""
    return {name: state.first_at_ms[name] for name in sorted(BIT) if state.receipt_times & BIT[name]}


def rows(states: Sequence[MessageState]) -> Iterable[Row]:
    """Return one row a state, in the order of TABLE's columns."""
    return [_row(state) for state in states]


def _row(s: MessageState) -> tuple[Any, ...]:
    first = s.first_at_ms.get
    return (
        s.anchor_ms // DAY_MS,
        s.account,
        s.message_id if s.erased is None else s.erased.known_as,
        s.anchor_ms,
        s.bookkeeping.last_at_ms,
        s.seen,
        s.first_received_ms,
        s.last_received_ms,
        s.provider,
        s.sources,
        s.connection_id,
        prominence(s.recipient, s.recipient_kind),
        s.client_ref,
        s.campaign,
        s.pricing,
        s.aliases,
        failure_order(s.failure),
        s.absurd_time,
        s.generation,
        s.seeded_from,
        s.first_at or None,
        s.old_time,
        receipts(s) if s.receipt_times else _NO_RECEIPTS,
        s.billable,
        s.price_type,
        s.price_category,
        s.price_model,
        s.identities,
        s.line or line_of(s.recipient, s.recipient_kind),
        s.template,
        *(first(status) for status in RANK),
    )
