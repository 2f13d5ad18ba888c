"""Pure: what a subject's journal knows of an event: the verdict on a replayed record, or that its id is a repeat.

Of a message every listed event is kept, up to a bound. Of a connection, which lives for years, the last ones are.
An event that its first source left out has a second place, where the first source that selects it told it again.
"""

from bisect import bisect_left
from operator import attrgetter

from schemas.connection_state import RING_MAX, ConnectionState
from schemas.message_state import JOURNAL_MAX, LATER, VERDICTS, Bookkeeping, JournalEntry, MessageState

_offset_of = attrgetter("offset")


def known_of_message(state: MessageState, event_id: str, offset: int) -> str:
    """Return the outcome of a replayed record, or that a new one's id is listed; "" where it is undecided.

    Every record up to the state's version has been decided, and none of them is decided anew. One that no journal explains
    is of a state that ended before `former` was kept: its facts are in the state of its time, and it is published again.
    """
    book = state.bookkeeping
    if offset > book.version:
        for entry in book.journal:
            if entry.event_id == event_id:
                return "repeat"
        return ""
    journal = _journal_at(state, offset)
    for entry in journal:
        if entry.event_id == event_id:
            return _at(entry, offset)
    return "overflow" if len(journal) >= JOURNAL_MAX else "filled"


def succeed(ended: MessageState, begun: MessageState) -> None:
    """Hand what an ended state's journals know to the one begun after it."""
    journal = ended.bookkeeping.journal
    begun.former = [*ended.former, journal] if journal else ended.former


def forget_former(state: MessageState, committed: int) -> None:
    """Drop the journals of ended states whose records are all committed: the next state's first record is not behind that."""
    former = state.former
    begins = [journal[0].offset for journal in (*former[1:], state.bookkeeping.journal)]
    state.former = [journal for journal, end in zip(former, begins, strict=True) if end > committed]


def list_of_message(book: Bookkeeping, entry: JournalEntry, committed: int) -> bool:  # noqa: ARG001 - as a connection's
    """List a decided event. Return False where the journal is full."""
    if len(book.journal) >= JOURNAL_MAX:
        return False
    book.journal.append(entry)
    return True


def known_of_connection(state: ConnectionState, event_id: str, offset: int) -> str:
    """Return the outcome of a replayed record, or of an id among the ring's; "" where it is undecided.

    Every record up to the state's version has been decided: one that has no entry was a repeat. Only a state of the time
    before the ring, whose journal had been full, has a version behind its last entry: those records overflowed.
    """
    book = state.bookkeeping
    journal = book.journal
    if offset > book.version:
        return "repeat" if any(entry.event_id == event_id for entry in journal[-RING_MAX:]) else ""
    at = bisect_left(journal, offset, key=_offset_of)
    if at < len(journal) and journal[at].offset == offset:
        return VERDICTS[journal[at].code]
    for entry in journal:
        if entry.later == offset:
            return LATER[entry.code]
    return "repeat" if at < len(journal) or any(entry.event_id == event_id for entry in journal) else "overflow"


def list_of_connection(book: Bookkeeping, entry: JournalEntry, committed: int) -> bool:
    """List a decided event as the ring's latest; drop those before the ring whose records are committed."""
    journal = book.journal
    journal.append(entry)
    surplus = len(journal) - RING_MAX
    if surplus > 0:
        last = journal[surplus - 1]
        journal[surplus - 1] = JournalEntry("", last.offset, last.verdict)
        needed = (at for at in range(surplus) if journal[at].last >= committed)
        del journal[: next(needed, surplus)]
    return True


def publish_later(book: Bookkeeping, event_id: str, offset: int) -> str:
    """Return the outcome of a new record of a listed event whose source selects it, and note it where it is the first such."""
    entry = next(entry for entry in reversed(book.journal) if entry.event_id == event_id)
    if entry.later is not None or not LATER[entry.code]:
        return "repeat"
    entry.verdict = (entry.code, offset)
    book.version = offset
    return LATER[entry.code]


def _journal_at(state: MessageState, offset: int) -> list[JournalEntry]:
    """Return the journal of the state that a replayed record was folded into: each begins with its first record."""
    found = state.bookkeeping.journal
    for former in reversed(state.former):
        if offset >= found[0].offset:
            break
        found = former
    return found


def _at(entry: JournalEntry, offset: int) -> str:
    """Return the outcome of a record of a listed event, by the record's place."""
    if entry.offset == offset:
        return VERDICTS[entry.code]
    return LATER[entry.code] if entry.later == offset else "repeat"
