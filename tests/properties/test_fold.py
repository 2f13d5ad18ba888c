"""The fold is a join: the same distinct events give the same facts, in whatever order and however often they came."""

from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processors.fold import CONNECTION, MESSAGE, StateKind, fold
from schemas import connection_state, message_state
from schemas.event import NOWHERE, UNDECIDED, ErrorDetail, Event
from schemas.message_state import HORIZON_MS, JOURNAL_MAX
from schemas.status import FAILURES, RANK, highest

AT_MS = 1_790_000_000_000
WORDS = st.sampled_from(["", "a", "b", "c"])
TIMES = st.integers(AT_MS - 1000, AT_MS + 1000)
SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
SIMPLE = Event(
    outcome=UNDECIDED,
    request_id="",
    index=0,
    raw=NOWHERE,
    id="e0",
    account="acme",
    source="s",
    provider="p",
    connection_id="c",
    message_id="m",
    status="read",
    provider_status="word",
    occurred_at_ms=AT_MS,
    time_source="provider",
    received_at_ms=AT_MS,
)


@st.composite
def message_events(draw: st.DrawFn) -> list[Event]:
    """Distinct events of one message."""
    return [
        Event(
            outcome=UNDECIDED,
            request_id="",
            index=0,
            raw=NOWHERE,
            id=f"e{number}",
            account="acme",
            source=draw(st.sampled_from(["s1", "s2", "s3"])),
            provider=draw(st.sampled_from(["p1", "p2"])),
            connection_id=draw(WORDS),
            message_id="m",
            status=draw(st.sampled_from(sorted(RANK))),
            provider_status="word",
            occurred_at_ms=draw(TIMES),
            time_source="provider",
            absurd_time=draw(st.booleans()),
            received_at_ms=draw(TIMES),
            recipient=draw(WORDS),
            recipient_kind=draw(st.sampled_from(["phone", "lid"])),
            client_ref=draw(WORDS),
            campaign=draw(WORDS),
            pricing=draw(WORDS),
            aliases=tuple(draw(st.lists(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), max_size=6))),
            error=draw(st.none() | st.builds(ErrorDetail, category=WORDS, code=WORDS, title=WORDS)),
        )
        for number in range(draw(st.integers(1, 12)))
    ]


@st.composite
def connection_events(draw: st.DrawFn) -> list[Event]:
    """Distinct events of one connection."""
    return [
        Event(
            outcome=UNDECIDED,
            request_id="",
            index=0,
            raw=NOWHERE,
            id=f"e{number}",
            account="acme",
            source=draw(st.sampled_from(["s1", "s2"])),
            provider=draw(st.sampled_from(["p1", "p2"])),
            connection_id="c",
            message_id="",
            status=draw(st.sampled_from(sorted(connection_state.CONNECTION_RANK))),
            provider_status="word",
            occurred_at_ms=draw(st.integers(AT_MS, AT_MS + 3)),
            time_source="provider",
            received_at_ms=AT_MS,
            reason=draw(WORDS),
        )
        for number in range(draw(st.integers(1, 8)))
    ]


def folded(kind: StateKind, history: list[Event]) -> Any:
    """Fold a history and return its facts: the state without its bookkeeping."""
    state = None
    for offset, event in enumerate(history):
        state, _, _ = fold(kind, state, event, offset, AT_MS, None)
    document = msgspec.json.decode(kind.encode(state))
    del document["_"]
    return document


@SETTINGS
@given(data=st.data(), events=message_events())
def test_message_facts_need_no_order(data: st.DataObject, events: list[Event]) -> None:
    """Any order and any repetition of a message's events give the same facts."""
    repeated = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=10))))
    assert folded(MESSAGE, repeated) == folded(MESSAGE, events)


@SETTINGS
@given(data=st.data(), events=connection_events())
def test_connection_facts_need_no_order(data: st.DataObject, events: list[Event]) -> None:
    """Any order and any repetition of a connection's events give the same facts."""
    repeated = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=10))))
    assert folded(CONNECTION, repeated) == folded(CONNECTION, events)


@SETTINGS
@given(data=st.data(), events=message_events())
def test_regrouping_needs_no_other_state(data: st.DataObject, events: list[Event]) -> None:
    """A state written and read back between any two events continues as if it had never left memory."""
    state: Any = None
    for offset, event in enumerate(events):
        state, _, _ = fold(MESSAGE, state, event, offset, AT_MS, None)
        if data.draw(st.booleans()):
            state = message_state.decode(message_state.encode(state))
    document = msgspec.json.decode(message_state.encode(state))
    del document["_"]
    assert document == folded(MESSAGE, events)


@SETTINGS
@given(events=message_events())
def test_status_never_falls(events: list[Event]) -> None:
    """The status is always the highest seen, and `advanced` is said exactly when it rose."""
    state, best = None, -1
    for offset, event in enumerate(events):
        state, outcome, _ = fold(MESSAGE, state, event, offset, AT_MS, None)
        rank = RANK[event.status]
        assert outcome == ("advanced" if rank > best else "filled")
        best = max(best, rank)
        assert RANK[state.status] == best
        assert state.status == highest(state.seen)
        assert state.conflict == bool(
            any(e.status in FAILURES for e in events[: offset + 1])
            and any(e.status in ("delivered", "read") for e in events[: offset + 1])
        )


@SETTINGS
@given(times=st.lists(TIMES, min_size=JOURNAL_MAX + 1, max_size=JOURNAL_MAX + 20))
def test_a_full_journal_keeps_the_facts(times: list[int]) -> None:
    """Beyond the journal's bound events answer `overflow`, the facts still take them, and the state grows no more."""
    state: Any = None
    outcomes = []
    for offset, at_ms in enumerate(times):
        event = msgspec.structs.replace(SIMPLE, id=f"e{offset}", occurred_at_ms=at_ms)
        state, outcome, _ = fold(MESSAGE, state, event, offset, AT_MS, None)
        outcomes.append(outcome)
    assert outcomes[JOURNAL_MAX:] == ["overflow"] * (len(times) - JOURNAL_MAX)
    assert len(state.bookkeeping.journal) == JOURNAL_MAX
    assert state.first_at_ms == {"read": min(times)}


def test_the_horizon_begins_a_new_state() -> None:
    """An event more than the horizon after the last distinct one meets no state; one just within it does."""
    state, _, _ = fold(MESSAGE, None, SIMPLE, 0, AT_MS, None)
    later = msgspec.structs.replace(SIMPLE, id="e1", status="queued")
    within, outcome, _ = fold(
        MESSAGE, message_state.decode(message_state.encode(state)), later, 1, AT_MS + HORIZON_MS, None
    )
    assert (outcome, within.status) == ("filled", "read")
    beyond, outcome, _ = fold(MESSAGE, state, later, 1, AT_MS + HORIZON_MS + 1, None)
    assert (outcome, beyond.status, len(beyond.bookkeeping.journal)) == ("advanced", "queued", 1)


def test_an_overflow_moves_the_horizon() -> None:
    """A message whose journal is full lives as long as it is reported: the horizon is measured from its last event."""
    state: Any = None
    for offset in range(JOURNAL_MAX + 1):
        event = msgspec.structs.replace(SIMPLE, id=f"e{offset}")
        state, _, _ = fold(MESSAGE, state, event, offset, AT_MS + (HORIZON_MS if offset == JOURNAL_MAX else 0), None)
    later = msgspec.structs.replace(SIMPLE, id="later")
    assert fold(MESSAGE, state, later, JOURNAL_MAX + 1, AT_MS + 2 * HORIZON_MS, None)[1] == "overflow"


def test_an_unselected_status_is_folded() -> None:
    """What the source did not select raises the state all the same, and keeps its verdict on replay."""
    state, outcome, _ = fold(MESSAGE, None, SIMPLE, 0, AT_MS, ("queued",))
    assert (outcome, state.status) == ("unselected", "read")
    assert fold(MESSAGE, state, SIMPLE, 0, AT_MS, ("queued",))[1:] == ("unselected", False)
    assert fold(MESSAGE, state, SIMPLE, 1, AT_MS, ("queued",))[1:] == ("repeat", False)


@given(data=st.data(), kind=st.sampled_from((MESSAGE, CONNECTION)))
def test_which_events_are_published_needs_no_order(data: st.DataObject, kind: StateKind) -> None:
    """An event is published once, where a source selects it, whoever told it first; a replay says what was said."""
    of = SIMPLE if kind is MESSAGE else msgspec.structs.replace(SIMPLE, message_id="", status="logout")
    told = data.draw(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=20))
    records = data.draw(st.permutations(told))
    state: Any = None
    said = []
    for offset, (number, selects) in enumerate(records):
        event = msgspec.structs.replace(of, id=f"e{number}")
        state, outcome, _ = fold(kind, state, event, offset, AT_MS, None if selects else ())
        said.append(outcome)
    published = [
        number for (number, _), outcome in zip(records, said, strict=True) if outcome in ("advanced", "filled")
    ]
    assert sorted(published) == sorted({number for number, selects in told if selects})
    again = kind.decode(kind.encode(state))
    for offset, (number, selects) in enumerate(records):
        event = msgspec.structs.replace(of, id=f"e{number}")
        assert fold(kind, again, event, offset, AT_MS, None if selects else ())[1:] == (said[offset], False)


def test_a_later_selection_says_what_the_first_would_have_been() -> None:
    """The record of a selecting source gets the verdict that the one left out would have had, and moves the version."""
    state, _, _ = fold(MESSAGE, None, SIMPLE, 0, AT_MS, ())
    late = msgspec.structs.replace(SIMPLE, id="e1", status="queued")
    state, outcome, _ = fold(MESSAGE, state, late, 1, AT_MS, ())
    assert outcome == "unselected"
    assert fold(MESSAGE, state, late, 2, AT_MS, None)[1:] == ("filled", True)
    assert fold(MESSAGE, state, SIMPLE, 3, AT_MS, None)[1:] == ("advanced", True)
    assert state.bookkeeping.version == 3
    assert fold(MESSAGE, state, SIMPLE, 4, AT_MS, None)[1:] == ("repeat", False)
    assert fold(MESSAGE, state, SIMPLE, 0, AT_MS, ())[1:] == ("unselected", False)


def test_a_record_before_the_horizon_says_again_what_it_said() -> None:
    """A replayed record of a state that ended gets its stored verdict, and the state begun after it stays as it is."""
    told = [("e0", "read", 0), ("e1", "sent", 1), ("e0", "read", 2), ("e0", "read", HORIZON_MS + 2)]
    events = [(msgspec.structs.replace(SIMPLE, id=name, status=status), AT_MS + ms) for name, status, ms in told]
    state: Any = None
    said = []
    for offset, (event, at_ms) in enumerate(events):
        state, outcome, _ = fold(MESSAGE, state, event, offset, at_ms, None)
        said.append(outcome)
    assert said == ["advanced", "filled", "repeat", "advanced"]
    before = message_state.encode(state)
    again = message_state.decode(before)
    replayed = [fold(MESSAGE, again, event, offset, at_ms, None)[1:] for offset, (event, at_ms) in enumerate(events)]
    assert replayed == [(outcome, False) for outcome in said]
    assert message_state.encode(again) == before


def test_ended_journals_go_when_their_records_are_committed() -> None:
    """What a state keeps of those before it lasts until none of their records is replayed, and no longer."""
    state: Any = None
    for number in range(3):
        event = msgspec.structs.replace(SIMPLE, id=f"e{number}")
        state, _, _ = fold(MESSAGE, state, event, number, AT_MS + number * (HORIZON_MS + 1), None)
    assert [[entry.event_id for entry in journal] for journal in state.former] == [["e0"], ["e1"]]
    at_ms = state.bookkeeping.last_at_ms
    state, _, _ = fold(MESSAGE, state, msgspec.structs.replace(SIMPLE, id="e3"), 3, at_ms, None, 1)
    assert [[entry.event_id for entry in journal] for journal in state.former] == [["e1"]]
    state, _, _ = fold(MESSAGE, state, msgspec.structs.replace(SIMPLE, id="e4"), 4, at_ms, None, 2)
    assert state.former == []
