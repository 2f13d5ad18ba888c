"""Pure: the verdict on an event, and the state it leads to. Knows no Kafka, no Faust and no clock."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from processors import journal
from processors.erase import strip
from schemas import connection_state, message_state
from schemas.event import Event
from schemas.message_state import HORIZON_MS, VERDICTS, Bookkeeping, JournalEntry

_ADVANCED, _FILLED, _ERASED = 1, 2, 5
_LEFT_OUT: Final = (0, 4, 3)
"""What an event would have been → what its journal entry says where its source did not select it."""

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
    known: Callable[[State, str, int], str]
    """The outcome of an event (id, offset) that the journal knows; "" where it is undecided."""
    enlist: Callable[[Bookkeeping, JournalEntry, int], bool]
    """Lists a decided event, given the committed offset, and returns whether there was room."""
    has_horizon: bool


MESSAGE: Final = StateKind(
    message_state.absent,
    message_state.join,
    message_state.encode,
    message_state.decode,
    journal.known_of_message,
    journal.list_of_message,
    has_horizon=True,
)
CONNECTION: Final = StateKind(
    connection_state.absent,
    connection_state.join,
    connection_state.encode,
    connection_state.decode,
    journal.known_of_connection,
    journal.list_of_connection,
    has_horizon=False,
)


def fold(
    kind: StateKind,
    state: State | None,
    event: Event,
    offset: int,
    at_ms: int,
    selected: tuple[str, ...] | None,
    committed: int = 0,
) -> tuple[State, str, bool]:
    """Decide what an event is to its subject, and fold it.

    An id known from this very coordinate is a replay and gets its stored verdict again; known from another, it is
    a repeat; unknown, it was never published and is decided freely. An event whose sources left it out so far is
    published at the first record whose source selects it: which events are published needs no order of the records.

    Args:
        kind: the subject's kind.
        state: what is known (owned by the caller, changed in place), or None.
        event: what the record says.
        offset: the record's offset in its raw partition.
        at_ms: the record's time (see `schemas.record.fold_time_ms`).
        selected: statuses the source had selected; None means all.
        committed: offset before which no record of the raw partition is ever replayed. It decides nothing; a
            state forgets by it.

    Returns:
        The state (another one where it was begun anew), the outcome, and whether the state changed (must be written).
    """
    if state is None:
        state = kind.absent(event, at_ms)
    book = state.bookkeeping
    if kind.has_horizon and at_ms - book.last_at_ms > HORIZON_MS and offset > book.version:
        ended, state = state, kind.absent(event, at_ms)
        book = state.bookkeeping
        journal.succeed(ended, state)
    is_selected = selected is None or event.status in selected
    outcome = kind.known(state, event.id, offset)
    if outcome == "repeat" and is_selected and offset > book.version:
        if kind.has_horizon and state.erased is not None:
            return state, outcome, False  # nothing more of it is published
        outcome = journal.publish_later(book, event.id, offset)
        return state, outcome, outcome != "repeat"
    if outcome:
        return state, outcome, False
    rose = kind.join(state, event)
    verdict = _ADVANCED if rose else _FILLED
    if not is_selected:
        verdict = _LEFT_OUT[verdict]
    if kind.has_horizon and state.erased is not None:
        strip(state)
        verdict = _ERASED
    book.version = offset
    book.last_at_ms = max(book.last_at_ms, at_ms)
    is_listed = kind.enlist(book, JournalEntry(event.id, offset, verdict), committed)
    if kind.has_horizon and state.former:
        journal.forget_former(state, committed)
    return state, VERDICTS[verdict] if is_listed else "overflow", True
