"""connection.state → connection_state: what is true of each connection, in columns that the engine joins."""

from collections.abc import Iterable, Sequence
from typing import Final

from projections.rows.message_state import DAY_MS
from projections.rows.table import Record, Row, Table
from schemas import connection_state
from schemas.connection_state import CONNECTION_RANK, ConnectionState

_TIME: Final = "Nullable(DateTime64(3, 'UTC'))"

TABLE: Final = Table(
    "connection_state",
    (
        ("anchor_day", "UInt16"),
        ("account", "LowCardinality(String)"),
        ("connection_id", "String"),
        ("anchor_at", "DateTime64(3, 'UTC')"),
        ("last_event_at", "DateTime64(3, 'UTC')"),
        ("latest", "Tuple(DateTime64(3, 'UTC'), UInt8, String, String, String)"),
        ("provider", "LowCardinality(String)"),
        ("sources", "Array(String)"),
        ("generation", "UInt32"),
        ("seeded_from", "UInt32"),
        ("old_time", "Bool"),
        ("line", "String"),
        *((f"{status}_first_at", _TIME) for status in CONNECTION_RANK),
        *((f"{status}_last_at", _TIME) for status in CONNECTION_RANK),
    ),
)


def decode(record: Record) -> ConnectionState | None:
    """Read a record of connection.state; None for a tombstone."""
    return connection_state.decode(record.value) if record.value is not None else None


def rows(states: Sequence[ConnectionState]) -> Iterable[Row]:
    """Return one row a state, in the order of TABLE's columns."""
    return [
        (
            s.anchor_ms // DAY_MS,
            s.account,
            s.connection_id,
            s.anchor_ms,
            s.bookkeeping.last_at_ms,
            (s.latest.at_ms, s.latest.rank, s.latest.event_id, s.latest.status, s.latest.reason),
            s.provider,
            s.sources,
            s.generation,
            s.seeded_from,
            s.old_time,
            s.line,
            *(s.first_at_ms.get(status) for status in CONNECTION_RANK),
            *(s.last_at_ms.get(status) for status in CONNECTION_RANK),
        )
        for s in states
    ]
