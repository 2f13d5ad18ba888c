"""Seeds of a new generation: with what the log holds folded onto them, nothing is missing and nothing wrong is left."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from operations.repair.seed import Published, seed_connection, seed_message
from processors.fold import CONNECTION, MESSAGE, StateKind, fold
from schemas.connection_state import CONNECTION_RANK
from schemas.event import NOWHERE, UNDECIDED, ErrorDetail, Event
from schemas.status import FAILURES, RANK

FIRST_MS = 1_700_000_000_000
Told = tuple[int, str, bool]
"""Which event (an id), its status, whether it was selected."""
messages = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(tuple(RANK)), st.booleans()), min_size=1, max_size=12)
connections = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(tuple(CONNECTION_RANK)), st.just(value=True)), min_size=1, max_size=12
)
starts = st.integers(0, 12)


def event_of(number: int, status: str) -> Event:
    """Return an event that is a function of its number and status, as a record and its parser make it."""
    at_ms = FIRST_MS + (number * 7) % 5
    return Event(
        outcome=UNDECIDED,
        request_id="",
        index=0,
        raw=NOWHERE,
        id=f"{number}/{status}",
        account="acme",
        source=f"s{number % 2}",
        provider="wpp_marketing",
        connection_id="c",
        message_id="m" if status in RANK else "",
        status=status,
        provider_status=status,
        occurred_at_ms=at_ms,
        time_source="provider",
        received_at_ms=at_ms + number,
        recipient=f"55{number % 3}",
        aliases=(f"t{number % 4}",),
        error=ErrorDetail(f"category-{number}", str(number)) if status in FAILURES else None,
    )


def folded(
    kind: StateKind, told: Sequence[Told], first: int = 0, state: Any = None
) -> tuple[Any, dict[int, str], list[Published]]:
    """Fold records from offset `first` on; returns the state, each offset's outcome, and what was published."""
    outcomes, published = {}, []
    for offset, (number, status, is_selected) in enumerate(told, start=first):
        event, at_ms = event_of(number, status), FIRST_MS + offset
        state, outcome, _ = fold(kind, state, event, offset, at_ms, None if is_selected else ())
        outcomes[offset] = outcome
        if outcome in ("advanced", "filled"):
            published.append(Published(event, offset, at_ms))
    return state, outcomes, published


def facts(state: Any) -> dict[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(state).items() if name != "seeded_from"}


def check_same_parser(kind: StateKind, seed: Callable[..., Any], told: list[Told], start: int) -> None:
    whole, outcomes, published = folded(kind, told)
    seeded = seed(whole, start, 1, published)
    again, later, _ = folded(kind, told[start:], start, seeded)
    if again is None:  # no record is in the log: the seed is all there is
        return
    assert {**facts(again), "_": None} == {**facts(whole), "_": None}
    if all(is_selected for _, _, is_selected in told):
        assert facts(again) == facts(whole)
        assert later == {offset: outcome for offset, outcome in outcomes.items() if offset >= start}


def check_other_parser(kind: StateKind, seed: Callable[..., Any], told: list[Told], start: int, wrong: str) -> None:
    mistaken = told[:start] + [(number, wrong, is_selected) for number, _, is_selected in told[start:]]
    whole, _, published = folded(kind, mistaken)
    seeded = seed(whole, start, 1, published)
    again, later, _ = folded(kind, told[start:], start, seeded)
    right, outcomes, _ = folded(kind, told)
    if again is None:
        return
    assert facts(again) == facts(right)
    assert later == {offset: outcome for offset, outcome in outcomes.items() if offset >= start}


@given(messages, starts)
@example([(0, "queued", False), (0, "number_not_found", False), (5, "number_not_found", True)], 2)
def test_a_message_folded_again_by_the_same_parser_is_the_same(told: list[Told], start: int) -> None:
    """Whatever part is older than the log, seed and log give the same facts; journal and outcomes too, where all was selected."""
    check_same_parser(MESSAGE, seed_message, told, min(start, len(told) - 1))


@given(connections, starts)
def test_a_connection_folded_again_by_the_same_parser_is_the_same(told: list[Told], start: int) -> None:
    """The same of a connection."""
    check_same_parser(CONNECTION, seed_connection, told, min(start, len(told) - 1))


@given(messages, starts, st.sampled_from(("delivered", "read")))
def test_nothing_that_a_wrong_parser_made_of_the_log_is_left(told: list[Told], start: int, wrong: str) -> None:
    """Where all was selected, the fixed state is what the fixed parser makes of all events, older ones included."""
    all_selected = [(number, status, True) for number, status, _ in told]
    check_other_parser(MESSAGE, seed_message, all_selected, min(start, len(told) - 1), wrong)


@given(connections, starts)
def test_nothing_wrong_is_left_of_a_connection(told: list[Told], start: int) -> None:
    """The same of a connection."""
    check_other_parser(CONNECTION, seed_connection, told, min(start, len(told) - 1), "logout")


@given(messages, starts)
def test_statuses_left_unpublished_are_kept(told: list[Told], start: int) -> None:
    """An older status that no table has, since the source did not select it, is kept unless the log says it no later."""
    start = min(start, len(told) - 1)
    whole, _, published = folded(MESSAGE, told)
    seeded = seed_message(whole, start, 1, published)
    older = folded(MESSAGE, told[:start])[0]
    if older is not None:
        assert seeded is not None
        published_at = [(p.event.status, p.event.occurred_at_ms) for p in published if p.offset >= start]
        for status, at_ms in older.first_at_ms.items():
            said_in_log = [log_ms for log_status, log_ms in published_at if log_status == status]
            assert status in seeded.first_at_ms or min(said_in_log) <= at_ms
