"""The facts about a connection are a join as well, although there the latest report counts."""

import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from schemas import connection_state
from schemas.connection_state import CONNECTION_RANK, ConnectionState
from schemas.event import Event

events = st.builds(
    Event,
    id=st.sampled_from("abcdefghijkl"),
    account=st.just("acme"),
    source=st.sampled_from(["loja", "espelho"]),
    provider=st.sampled_from(["wpp_marketing", "waha"]),
    connection_id=st.just("c"),
    message_id=st.just(""),
    status=st.sampled_from(tuple(CONNECTION_RANK)),
    provider_status=st.just(""),
    occurred_at_ms=st.integers(1_000, 1_005),
    time_source=st.just("provider"),
    received_at_ms=st.integers(1_000, 1_005),
    old_time=st.booleans(),
    line=st.sampled_from(["", "+5511987654321", "+551187654321"]),
)
# The same id is the same event: what it says is made from it.
histories = st.lists(events, min_size=1, max_size=8, unique_by=lambda event: event.id).map(
    lambda history: [msgspec.structs.replace(event, reason=f"why {event.id}") for event in history]
)


def folded(history: list[Event]) -> ConnectionState:
    state = connection_state.absent(history[0], 7)
    for event in history:
        connection_state.join(state, event)
    return state


def facts(state: ConnectionState) -> dict[str, object]:
    return {name: value for name, value in msgspec.to_builtins(state).items() if name != "_"}


@given(histories, st.randoms())
def test_order_and_repeats_do_not_matter(history: list[Event], rng: random.Random) -> None:
    """Reports folded in any order, any of them again, give the same facts."""
    repeated = history + rng.choices(history, k=len(history))
    rng.shuffle(repeated)
    assert facts(folded(repeated)) == facts(folded(history))


@given(histories, histories)
def test_grouping_does_not_matter(one: list[Event], other: list[Event]) -> None:
    """A part folded, stored, read again and folded on gives the same facts as all at once."""
    other = [msgspec.structs.replace(event, id=event.id.upper()) for event in other]
    resumed = connection_state.decode(connection_state.encode(folded(one)))
    for event in other:
        connection_state.join(resumed, event)
    assert facts(resumed) == facts(folded(other + one))


@given(histories)
def test_the_latest_report_counts(history: list[Event]) -> None:
    """The status is that of the latest report; of two at one time, of the graver; an old one is no exception."""
    state = folded(history)
    latest = max(history, key=lambda event: (event.occurred_at_ms, CONNECTION_RANK[event.status], event.id))
    assert (state.status, state.status_at_ms, state.reason) == (latest.status, latest.occurred_at_ms, latest.reason)
    for status in {event.status for event in history}:
        at_ms = [event.occurred_at_ms for event in history if event.status == status]
        assert (state.first_at_ms[status], state.last_at_ms[status]) == (min(at_ms), max(at_ms))
    assert state.old_time == any(event.old_time for event in history)
    assert state.line == max(event.line for event in history)
