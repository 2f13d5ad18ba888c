"""message.state → message_name: what people know a message by that is no id of it, so that it is found without reading all."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from projections.rows.message_state import DAY_MS
from projections.rows.table import Row, Table
from schemas.message_state import MessageState
from schemas.phone import line_of

TABLE: Final = Table(
    "message_name",
    (
        ("name", "String"),
        ("found_by", "LowCardinality(String)"),
        ("account", "LowCardinality(String)"),
        ("message_id", "String"),
        ("anchor_day", "UInt16"),
    ),
)


def rows(states: Sequence[MessageState]) -> Iterable[Row]:
    """Return one row a name, in the order of TABLE's columns; a state's several versions give each name once."""
    return {
        (name, found_by, s.account, s.message_id, s.anchor_ms // DAY_MS): None
        for s in states
        for found_by, name in _names(s)
        if name
    }


def _names(state: MessageState) -> Iterator[tuple[str, str]]:
    """Yield the message's reference and every name of its recipient; its canonical line without `+`, as numbers are reported."""
    yield "reference", state.client_ref
    yield "recipient", state.recipient
    line = state.line or line_of(state.recipient, state.recipient_kind)
    yield "recipient", line.removeprefix("+")
    for identity in state.identities:
        yield "recipient", identity.value
