"""Whoever means harm to the API: attempts to inject, cursors made up, slow clients, floods; and an engine that is away."""

import asyncio
import socket
import time
import typing
from typing import Any

import httpx
import pytest

from runtime.clickhouse.settings import ClickHouseSettings
from runtime.ports import HOST, free_port
from serving.queries.catalogue import QUESTIONS
from serving.queries.question import Parameter, Question
from tests.integration.serving.test_lists import DAYS, days_of
from tests.integration.serving.test_privacy import says_nothing_of_beta
from tests.support.api_server import api_server
from tests.support.api_world import RunningApi, running_api, settings_of
from tests.support.databases import Databases, Project
from tests.support.world import START_MS, World, message_event
from tests.unit.serving.test_cursor import HOSTILE

INJECTIONS = (
    "' OR 1=1 --",
    "\\' OR 1=1 --",
    "') UNION ALL SELECT * FROM recibo_numbers.messages --",
    "{account:String}",
    "$views",
    "\\N",
    "['a'] OR 1",
    "'] OR has(['beta",
    "\u2019 OR 1=1",
    "a" * 256,
    "/../../beta",
)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.name)
async def test_no_parameter_lets_anybody_in(api: RunningApi, question: Question) -> None:
    """Each attempt in each parameter is refused in words or finds nothing; none is a fault, or shows another's rows."""
    token = api.token("operator", "alfa")
    for parameter in _new_here(question):
        taken: list[Any] = [*INJECTIONS]
        if typing.get_origin(parameter.kind) is list:
            taken = [taken]  # all of them in one question: any of these values
        for attempt in (*taken, "\0", "\n", "a" * 5_000, ""):
            asked: dict[str, Any] = {**days_of(question), parameter.name: attempt}
            answer = await api.get(question.name, token, **asked)
            assert answer.status_code in {200, 422}, (parameter.name, attempt, answer.text)
            assert says_nothing_of_beta(answer), (parameter.name, attempt)
            if answer.status_code == httpx.codes.OK and parameter.name not in {"limit", "numbers"}:
                assert answer.json()["total"] == 0, (parameter.name, attempt)


def _new_here(question: Question) -> list[Parameter]:
    """Return the parameters that no question before this one in the catalogue has in the very same words."""
    before = [p for other in QUESTIONS[: QUESTIONS.index(question)] for p in other.parameters]
    return [parameter for parameter in question.parameters if parameter not in before]


async def test_no_path_lets_anybody_in(api: RunningApi) -> None:
    """Attempts in the parts of a path find nothing."""
    token = api.token("operator", "alfa")
    for attempt in INJECTIONS[::2]:
        for path in ("messages/{}/m-1", "messages/alfa/{}", "payloads/alfa/{}", "requests/{}/payloads"):
            quoted = httpx.QueryParams({"q": attempt})
            answer = await api.get(path.format(str(quoted)[2:].replace("+", "%20")), token)
            assert answer.status_code in {404, 422}, (path, attempt, answer.text)
            assert says_nothing_of_beta(answer)


@pytest.mark.parametrize("text", HOSTILE)
async def test_a_made_up_cursor_is_refused(api: RunningApi, text: str) -> None:
    """Whatever is sent as a cursor and is none of this list is answered 422, and it is said which parameter is wrong."""
    answer = await api.get("messages", api.token("viewer", "alfa"), cursor=text)
    assert answer.status_code == 422
    assert [wrong["parameter"] for wrong in answer.json()["errors"]] == ["cursor"]


async def test_a_list_goes_on_behind_any_text(api: RunningApi, project: Project) -> None:
    """Where what rows are ordered by has quotes, backslashes and control characters, pages follow one another all the same."""
    world = World()
    names = ["a'b", "a\\b", "a\tb", "a\nb", "a\\'b", "\\N", "{x:String}", "ü🙂"]
    for name in names:
        world.post(message_event(name, "created", START_MS, account="gamma"))
    await project(world)
    token = api.token("viewer", "gamma")
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        asked = {**DAYS, "limit": 1, **({"cursor": cursor} if cursor else {})}
        answer = await api.get("messages", token, **asked)
        assert answer.status_code == 200, answer.text
        found += [row["message_id"] for row in answer.json()["data"]]
        cursor = answer.json()["next"]
    assert sorted(found) == sorted(names)


async def test_what_is_wrong_is_said_of_each_parameter(api: RunningApi) -> None:
    """Unknown parameters, values out of bounds and days that are none are all named at once."""
    token = api.token("viewer")
    answer = await api.get("messages", token, limit=0, nonsense=1, since="2026-13-01", time_zone="Mars/Base")
    assert answer.status_code == 422
    assert {wrong["parameter"] for wrong in answer.json()["errors"]} == {"limit", "nonsense", "since", "time_zone"}
    for asked in ({"since": "2026-02-02", "until": "2026-02-01"}, {"since": "2026-01-01", "until": "2026-12-31"}):
        assert (await api.get("messages", token, **asked)).status_code == 422
    assert (await api.get("messages", token, id="a", reference="b")).status_code == 422
    assert (await api.client.get("/api/v1/nothing")).status_code == 404
    assert (await api.client.post("/api/v1/messages")).status_code == 405
    twice = await api.client.get("/api/v1/messages?limit=1&limit=2", headers={"Authorization": f"Bearer {token}"})
    assert twice.status_code == 422


async def test_an_engine_that_is_away_is_said(databases: Databases) -> None:
    """Where ClickHouse does not answer, the caller is told 503 and when to ask again."""
    async with running_api(ClickHouseSettings(f"http://{HOST}:{free_port()}")) as api:
        answer = await api.get("messages", api.token("viewer"))
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["type"] == "urn:recibo:problem:away"


async def test_databases_that_are_not_there_yet_are_away(databases: Databases) -> None:
    """Before the first migration there is no view: 503, not a fault of ours."""
    async with running_api(ClickHouseSettings(databases.url, views_database="none_such")) as api:
        assert (await api.get("messages", api.token("viewer"))).status_code == 503


async def test_a_question_that_costs_too_much_is_refused(api: RunningApi, databases: Databases) -> None:
    """Over the bound of memory the answer is 422 and says what to ask instead."""
    async with running_api(settings_of(databases), query_bytes_max=2_000_000) as small:
        answer = await small.get("messages", small.token("viewer"))
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:recibo:problem:too-much"), answer.text


async def test_a_token_over_its_rate_waits(databases: Databases) -> None:
    """After its burst a token is answered 429 with the time to wait; another is not concerned."""
    async with running_api(settings_of(databases), token_rate_per_minute=1, token_burst=2) as api:
        token = api.token("viewer")
        answers = [await api.get("freshness", token) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 60
        assert all(answer.headers["ratelimit-policy"] == '"token";q=2;w=120' for answer in answers)
        assert (await api.get("freshness", api.token("viewer", "alfa"))).status_code == 200


async def test_too_many_at_once_are_refused(databases: Databases) -> None:
    """Beyond those that run and those that wait, requests are answered 503 at once, and later ones are taken again."""
    async with running_api(
        settings_of(databases), queries_max=1, exports_max=1, waiting_max=1, requests_of_token_max=100
    ) as api:
        token = api.token("viewer")
        statuses = [a.status_code for a in await asyncio.gather(*(api.get("freshness", token) for _ in range(12)))]
        assert set(statuses) == {200, 503}
        assert (await api.get("freshness", token)).status_code == 200


def test_a_slow_client_is_not_waited_for(databases: Databases) -> None:
    """Who connects and says nothing, or a byte now and then, or begins a second request so, is closed in time."""
    with api_server(settings_of(databases), headers_ms_max=500) as server:
        for beginning in (b"", b"GET /api/v1/messages HTTP/1.1\r\nHost: x\r\nX-Slow: "):
            with socket.create_connection((HOST, server.port), timeout=10) as client:
                client.sendall(beginning)
                began = time.monotonic()
                assert client.recv(1) == b""
                assert time.monotonic() - began < 5
        with socket.create_connection((HOST, server.port), timeout=10) as client:
            client.sendall(b"GET /api/v1/messages HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(65_536).startswith(b"HTTP/1.1 401")
            client.sendall(b"GET /")
            while client.recv(65_536):
                pass
        assert httpx.get(f"{server.url}/api/v1/openapi.json").status_code == 200
        page = httpx.get(f"{server.url}/api/v1/docs")
        assert page.status_code == 200
        assert "http" not in page.text.replace("http-equiv", "")
        for file in ("swagger-ui.css", "swagger-ui-bundle.js"):
            assert httpx.get(f"{server.url}/api/v1/docs/files/{file}").status_code == 200
