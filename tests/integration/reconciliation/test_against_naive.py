"""Matching in the engine against a naive matcher of dictionaries, on rows and messages that hypothesis makes."""

import random
import uuid
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reconciliation.match.classes import Class
from reconciliation.match.comparison import Extent
from reconciliation.match.keys import read_key
from schemas.erasure import known_as
from tests.differential.naive_matching import NaiveMatcher
from tests.support.databases import Databases
from tests.support.reconciled import (
    MESSAGE,
    SALT,
    SEND,
    asked_of,
    at,
    compared,
    forget_messages,
    insert_messages,
    insert_sends,
)
from tests.support.world import DAY_MS, START_MS

HOUR_MS = 3_600_000
NOW_MS = START_MS + DAY_MS
DUE_MS = 18 * HOUR_MS
NUMBERS = ("+5511987650001", "+5511987650002")
PERSON = {("phone", NUMBERS[0]), ("bsuid", "BR.1")}
PEOPLE = (("phone", NUMBERS[0]), ("phone", NUMBERS[1]), ("bsuid", "BR.1"), ("bsuid", "BR.2"), ("lid", "9"), ("", ""))
KEYS = [(("reference",), 0), (("campaign", "line"), 0), (("line", "connection"), 600)]
FORGOTTEN: dict[str, Any] = {
    **dict.fromkeys(("client_ref", "line", "recipient", "recipient_kind"), ""),
    "aliases": [],
    "identities": [],
    "erased": True,
}
"""What is left of a message whose person was forgotten."""
WORLDS = 60
"""Compared together, since a comparison takes the engine a second whatever is in it: names of one are none of another."""


def a_time(chance: random.Random) -> int:
    return START_MS + chance.randrange(23 * 6) * 600_000


def a_send(chance: random.Random, world: str) -> dict[str, Any]:
    kind, value = chance.choice(PEOPLE)
    return SEND | {
        "manifest": chance.choice(["key:1", "key:2"]),
        "message_id": named(world, chance.choice(["", "", "m1", "m2", "m3", "m4", "gone", "m9"])),
        "reference": named(world, chance.choice(["", "", "r1", "r2", "r3"])),
        "line": value if kind == "phone" else "",
        "recipient": value.removeprefix("+"),
        "recipient_kind": kind,
        "campaign": named(world, chance.choice(["", "spring", "autumn"])),
        "connection_id": named(world, chance.choice(["", "loja-01", "loja-02"])),
        "status": chance.choice(["", "", "", "sent", "delivered", "read", "error"]),
        "sent_ms": chance.choice([None, a_time(chance), a_time(chance)]),
        "version_ms": NOW_MS - chance.choice([1, 20]) * HOUR_MS,
    }


def a_message(chance: random.Random, world: str, name: str) -> dict[str, Any]:
    kind, value = chance.choice(PEOPLE)
    message = MESSAGE | {
        "message_id": named(world, name),
        "aliases": [named(world, one) for one in chance.choice([[], [], ["m4"], ["m9"]])],
        "client_ref": named(world, chance.choice(["", "r1", "r2", "r3"])),
        "line": value if kind == "phone" else "",
        "recipient": value.removeprefix("+"),
        "recipient_kind": kind,
        "identities": chance.choice([[], [], [("bsuid", "BR.1")], [("lid", "9")]]),
        "campaign": named(world, chance.choice(["", "spring", "autumn"])),
        "connection_id": named(world, chance.choice(["", "loja-01", "loja-02"])),
        "status": chance.choice(["created", "sent", "delivered", "read", "error"]),
        "first_ms": a_time(chance),
    }
    return message | FORGOTTEN if name == "gone" else message


def named(world: str, name: str) -> str:
    return f"{name}-{world}" if name else ""


def a_world(seed: int, number: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    chance, world = random.Random(f"{seed}/{number}"), str(number)
    sends = [a_send(chance, world) | {"row": number * 100 + n} for n in range(1, chance.randint(2, 9))]
    names = ("m1", "m2", "gone", "m3", "m5", "m6", "m7")[: chance.randint(0, 7)]
    messages = [a_message(chance, world, name) for name in names]
    if number % 3 == 0:  # nothing but likeness and nearness is left to find them by
        for one in (*sends, *messages):
            one["sent_ms" if "row" in one else "first_ms"] = START_MS + chance.randrange(6) * 300_000
            one.update(line=NUMBERS[0], recipient=NUMBERS[0][1:], recipient_kind="phone", campaign="")
            one.update(connection_id=named(world, "loja-01"), reference="", identities=[])
            if "row" in one:
                one.update(message_id="")
            elif one["erased"]:
                one.update(FORGOTTEN)
        del messages[2:]
    return sends, messages


def test_the_engine_and_a_naive_matcher_agree(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row has the same class, message, differences and candidates, what has no row is the same, and each class occurs.

    Rows are looked up in portions, as of millions of them.
    """
    monkeypatch.setattr("reconciliation.match.compare._NAMES_AT_ONCE", 700)
    occurred: Counter[str] = Counter()

    @settings(max_examples=6, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(st.integers(0, 2**64))
    def agree(seed: int) -> None:
        account = f"acme-{uuid.uuid4().hex}"
        worlds = [a_world(seed, number) for number in range(WORLDS)]
        sends = [send for some, _ in worlds for send in some]
        messages = [message for _, some in worlds for message in some]
        insert_sends(databases, account, sends)
        called = forget_messages(databases, account, [m["message_id"] for m in messages if m["erased"]])
        insert_messages(
            databases, account, [m | {"message_id": called.get(m["message_id"], m["message_id"])} for m in messages]
        )
        insert_person(databases, account)
        keys = tuple(read_key(text) for text in ("reference", "campaign,line", "line,connection,window=10m"))
        asked = asked_of(databases, account, account, ("key:1", "key:2"), NOW_MS, keys=keys)
        compared(databases, asked, fixed_due_ms=DUE_MS)
        found = found_rows(databases, account)
        bare = found_bare(databases, account)
        for number, (some, others) in enumerate(worlds):
            naive = NaiveMatcher(some, others, KEYS, [PERSON])
            for row, (what, name, *more) in zip(some, naive.classes(NOW_MS, DUE_MS), strict=True):
                expected = (what, called.get(name, name), *more)
                assert found.pop((row["manifest"], row["row"])) == expected, (seed, number, row, some, others)
                occurred[what] += 1
            for message in others:
                is_bare = message["message_id"] in naive.without_rows(START_MS - DAY_MS, NOW_MS + DAY_MS)
                is_within = asked.whole.since_ms <= message["first_ms"] < asked.whole.until_ms
                is_told = asked.tells_no_send and is_bare and is_within and in_scope(message, asked.extent)
                name = called.get(message["message_id"], message["message_id"])
                assert (name in bare) == is_told, (seed, number, message)
        assert not found

    agree()
    assert {str(c) for c in Class} - occurred.keys() <= {"no_send"}
    assert min(occurred.values()) > 5, occurred


def test_a_row_given_again_after_its_person_was_forgotten_is_erased(databases: Databases) -> None:
    """By its message's own id or another one, with the message's row or without it: what the run keeps names neither. So is a
    row that was stripped itself.
    """
    given = ("m1", "a1", "m2", "m3", known_as(SALT, b"acme/manifest/5"))
    rows = [{"row": n, "message_id": name, "reference": f"r{n}"} for n, name in enumerate(given, 1)]
    insert_sends(databases, "acme", rows)
    called = forget_messages(databases, "acme", ["m1", "m2"])
    insert_messages(databases, "acme", [{"message_id": called["m1"], "first_ms": START_MS, **FORGOTTEN}])
    other = known_as(SALT, b"acme/a1")
    columns = ["account", "id", "message_id", "anchor_day"]
    day = at(START_MS).date()
    databases.client.insert(
        f"{databases.store}.message_alias", [["acme", other, called["m1"], day]], column_names=columns
    )
    compared(databases, asked_of(databases, "acme", "run", ("key:1",), NOW_MS + 9 * DAY_MS))
    text = "SELECT row, class, message_id, reference FROM store.reconciliation_difference ORDER BY row"
    assert databases.rows(text) == [
        (1, "erased", called["m1"], ""),
        (2, "erased", "", ""),
        (3, "erased", "", ""),
        (4, "no_callback", "m3", "r4"),
        (5, "erased", "", ""),
    ]


def test_messages_without_a_row_are_told_within_the_time_and_connections_compared(databases: Databases) -> None:
    """What no row can mean is told where rows say when they were sent, of the connections that they name alone."""
    insert_sends(
        databases,
        "acme",
        [
            {"row": 1, "message_id": "m1", "connection_id": "loja-01", "sent_ms": START_MS},
            {"row": 2, "reference": "r2", "connection_id": "loja-01", "sent_ms": START_MS + HOUR_MS},
        ],
    )
    of_one = {"connection_id": "loja-01", "first_ms": START_MS + 1}
    insert_messages(
        databases,
        "acme",
        [
            {"message_id": "m1", **of_one},
            {"message_id": "m2", **of_one, "client_ref": "r2"},
            {"message_id": "bare", **of_one},
            {"message_id": "later", **of_one, "first_ms": START_MS + HOUR_MS + 1},
            {"message_id": "other", **of_one, "connection_id": "loja-02"},
        ],
    )
    compared(databases, asked_of(databases, "acme", "run", ("key:1",), NOW_MS))
    assert found_bare(databases, "acme") == {"bare"}


def in_scope(message: dict[str, Any], extent: Extent) -> bool:
    return (not extent.connections or message["connection_id"] in extent.connections) and (
        not extent.campaigns or message["campaign"] in extent.campaigns
    )


def insert_person(databases: Databases, account: str) -> None:
    rows = [[account, *one, START_MS // DAY_MS, (0, 2, sorted(PERSON, reverse=True))] for one in sorted(PERSON)]
    databases.client.insert(
        f"{databases.store}.person",
        rows,
        column_names=["account", "kind", "value", "month", "known"],
        column_type_names=[
            *("LowCardinality(String)", "LowCardinality(String)", "String", "UInt16"),
            "Tuple(UInt32, UInt32, Array(Tuple(String, String)))",
        ],
    )


def found_rows(databases: Databases, account: str) -> dict[tuple[str, int], tuple[Any, ...]]:
    rows = databases.rows(
        "SELECT manifest, row, class, message_id, differs, candidate_ids FROM store.reconciliation_difference FINAL "
        "WHERE account = {account:String} AND class != 'no_send'",
        account=account,
    )
    return {(m, r): (c, i, list(d), list(ids)) for m, r, c, i, d, ids in rows}


def found_bare(databases: Databases, account: str) -> set[str]:
    rows = databases.rows(
        "SELECT message_id FROM store.reconciliation_difference FINAL WHERE account = {account:String} AND class = 'no_send'",
        account=account,
    )
    return {name for (name,) in rows}
