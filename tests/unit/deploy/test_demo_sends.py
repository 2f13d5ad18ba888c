"""The demo's rows of what was sent: every class is among them, and the ledger names what is of another."""

import pytest

from deploy.demo.match import match
from deploy.demo.reconcile import wrong_classes, wrongly_safe
from deploy.demo.sends_truth import Plan, account_of, messages_of, plan
from deploy.demo.sources import OWN_SOURCES
from deploy.demo.traffic import generate
from deploy.demo.truth import work_out
from reconciliation.match.classes import Class
from tests.support.offline_line import run_offline

START_MS = 1_773_144_000_000
RECEIVED_MS = START_MS + 7_200_000


def planned(seed: int) -> tuple[str, Plan]:
    traffic = generate(seed, 4_000, OWN_SOURCES, "1773144", START_MS)
    attempts, observed, _ = run_offline(traffic, RECEIVED_MS)
    truth = work_out(match(traffic, attempts, observed.raw).records)
    account = account_of(truth)
    return account, plan(messages_of(truth, account), RECEIVED_MS)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_class_is_planted(seed: int) -> None:
    """Whatever the traffic: each class has a row, somebody is forgotten, and some messages have no row."""
    _, rows = planned(seed)
    assert {*rows.classes, "no_send"} == {str(c) for c in Class}
    assert rows.forgotten[1]
    assert rows.without


def test_the_ledger_names_a_row_of_another_class_and_a_message_wrongly_called_safe() -> None:
    """What is found is held to the truth: one other class, one message that is not told, one delivered and called safe."""
    account, rows = planned(1)
    found = [(row, what, "") for row, what in enumerate(rows.classes, 1)]
    bare = [(0, "no_send", message_id) for message_id in sorted(rows.without)]
    assert list(wrong_classes(account, rows, [*found, *bare])) == []
    place = rows.classes.index("matched")
    found[place] = (place + 1, "no_callback", "")
    assert len(list(wrong_classes(account, rows, [*found, *bare[1:]]))) == 2
    arrived = [n for n in range(1, len(rows.rows) + 1) if rows.may_have_arrived(n)]
    assert len(list(wrongly_safe(account, rows, range(1, len(rows.rows) + 1)))) == len(arrived) > 0
