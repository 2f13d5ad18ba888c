"""The pure core of matching: classes, keys, when callbacks are due, and what may be sent again."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciliation.match.classes import CONTRADICTIONS, ORDER, Class, Compared, classify, status_differs
from reconciliation.match.due import FLOOR_MS, Delay, due_times, read_duration_ms
from reconciliation.match.keys import DEFAULT, Key, read_keys
from reconciliation.match.statements import classes
from reconciliation.run.interval import days, month, said
from reconciliation.run.limits import read_limit
from reconciliation.run.resend import Undelivered, verdict
from schemas.errors import ConfigurationError
from schemas.status import BIT, NAMES_BY_RANK

HOUR_MS = 3_600_000
compared = st.builds(
    Compared,
    candidates=st.integers(0, 3),
    is_weak=st.booleans(),
    is_first=st.booleans(),
    is_erased=st.booleans(),
    differs=st.frozensets(st.sampled_from(CONTRADICTIONS)),
    is_due=st.booleans(),
)


@given(compared)
def test_a_row_has_the_first_class_that_holds(row: Compared) -> None:
    """A later row of the same is a duplicate whatever else it is; without a message it is due or not; none is `no_send`."""
    found = classify(row)
    assert found in set(ORDER) - {Class.NO_SEND}
    assert (found == Class.DUPLICATE) == (not row.is_first)
    if found in {Class.NO_CALLBACK, Class.NOT_YET_DUE}:
        assert not row.candidates
        assert (found == Class.NO_CALLBACK) == row.is_due


def test_the_statement_asks_in_the_order_of_the_classes() -> None:
    """The engine's list of classes is the one order, with what is left over at its end."""
    text = classes()
    places = [text.index(f", '{c}'") for c in ORDER if c not in {Class.NO_SEND, Class.NO_CALLBACK}]
    assert places == sorted(places)
    assert text.endswith(f"'{Class.NO_CALLBACK}'")


@pytest.mark.parametrize(
    ("theirs", "ours", "differs"),
    [
        ("", "read", False),
        ("delivered", "", False),
        ("sent", "read", False),
        ("read", "delivered", True),
        ("delivered", "sent", True),
        ("sent", "error", True),
        ("error", "delivered", True),
        ("error", "expired", True),
    ],
)
def test_a_status_differs_where_callbacks_do_not_bear_it_out(*, theirs: str, ours: str, differs: bool) -> None:
    """A row that is only behind does not differ; more than callbacks said, or a failure against anything else, does."""
    assert status_differs(theirs, ours) is differs


def test_keys_are_tried_as_declared_and_weak_ones_last() -> None:
    """Without a word the reference is the key; a key has its fields in their order; a weak one has its window."""
    assert read_keys(()) == DEFAULT
    keys = read_keys(("reference,line", "reference"), ("line, campaign,window=10m",))
    assert keys == (Key(("reference", "line")), Key(("reference",)), Key(("line", "campaign"), 600))
    assert str(keys[-1]) == "line,campaign,window=600s"


@pytest.mark.parametrize(
    ("sure", "weak"),
    [
        (("order",), ()),
        (("",), ()),
        (("line,window=10m",), ()),
        ((), ("line",)),
        (("line,line",), ()),
        ((), ("line,window=8d",)),
    ],
)
def test_a_key_that_cannot_be_one_is_refused(sure: tuple[str, ...], weak: tuple[str, ...]) -> None:
    """An unknown field, none, one twice, or a window in the wrong place is said with what can be written."""
    with pytest.raises(ConfigurationError, match=r"key|--key|--match"):
        read_keys(sure, weak)


def test_callbacks_are_due_when_nearly_all_have_come() -> None:
    """A connection's own times count where enough are known, else the account's; never sooner than the floor."""
    dues = due_times([Delay("", 900, 3 * HOUR_MS), Delay("loja-01", 300, 30 * HOUR_MS), Delay("loja-02", 9, 1)], "acme")
    assert [(d.connection_id, d.after_ms) for d in dues] == [("", FLOOR_MS), ("loja-01", 30 * HOUR_MS)]
    assert dues[0].why == "99.5 % of acme's arrive within 3 h; floor 24 h"
    assert dues[0].why_pt == "99,5 % dos de acme chegam em até 3 h; mínimo 24 h"
    assert due_times([], "acme")[0].after_ms == FLOOR_MS
    assert due_times([], "acme", fixed_ms=read_duration_ms("72h"))[0].why == "72 h, as asked for"


@given(st.builds(Undelivered, compared=st.sampled_from(list(Class)), seen=st.integers(0, 255)))
def test_what_may_have_arrived_is_never_safe_to_send_again(row: Undelivered) -> None:
    """`safe` is an error that came before WhatsApp took the message, that nobody says otherwise of, and nothing else."""
    found, why = verdict(row)
    assert why
    if found == "safe":
        assert row.seen & BIT["error"]
        assert not row.seen & (BIT["delivered"] | BIT["read"] | BIT["sent"] | BIT["expired"])
        assert not any((row.is_said_delivered, row.is_said_taken, row.delivered_since, row.reference_delivered))
        assert row.is_first
        assert row.compared in {Class.MATCHED, Class.STATUS_DIFFERS}
    if row.compared in {
        Class.AMBIGUOUS,
        Class.DUPLICATE,
        Class.NOT_YET_DUE,
        Class.MATCHED_WEAKLY,
        Class.NUMBER_DIFFERS,
    }:
        assert found == "no"


def test_a_message_that_nobody_heard_of_may_double() -> None:
    """No callback, or taken and never delivered: it may have arrived."""
    heard = Undelivered(compared=Class.MATCHED, seen=BIT["created"])
    assert verdict(Undelivered(compared=Class.NO_CALLBACK, seen=0)) == ("may_double", "no_callback")
    assert verdict(heard)[0] == "may_double"
    assert verdict(replace(heard, seen=BIT["created"] | BIT["error"]))[0] == "safe"
    assert NAMES_BY_RANK[0] == "queued"


def test_a_month_is_half_open_in_the_zone_of_the_account() -> None:
    """November 2026 in São Paulo begins and ends at 03:00 UTC; December's end is January's beginning."""
    november = month("2026-11", "America/Sao_Paulo")
    assert said(november, "America/Sao_Paulo") == ("[2026-11-01T00:00-03:00, 2026-12-01T00:00-03:00) America/Sao_Paulo")
    assert november.until_ms - november.since_ms == 30 * 24 * HOUR_MS
    assert month("2026-12", "UTC").until_ms == month("2027-01", "UTC").since_ms
    with pytest.raises(ConfigurationError, match="2026-11"):
        month("11/2026", "UTC")
    with pytest.raises(ConfigurationError, match="before"):
        days(date(2026, 1, 2), date(2026, 1, 1), "UTC")


def test_a_threshold_is_passed_by_more_than_it_says() -> None:
    """A share is of the rows compared, exactly; a number is a number."""
    share, number = read_limit("no_callback > 0.1%"), read_limit("number_differs>0")
    assert not share.is_passed({"no_callback": 1}, 1000)
    assert share.is_passed({"no_callback": 2}, 1000)
    assert number.is_passed({"number_differs": 1}, 10**9)
    assert not number.is_passed({}, 0)
    for wrong in ("no_callback", "lost > 1%", "no_callback > x", "no_callback < 1"):
        with pytest.raises(ConfigurationError, match="threshold"):
            read_limit(wrong)
