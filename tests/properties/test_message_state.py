"""The facts about a message are a join: whatever the order, the repeats and the grouping, the same history gives them."""

import itertools
import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from schemas import message_state
from schemas.event import NOWHERE, UNDECIDED, ErrorDetail, Event
from schemas.identity import IDENTITIES_MAX, KINDS, Identity
from schemas.identity import order as identity_order
from schemas.message_state import ALIASES_MAX, MessageState
from schemas.status import BIT, RANK

STATUSES = tuple(RANK)
words = st.sampled_from(["", "a", "b", "ç"])
times = st.integers(1_700_000_000_000, 1_700_000_000_020)
events = st.builds(
    Event,
    id=st.sampled_from("abcdef"),
    account=st.just("acme"),
    source=st.sampled_from(["loja", "espelho", "outra"]),
    provider=st.sampled_from(["wpp_marketing", "meta_cloud"]),
    connection_id=words,
    message_id=st.just("m"),
    status=st.sampled_from(STATUSES),
    provider_status=words,
    occurred_at_ms=times,
    time_source=st.sampled_from(["provider", "received"]),
    absurd_time=st.booleans(),
    received_at_ms=times,
    recipient=words,
    recipient_kind=st.sampled_from(["", *KINDS, "new"]),
    client_ref=words,
    aliases=st.lists(st.sampled_from([f"t{n}" for n in range(20)]), max_size=3).map(tuple),
    campaign=words,
    pricing=words,
    error=st.none() | st.builds(ErrorDetail, category=words, code=words, title=words),
    first_at=st.just(0) | times,
    old_time=st.booleans(),
    receipt_times=st.just(0),
    billable=st.sampled_from([None, False, True]),
    price_type=words,
    price_category=words,
    price_model=words,
    identities=st.lists(st.builds(Identity, st.sampled_from([*KINDS, "new"]), words), max_size=6).map(tuple),
    line=words,
    template=words,
).flatmap(
    lambda event: st.sampled_from((0, BIT[event.status])).map(
        lambda bits: msgspec.structs.replace(event, receipt_times=bits)
    )
)
histories = st.lists(events, min_size=1, max_size=8)
FIRST_AT_MS = 1_700_000_000_000


def folded(history: list[Event]) -> MessageState:
    state = message_state.absent(history[0], FIRST_AT_MS)
    for event in history:
        message_state.join(state, event)
    return state


def facts(state: MessageState) -> dict[str, object]:
    return {name: value for name, value in msgspec.to_builtins(state).items() if name != "_"}


@given(histories, st.randoms())
def test_order_does_not_matter(history: list[Event], rng: random.Random) -> None:
    """Events folded in any order give the same facts."""
    shuffled = rng.sample(history, len(history))
    assert facts(folded(shuffled)) == facts(folded(history))


@given(histories, st.randoms())
def test_repeats_do_not_matter(history: list[Event], rng: random.Random) -> None:
    """Events folded again, any of them and at any place, change nothing."""
    repeated = history + rng.choices(history, k=len(history))
    rng.shuffle(repeated)
    assert facts(folded(repeated)) == facts(folded(history))


@given(histories, histories)
def test_grouping_does_not_matter(one: list[Event], other: list[Event]) -> None:
    """A part folded, stored, read again and folded on gives the same facts as all at once, whichever part came first."""
    resumed = message_state.decode(message_state.encode(folded(one)))
    for event in other:
        message_state.join(resumed, event)
    assert facts(resumed) == facts(folded(other + one)) == facts(folded(one + other))


@given(histories)
def test_a_status_never_goes_down(history: list[Event]) -> None:
    """With each further event the status is the same or ranks higher, and no first time moves later."""
    state = message_state.absent(history[0], FIRST_AT_MS)
    rank, first = 0, dict[str, int]()
    for event in history:
        message_state.join(state, event)
        assert RANK[state.status] >= rank
        assert all(state.first_at_ms[status] <= at_ms for status, at_ms in first.items())
        rank, first = RANK[state.status], dict(state.first_at_ms)


@given(histories)
def test_facts_say_what_was_reported(history: list[Event]) -> None:
    """Status, conflict, inferred delivery and first times follow from the set of events alone."""
    state, seen = folded(history), {event.status for event in history}
    assert state.status == max(seen, key=RANK.__getitem__)
    assert state.conflict == bool(seen & {"error", "expired", "number_not_found"} and seen & {"delivered", "read"})
    assert state.delivered_inferred == ("read" in seen and "delivered" not in seen)
    assert state.first_at_ms == {s: min(e.occurred_at_ms for e in history if e.status == s) for s in seen}
    assert state.aliases == sorted({alias for event in history for alias in event.aliases})[:ALIASES_MAX]


@given(histories)
def test_shared_facts_say_what_was_reported(history: list[Event]) -> None:
    """Own time, receipts, price, identities, line and template follow from the set of events alone."""
    state = folded(history)
    known = [event.first_at for event in history if event.first_at]
    assert state.first_at == min(known, default=0)
    assert state.old_time == any(event.old_time for event in history)
    said = {event.billable for event in history} - {None}
    assert state.billable == (None if not said else True in said)
    for name in ("price_type", "price_category", "price_model", "line", "template"):
        assert getattr(state, name) == max(getattr(event, name) for event in history)
    identities = {identity for event in history for identity in event.identities}
    assert state.identities == sorted(identities, key=identity_order)[:IDENTITIES_MAX]


@given(histories)
def test_a_number_is_never_replaced_by_a_lesser_kind(history: list[Event]) -> None:
    """Whatever came and in whatever order, the recipient is of the kind that says most of those reported, a number first."""
    state = folded(history)
    reported = {(event.recipient_kind, event.recipient) for event in history if event.recipient}
    kinds = [kind for kind in KINDS if kind in {kind for kind, _ in reported}]
    if kinds:
        assert (state.recipient_kind, state.recipient) == (kinds[0], max(v for k, v in reported if k == kinds[0]))
    else:
        assert state.recipient == max((value for _, value in reported), default="")


@given(histories)
def test_a_first_time_is_a_receipts_where_an_event_received_at_that_time_says_so(history: list[Event]) -> None:
    """The mask has the statuses whose least time is one of a receipt, whatever later times are."""
    state = folded(history)
    least = {(e.status, e.occurred_at_ms) for e in history if e.receipt_times}
    assert state.receipt_times == sum(BIT[s] for s, at_ms in state.first_at_ms.items() if (s, at_ms) in least)


def test_every_order_of_the_eight_statuses() -> None:
    """All 40,320 orders of one event of each status give the same facts."""
    base = Event(
        outcome=UNDECIDED,
        request_id="",
        index=0,
        raw=NOWHERE,
        id="e",
        account="acme",
        source="loja",
        provider="wpp_marketing",
        connection_id="c",
        message_id="m",
        status="queued",
        provider_status="",
        occurred_at_ms=1,
        time_source="provider",
        received_at_ms=1,
    )
    history = [
        msgspec.structs.replace(base, id=status, status=status, occurred_at_ms=1_000 - place, received_at_ms=place)
        for place, status in enumerate(STATUSES)
    ]
    expected = facts(folded(history))
    for order in itertools.permutations(history):
        state = message_state.absent(order[0], FIRST_AT_MS)
        for event in order:
            message_state.join(state, event)
        assert state.seen == 255
        assert (state.status, state.first_at_ms) == (expected["status"], expected["first_at_ms"])
        assert (state.first_received_ms, state.last_received_ms) == (0, 7)
    assert facts(state) == expected
