"""A connection is heard for as long as it lives: the ring, its replay, and the states of the time before it."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from processors.fold import CONNECTION, fold
from schemas import connection_state
from schemas.connection_state import RING_MAX, ConnectionState
from schemas.event import NOWHERE, UNDECIDED, Event
from schemas.message_state import HORIZON_MS, JOURNAL_MAX, JournalEntry

AT_MS = 1_790_000_000_000


def report(number: int, status: str = "logout") -> Event:
    """Return report `number` of a connection."""
    return Event(
        outcome=UNDECIDED,
        request_id="",
        index=0,
        raw=NOWHERE,
        id=f"e{number}",
        account="acme",
        source="s",
        provider="p",
        connection_id="c",
        message_id="",
        status=status,
        provider_status=status,
        occurred_at_ms=AT_MS + number,
        time_source="provider",
        received_at_ms=AT_MS + number,
    )


def folded(
    ids: list[int], first: int = 0, state: ConnectionState | None = None, committed: int = 0, left_out: int = 0
) -> tuple[Any, list[str]]:
    """Fold reports of these ids from offset `first` on; return the state and every outcome.

    Every so manieth record, where `left_out` is not 0, is of a source that leaves it out.
    """
    outcomes = []
    for offset, number in enumerate(ids, start=first):
        state, outcome, _ = fold(
            CONNECTION, state, report(number), offset, AT_MS + offset, selection(offset, left_out), committed
        )
        outcomes.append(outcome)
    return state, outcomes


def selection(offset: int, left_out: int) -> tuple[str, ...] | None:
    """Return what the source of the record at an offset selects: nothing, at every so manieth one."""
    return () if left_out and offset % left_out == 0 else None


def test_every_distinct_report_is_published() -> None:
    """Of 1,000 reports none is lost, and the state stays bounded where records are committed as they come."""
    state: Any = None
    for offset in range(1_000):
        state, outcome, _ = fold(CONNECTION, state, report(offset), offset, AT_MS, None, offset)
        assert outcome == "advanced"
        assert len(state.bookkeeping.journal) <= RING_MAX + 1


def test_there_is_no_horizon() -> None:
    """A report repeated after years is a repeat: the connection still lives."""
    state, _ = folded([1])
    _, outcome, changed = fold(CONNECTION, state, report(1), 1, AT_MS + 20 * HORIZON_MS, None)
    assert (outcome, changed) == ("repeat", False)


def test_an_id_beyond_the_ring_is_published_again() -> None:
    """The ring tells a repeat among the last distinct events; the one before them is a new event."""
    state, _ = folded([*range(RING_MAX + 1)])
    assert folded([1], RING_MAX + 1, state)[1] == ["repeat"]
    assert folded([0], RING_MAX + 2, state)[1] == ["filled"]


ids = st.lists(st.integers(0, RING_MAX + 40), min_size=1, max_size=60)


@given(before=st.integers(0, RING_MAX + 80), later=ids, left_out=st.integers(0, 3), data=st.data())
def test_a_replay_repeats_every_outcome(before: int, later: list[int], left_out: int, data: st.DataObject) -> None:
    """From any committed offset on, whatever has been pruned and written meanwhile, a replay says what was said."""
    log = [*range(before), *later]
    whole, outcomes = folded(log, left_out=left_out)
    committed = data.draw(st.integers(0, len(log)))
    durable = data.draw(st.integers(committed, len(log)))
    state = None
    for offset in range(durable):
        now = min(committed, data.draw(st.sampled_from((0, offset)))) if offset % 50 == 0 else 0
        selected = selection(offset, left_out)
        state, _, _ = fold(CONNECTION, state, report(log[offset]), offset, AT_MS + offset, selected, now)
    read = connection_state.decode(connection_state.encode(state)) if state is not None else None
    again, said = folded(log[committed:], committed, read, committed, left_out)
    assert said == outcomes[committed:]
    ring = [entry.event_id for entry in (again or whole).bookkeeping.journal[-RING_MAX:]]
    assert ring == [entry.event_id for entry in whole.bookkeeping.journal[-RING_MAX:]]


def test_what_left_the_ring_keeps_no_id() -> None:
    """An entry that waits for its commit holds offset and verdict alone, and goes with the commit."""
    state, _ = folded([*range(RING_MAX + 10)])
    assert [entry.event_id for entry in state.bookkeeping.journal[:11]] == [""] * 10 + ["e10"]
    state, _ = folded([5_000], RING_MAX + 10, state, committed=6)
    assert state.bookkeeping.journal[0].offset == 6


def full_old_state() -> ConnectionState:
    """Return the state of a connection as it was stored before the ring: 64 events listed, ten more overflowed."""
    state = connection_state.absent(report(0), AT_MS)
    for offset in range(JOURNAL_MAX + 10):
        connection_state.join(state, report(offset))
        if offset < JOURNAL_MAX:
            state.bookkeeping.journal.append(JournalEntry(f"e{offset}", offset, 1))
    state.bookkeeping.version = JOURNAL_MAX + 9
    state.bookkeeping.last_at_ms = AT_MS
    return connection_state.decode(connection_state.encode(state))


def test_a_full_state_of_the_time_before_is_heard_again() -> None:
    """Its next report is published; one that it listed is a repeat; a replay of what overflowed says so again."""
    assert folded([JOURNAL_MAX + 9], JOURNAL_MAX + 9, full_old_state())[1] == ["overflow"]
    assert folded([3], JOURNAL_MAX + 9, full_old_state())[1] == ["repeat"]
    assert folded([3], 3, full_old_state())[1] == ["advanced"]
    state, outcomes = folded([900, 3, JOURNAL_MAX], JOURNAL_MAX + 10, full_old_state())
    assert outcomes == ["advanced", "repeat", "filled"]
    assert len(state.bookkeeping.journal) == JOURNAL_MAX + 2


def test_a_report_weeks_late_lies_where_its_own_time_says() -> None:
    """A `connected` of long ago that comes now does not count against a logout since; its own time is its first time."""
    then_ms = AT_MS - HORIZON_MS
    late = msgspec.structs.replace(
        report(9, "connected"), occurred_at_ms=then_ms, received_at_ms=AT_MS + 50, old_time=True
    )
    logout = report(1, "logout")
    state, _, _ = fold(CONNECTION, None, logout, 0, AT_MS, None)
    state, outcome, _ = fold(CONNECTION, state, late, 1, AT_MS, None)
    assert (outcome, state.status, state.status_at_ms) == ("filled", "logout", logout.occurred_at_ms)
    assert (state.first_at_ms["connected"], state.old_time) == (then_ms, True)
