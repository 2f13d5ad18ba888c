"""Pure: what a subject's journal knows of an event: the verdict on a replayed record, or that its id is a repeat.

Of a message every listed event is kept, up to a bound. Of a connection, which lives for years, the last ones are.
"""

from bisect import bisect_left
from operator import attrgetter

from schemas.connection_state import RING_MAX
from schemas.message_state import JOURNAL_MAX, VERDICTS, Bookkeeping, JournalEntry

_offset_of = attrgetter("offset")


def known_of_message(book: Bookkeeping, event_id: str, offset: int) -> str:
    """Return the outcome of an event that the journal knows, or of a replayed one beyond it; "" where it is undecided."""
    journal = book.journal
    for entry in journal:
        if entry.event_id == event_id:
            return VERDICTS[entry.verdict] if entry.offset == offset else "repeat"
    if len(journal) >= JOURNAL_MAX and offset <= book.version:  # its facts are in already
        return "overflow"
    return ""


def list_of_message(book: Bookkeeping, entry: JournalEntry, committed: int) -> bool:  # noqa: ARG001 - as a connection's
    """List a decided event. Return False where the journal is full."""
    if len(book.journal) >= JOURNAL_MAX:
        return False
    book.journal.append(entry)
    return True


def known_of_connection(book: Bookkeeping, event_id: str, offset: int) -> str:
    """Return the outcome of a replayed record, or of an id among the ring's; "" where it is undecided.

    Every record up to the state's version has been decided: one that has no entry was a repeat. Only a state of the time
    before the ring, whose journal had been full, has a version behind its last entry: those records overflowed.
    """
    journal = book.journal
    if offset > book.version:
        return "repeat" if any(entry.event_id == event_id for entry in journal[-RING_MAX:]) else ""
    at = bisect_left(journal, offset, key=_offset_of)
    if at < len(journal):
        return VERDICTS[journal[at].verdict] if journal[at].offset == offset else "repeat"
    return "repeat" if any(entry.event_id == event_id for entry in journal) else "overflow"


def list_of_connection(book: Bookkeeping, entry: JournalEntry, committed: int) -> bool:
    """List a decided event as the ring's latest; drop those before the ring whose records are committed."""
    journal = book.journal
    journal.append(entry)
    surplus = len(journal) - RING_MAX
    if surplus > 0:
        last = journal[surplus - 1]
        journal[surplus - 1] = JournalEntry("", last.offset, last.verdict)
        del journal[: bisect_left(journal, committed, 0, surplus, key=_offset_of)]
    return True
