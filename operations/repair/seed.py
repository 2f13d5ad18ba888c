"""Pure: what a new generation begins with: those facts of the old one that are older than the log.

A state none of whose events is in the log is taken as it is. Of a state with events on both sides of the log's start,
the older ones are folded again, from the events that the old generation published of it; those in the log will be decided
again. Journal entries before the log's start keep their verdict.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from schemas import connection_state, message_state
from schemas.connection_state import CONNECTION_RANK, RING_MAX, ConnectionState, Latest
from schemas.event import Event
from schemas.message_state import JOURNAL_MAX, VERDICTS, Bookkeeping, JournalEntry, MessageState
from schemas.record import fold_time_ms
from schemas.status import BIT, DELIVERY_MASK, FAILURE_MASK, NAMES_BY_RANK, highest

ALL_OLDER: Final = 2**62
"""Where a log "begins" for what was folded from another log: behind every offset."""


class Published(NamedTuple):
    """An event that the old generation published, and where its record was in the log."""

    event: Event
    offset: int
    at_ms: int


def needs_events(state: MessageState | ConnectionState, start: int) -> bool:
    """Return whether a state has events on both sides of `start`, its raw partition's first offset in the log."""
    return _is_older(state, start) and state.bookkeeping.version >= start


def seed_message(
    state: MessageState, start: int, generation: int, published: Sequence[Published]
) -> MessageState | None:
    """Return what a message's state is before the log's start; None where nothing is older.

    Args:
        state: of the old generation; not changed.
        start: first offset of its raw partition that will be folded again.
        generation: the old one.
        published: the message's events since the state began; only looked at where `needs_events` says so.
    """
    if not _is_older(state, start):
        return None
    if not needs_events(state, start):
        return msgspec.structs.replace(state, bookkeeping=_kept(state, start), seeded_from=generation)
    older, newer = _divided(published, state, start)
    book = _bookkeeping(state, start, older)
    if not _has_unlisted(state, start, older):
        seed = message_state.absent(older[0].event, state.anchor_ms)
    else:  # facts of events that were not published, or are gone from the tables: all but what the log's own say
        seed = msgspec.convert(msgspec.to_builtins(state), MessageState)
        _forget(seed, _said_first_in_log(state, older, newer))
    for one in older:
        message_state.join(seed, one.event)
    seed.bookkeeping, seed.anchor_ms, seed.seeded_from = book, state.anchor_ms, generation
    return seed


def seed_connection(
    state: ConnectionState, start: int, generation: int, published: Sequence[Published]
) -> ConnectionState | None:
    """Return what a connection's state is before the log's start, as `seed_message` does."""
    if not _is_older(state, start):
        return None
    if not needs_events(state, start):
        return msgspec.structs.replace(state, bookkeeping=_kept(state, start), seeded_from=generation)
    older, newer = _divided(published, state, start)
    if not older:  # its older events were not published: all that is certain is when each status was first reported
        return None
    seed = connection_state.absent(older[0].event, state.anchor_ms)
    for one in older:
        connection_state.join(seed, one.event)
    if _has_unlisted(state, start, older):
        for status in state.first_at_ms.keys() - {p.event.status for p in newer}:
            _keep_report(seed, state, status)
    seed.bookkeeping = _bookkeeping(state, start, older)
    seed.bookkeeping.journal = _ring(seed.bookkeeping.journal, older)
    seed.seeded_from = generation
    return seed


def _kept(state: MessageState | ConnectionState, start: int) -> Bookkeeping:
    """Return the bookkeeping of a state that is taken as it is. Offsets of another log are behind none of this one's."""
    book = state.bookkeeping
    if start != ALL_OLDER:
        return book
    entries = [JournalEntry(e.event_id, -1, e.code if e.later is None else (e.code, -1)) for e in book.journal]
    return msgspec.structs.replace(book, version=-1, journal=entries)


def _is_older(state: MessageState | ConnectionState, start: int) -> bool:
    """Return whether a state knows of events before `start`; a connection's whose ring is full may have forgotten them."""
    book = state.bookkeeping
    has_forgotten = isinstance(state, ConnectionState) and len(book.journal) >= RING_MAX
    return has_forgotten or book.version < start or any(e.offset < start for e in book.journal)


def _divided(
    published: Sequence[Published], state: MessageState | ConnectionState, start: int
) -> tuple[list[Published], list[Published]]:
    """Return the events published before the log's start, and those of which the log tells first."""
    known = {entry.event_id for entry in state.bookkeeping.journal if entry.offset < start}  # some published in it only
    newer = [p for p in published if p.offset >= start and p.event.id not in known]
    return [p for p in published if p.offset < start], newer


def _has_unlisted(state: MessageState | ConnectionState, start: int, older: Sequence[Published]) -> bool:
    """Return whether the state knows of older events that are not among `older`: unselected, overflowed, or lost."""
    known = {p.event.id for p in older}
    entries = [entry for entry in state.bookkeeping.journal if entry.offset < start]
    return not older or len(entries) >= JOURNAL_MAX or any(entry.event_id not in known for entry in entries)


def _bookkeeping(state: MessageState | ConnectionState, start: int, older: Sequence[Published]) -> Bookkeeping:
    entries = [entry for entry in state.bookkeeping.journal if entry.offset < start]
    # Where the log published what an older record had left out, the log decides it anew.
    kept = [e if e.last < start else JournalEntry(e.event_id, e.offset, e.code) for e in entries]
    version = max((entry.last for entry in kept), default=start - 1)
    last_at_ms = max((fold_time_ms(p.at_ms, p.event.received_at_ms) for p in older), default=state.anchor_ms)
    return Bookkeeping(version, last_at_ms, kept)


def _ring(kept: Sequence[JournalEntry], older: Sequence[Published]) -> list[JournalEntry]:
    """Return the ring before the log's start: what the old one kept of it, and what has left it and is in the tables."""
    known = {entry.offset: entry for entry in kept}
    later = {entry.later for entry in kept}
    filled = VERDICTS.index("filled")  # which verdict does not matter: what is before the start is not replayed
    entries = {p.offset: JournalEntry(p.event.id, p.offset, filled) for p in older if p.offset not in later} | known
    return [entry for _, entry in sorted(entries.items())][-RING_MAX:]


def _said_first_in_log(state: MessageState, older: Sequence[Published], newer: Sequence[Published]) -> set[str]:
    """Return the statuses that only the log's own events explain: no older one published them, or said them earlier.

    A failure whose cause none of the log's events gives is an older event's. The least status of all is never among them:
    some older event said something.
    """
    published = {p.event.status for p in older}
    first_at_ms: dict[str, int] = {}
    for one in newer:
        status, at_ms = one.event.status, one.event.occurred_at_ms
        first_at_ms[status] = min(at_ms, first_at_ms.get(status, at_ms))
    found = {s for s, at_ms in first_at_ms.items() if s not in published and state.first_at_ms.get(s, at_ms) >= at_ms}
    failure = state.failure
    if failure is not None and not any(
        p.event.status == failure.status and message_state.failure_of(p.event) == failure for p in newer
    ):
        found.discard(failure.status)
    if found >= state.first_at_ms.keys():
        found.discard(min(state.first_at_ms, key=BIT.__getitem__))
    return found


def _forget(state: MessageState, statuses: set[str]) -> None:
    """Take statuses out of a state, in place."""
    for status in statuses & state.first_at_ms.keys():
        del state.first_at_ms[status]
        state.seen &= ~BIT[status]
        state.receipt_times &= ~BIT[status]
        if state.failure is not None and state.failure.status == status:
            state.failure = None
    state.status = highest(state.seen)
    state.conflict = bool(state.seen & FAILURE_MASK and state.seen & DELIVERY_MASK)
    state.delivered_inferred = state.seen & DELIVERY_MASK == BIT[NAMES_BY_RANK[-1]]


def _keep_report(seed: ConnectionState, state: ConnectionState, status: str) -> None:
    """Let a status that only older, unpublished events reported stand in the seed as the old state has it."""
    first, last = state.first_at_ms[status], state.last_at_ms[status]
    seed.first_at_ms[status] = min(first, seed.first_at_ms.get(status, first))
    seed.last_at_ms[status] = max(last, seed.last_at_ms.get(status, last))
    report: Any = (
        state.latest if state.latest.status == status else Latest(last, CONNECTION_RANK[status], "", status, "")
    )
    if report.order() > seed.latest.order():
        seed.latest, seed.status, seed.status_at_ms, seed.reason = report, status, report.at_ms, report.reason
