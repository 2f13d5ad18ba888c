"""Pure: the verdict on an event, and the state it leads to. Knows no Kafka, no Faust and no clock."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from schemas import connection_state, message_state
from schemas.event import Event
from schemas.message_state import HORIZON_MS, JOURNAL_MAX, VERDICTS, JournalEntry

_ADVANCED, _FILLED, _UNSELECTED = 1, 2, 3

State = Any
"""A MessageState or a ConnectionState."""


@dataclass(frozen=True, slots=True)
class StateKind:
    """What differs between the truth about a message and about a connection."""

    absent: Callable[[Event, int], State]
    join: Callable[[State, Event], bool]
    """Folds an event in, in place, and returns whether the status rose (a connection's: whether it is what counts now)."""
    encode: Callable[[State], bytes]
    decode: Callable[[bytes], State]


MESSAGE: Final = StateKind(
    message_state.absent,
    message_state.join,
    message_state.encode,
    message_state.decode,
)
CONNECTION: Final = StateKind(
    connection_state.absent,
    connection_state.join,
    connection_state.encode,
    connection_state.decode,
)


def fold(
    kind: StateKind, state: State | None, event: Event, offset: int, at_ms: int, selected: tuple[str, ...] | None
) -> tuple[State, str, bool]:
    """Decide what an event is to its subject, and fold it.

    An id known from this very coordinate is a replay and gets its stored verdict again; known from another, it is
    a repeat; unknown, it was never published and is decided freely.

    Args:
        kind: the subject's kind.
        state: what is known (owned by the caller, changed in place), or None.
        event: what the record says.
        offset: the record's offset in its raw partition.
        at_ms: the record's append time.
        selected: statuses the source had selected; None means all.

    Returns:
        The state, the outcome, and whether the state changed (must be written).
    """
    if state is None or at_ms - state.bookkeeping.last_at_ms > HORIZON_MS:
        state = kind.absent(event, at_ms)
    book = state.bookkeeping
    journal = book.journal
    event_id = event.id
    for entry in journal:
        if entry.event_id == event_id:
            return state, VERDICTS[entry.verdict] if entry.offset == offset else "repeat", False
    if len(journal) >= JOURNAL_MAX:
        if offset <= book.version:  # replayed: its facts are in already
            return state, "overflow", False
        kind.join(state, event)
        book.version = offset
        return state, "overflow", True
    rose = kind.join(state, event)
    verdict = _ADVANCED if rose else _FILLED
    if selected is not None and event.status not in selected:
        verdict = _UNSELECTED
    journal.append(JournalEntry(event_id, offset, verdict))
    book.version = offset
    book.last_at_ms = max(book.last_at_ms, at_ms)
    return state, VERDICTS[verdict], True
