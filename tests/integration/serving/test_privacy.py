"""No byte of another account leaves, whatever is asked; numbers and payloads are for those who may, and each look is noted."""

from typing import Any

import httpx
import pytest

from schemas.access import ROLES, Scope
from serving.queries.catalogue import QUESTIONS
from serving.queries.parameters import FORMATS
from tests.integration.serving.test_lists import DAYS, days_of
from tests.support.api_world import MARKS, NUMBERS, RunningApi

OTHERS = (MARKS["beta"].encode(), NUMBERS["beta"].encode(), b'"beta"')


def says_nothing_of_beta(answer: httpx.Response) -> bool:
    """Return whether no byte of the other account is in an answer, its headers included."""
    said = answer.content + repr(answer.headers).encode()
    return not [mark for mark in OTHERS if mark in said]


@pytest.mark.parametrize("role", ["analyst", "operator"])
async def test_no_byte_of_another_account_leaves(api: RunningApi, role: str) -> None:
    """For every list, and what aims at the other's: rows of the token's own account alone, masked or not.

    Of the streamed formats, which are one statement, each list has one; `test_generated.py` asks in every role.
    """
    token = api.token(role, "alfa")
    theirs = await api.rows("requests", api.token("admin"), **DAYS, account="beta")
    for question in QUESTIONS:
        days = days_of(question)
        for kind in ("json", FORMATS[1 + QUESTIONS.index(question) % (len(FORMATS) - 1)]):
            answer = await api.get(question.name, token, **days, format=kind)
            assert answer.status_code == httpx.codes.OK, answer.text
            assert says_nothing_of_beta(answer), (question.name, kind)
            if question.is_of_accounts and kind == "json":
                assert {row["account"] for row in answer.json()["data"]} == {"alfa"}
        if question.is_of_accounts:
            aimed = await api.get(question.name, token, **days, account="beta")
            assert aimed.json()["total"] == 0
        first = (await api.get(question.name, api.token("admin"), **days, limit=1)).json()
        if first["next"]:
            turned = await api.get(question.name, token, **days, limit=1, cursor=first["next"])
            assert says_nothing_of_beta(turned), question.name
    ids = [row["request_id"] for row in theirs]
    aimed_at: list[tuple[str, dict[str, Any]]] = [
        ("messages", {"id": "BETAMARK-m-01"}),
        ("messages", {"reference": "ref-BETAMARK-m-01"}),
        ("messages", {"text": f"{NUMBERS['beta']}01"}),
        ("messages", {"identity": f"{NUMBERS['beta']}01"}),
        ("persons", {"identity": f"{NUMBERS['beta']}01"}),
        ("requests", {"request_id": ids[0], **DAYS}),
        ("set-aside", {"source": "src-BETAMARK", **DAYS}),
        ("messages/beta/BETAMARK-m-01", {}),
        ("messages/alfa/BETAMARK-m-01", {}),
        ("payloads/beta/BETAMARK-m-01", {}),
        ("payloads/alfa/BETAMARK-m-01", {}),
        *((f"requests/{request_id}/payloads", {}) for request_id in ids[:3]),
    ]
    for path, asked in aimed_at:
        answer = await api.get(path, token, **asked)
        assert answer.status_code in {200, 403, 404}, (path, answer.text)
        assert says_nothing_of_beta(answer), path
        if answer.status_code == httpx.codes.OK:
            assert answer.json()["total"] == 0, (path, asked)


@pytest.mark.parametrize("role", ROLES)
async def test_numbers_are_for_those_who_may_see_them(api: RunningApi, role: str) -> None:
    """Whoever has not the scope finds no number in any answer and finds nobody by one; whoever has it is noted."""
    token, may = api.token(role, "alfa"), Scope.NUMBERS in ROLES[role].scopes
    number = NUMBERS["alfa"].encode()
    for question in QUESTIONS:
        of_numbers = question.shows_numbers or role == "viewer"  # other lists are the same for every role
        for kind in ("json", "csv") if of_numbers else ():
            before = len(api.looks)
            answer = await api.get(question.name, token, **days_of(question), format=kind)
            shown = may and question.shows_numbers
            assert (number in answer.content) == shown, (question.name, kind)
            assert len(api.looks) - before == int(shown)
    one = await api.get("messages/alfa/ALFAMARK-m-13", token)
    assert (number in one.content) == may
    masked = await api.get("messages", token, **DAYS, numbers="false")
    looks = list(api.looks)
    assert number not in masked.content
    found = await api.get("messages", token, identity=f"{NUMBERS['alfa']}05")
    assert found.status_code == (200 if may else 403)
    if may:
        (look,) = api.looks[len(looks) :]
        assert (look.role, look.scope, look.what, look.rows, look.accounts) == (
            role,
            "numbers",
            "messages",
            1,
            ("alfa",),
        )
        assert look.asked == {"identity": f"{NUMBERS['alfa']}05"}
        assert look.request_id == found.headers["x-request-id"]
    else:
        assert api.looks == []
        assert (await api.get("messages", token, text=f"{NUMBERS['alfa']}05")).json()["total"] == 0


@pytest.mark.parametrize("role", ROLES)
async def test_payloads_are_for_those_who_may_see_them(api: RunningApi, role: str) -> None:
    """The bytes of a message's requests, and of one request, for operator and admin, noted; for nobody else."""
    token, may = api.token(role, "alfa"), Scope.PAYLOADS in ROLES[role].scopes
    (request, *_) = await api.rows("requests", token, **DAYS)
    for path, count in (("payloads/alfa/ALFAMARK-m-00", 4), (f"requests/{request['request_id']}/payloads", 1)):
        before = len(api.looks)
        answer = await api.get(path, token)
        assert answer.status_code == (200 if may else 403), answer.text
        if may:
            rows = answer.json()["data"]
            assert len(rows) == count
            assert all('"id": "' in row["body"] and row["account"] == "alfa" for row in rows)
            assert [look.scope for look in api.looks[before:]] == [Scope.PAYLOADS]


async def test_one_message_has_its_timeline_and_sentences(api: RunningApi) -> None:
    """By any id: facts, what came in order, whether its connection is open, and what to tell whom in both languages."""
    answer = (await api.get("messages/alfa/ALFAMARK-m-15", api.token("support", "alfa"))).json()
    assert answer["message"]["message_id"] == "ALFAMARK-m-15"
    assert answer["message"]["conflict"] == 1
    assert [event["status"] for event in answer["timeline"]] == ["error", "delivered"]
    tagged = (await api.get("messages/alfa/ALFAMARK-m-00", api.token("viewer", "alfa"))).json()
    assert [send["tags"] for send in tagged["sends"]] == [{"order": "ALFAMARK-1"}]
    said = answer["sentences"]
    assert {language: sorted(by) for language, by in said.items()} == {
        "en": ["customer", "support"],
        "pt": ["customer", "support"],
    }
    assert said["en"]["support"] != said["pt"]["support"] != ""


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer rcb_x", "Basic cm9vdDpyb290", "Bearer {}x", "bearer  {}"])
async def test_nobody_without_a_token_is_answered(api: RunningApi, header: str) -> None:
    """No token, a made-up one, or one with a letter too many: 401 with how to show one; the scheme's case is no matter."""
    text = api.token("viewer", "alfa")
    answer = await api.client.get("/api/v1/messages", headers={"Authorization": header.format(text)} if header else {})
    is_known = header == "bearer  {}"
    assert answer.status_code == (200 if is_known else 401)
    if not is_known:
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
