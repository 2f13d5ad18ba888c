"""message.state → message_alias: every id by which a state is known, its own included."""

from collections.abc import Iterable, Sequence
from typing import Final

from projections.rows.message_state import DAY_MS
from projections.rows.table import Row, Table
from schemas.message_state import MessageState

TABLE: Final = Table(
    "message_alias",
    (
        ("account", "LowCardinality(String)"),
        ("id", "String"),
        ("message_id", "String"),
        ("anchor_day", "UInt16"),
    ),
)


def rows(states: Sequence[MessageState]) -> Iterable[Row]:
    """Return one row an id, in the order of TABLE's columns; a state's several versions give each id once."""
    return {
        (s.account, id_, message_id, s.anchor_ms // DAY_MS): None
        for s in states
        for message_id in (s.message_id if s.erased is None else s.erased.known_as,)
        for id_ in (message_id, *s.aliases)
    }
