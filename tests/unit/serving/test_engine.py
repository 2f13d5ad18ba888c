"""What a statement is sent with: the least role, bounds, reading alone, and every word of the caller's as a parameter."""

from typing import Any

import httpx
import pytest

from operations.tokens import new_token
from runtime.clickhouse.settings import ClickHouseSettings
from schemas.access import ClickHouseRole
from serving.queries.engine import Engine
from serving.queries.one_message import facts
from serving.queries.statement import Reach
from serving.settings import Settings

EVIL = "x'\\\n OR 1=1"


@pytest.mark.parametrize(
    ("kept", "uses_roles", "role"),
    [("1", True, "recibo2_analyst"), ("0", True, None), ("1", False, None), ("refused", True, "recibo2_analyst")],
)
async def test_a_statement_runs_under_the_least_role(kept: str, uses_roles: bool, role: str | None) -> None:  # noqa: FBT001 - a case
    """Where the engine keeps roles, or does not say, a statement names the one that it needs; else none."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        if b"user_directories" in request.content:
            return httpx.Response(403) if kept == "refused" else httpx.Response(200, text=f'{{"kept":{kept}}}')
        return httpx.Response(200, text='{"account":"alfa"}\n')

    clickhouse = ClickHouseSettings(views_database="recibo2")
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://engine") as client:
        engine = Engine(clickhouse, Settings(uses_roles=uses_roles), client)
        await engine.look_for_roles()
        token = new_token("t", "viewer", ("alfa",), 1, 0).token
        reach = Reach(token, "recibo2", ClickHouseRole.ANALYST)
        rows: list[dict[str, Any]] = await engine.rows(facts(reach, "alfa", [EVIL]), "query-1")
    given = sent[-1].url.params
    assert rows == [{"account": "alfa"}]
    assert given.get("role") == role
    assert (given["readonly"], given["query_id"], given["param_of_accounts"]) == ("2", "query-1", "['alfa']")
    assert given["param_ids"] == "['x\\'\\\\\\n OR 1=1']"
    assert b"OR 1=1" not in sent[-1].content
