"""A person forgotten: found under every name, gone from topics, stores and tables, and every count as it was."""

import asyncio
import json
import uuid
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.__main__ import recibo
from operations.forget.export import document
from operations.forget.forget import Forgetting
from operations.forget.key import made_key
from operations.forget.log import read_erasures
from operations.forget.names import read_identity
from runtime.clickhouse.client import connect
from schemas.erasure import KEY_VARIABLE
from schemas.errors import DeploymentError
from tests.support.api_world import running_api
from tests.support.forgotten import (
    COUNTS,
    NUMBER,
    asked,
    events,
    forgotten,
    in_tables,
    life,
    post,
    say_sent,
    settings_of,
    settle,
)
from tests.support.line import Line
from tests.support.polling import until

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def run() -> str:
    """A name that no other test's messages have."""
    return uuid.uuid4().hex[:10]


async def test_a_person_is_forgotten_and_every_count_stays(line: Line, run: str) -> None:
    """Every spelling, id, reference and name is gone from all tables; messages, outcomes and rows are as many as before."""
    await post(line, *life(run))
    await say_sent(line, run)
    await settle(line)
    before = [asked(line, text) for text in COUNTS]
    assert set(in_tables(line)) >= {"recibo_store.message_send", "recibo_store.send_name"}
    report = await forgotten(line, line.folder)
    assert report.messages == 8
    assert in_tables(line) == {}
    assert [asked(line, text) for text in COUNTS] == before
    assert asked(line, "SELECT id FROM recibo.links_missing(since = today() - 1, until = today() + 1)") == []


async def test_who_is_held_back_is_not_forgotten(line: Line, run: str) -> None:
    """A hold is refused with its reason, whichever spelling asks; released, the person is forgotten."""
    await post(line, *events(run, "5511987654321", 1, ("queued",)))
    await settle(line)
    with connect(line.deployment.clickhouse, writes=True) as client:
        forgetting = Forgetting(
            settings_of(line), client, partial(made_key, line.folder / "secrets.env", {}), lambda *_: None
        )
        await forgetting.hold(read_identity("551187654321"), "dispute 4711")
        with pytest.raises(DeploymentError, match="dispute 4711"):
            await forgetting.forget(read_identity(NUMBER))
        assert asked(line, f"SELECT count() FROM recibo.messages WHERE message_id = '{run}-1'") == [(1,)]
        await forgetting.hold(read_identity(NUMBER), None)
        assert (await forgetting.forget(read_identity(NUMBER))).messages == 1


async def test_all_that_is_held_is_exported(line: Line, run: str) -> None:
    """The document has names, places with their ends, and every row about the person; it is whole JSON."""
    await post(line, *life(run))
    await settle(line)
    with connect(line.deployment.clickhouse, writes=True) as client:
        forgetting = Forgetting(
            settings_of(line), client, partial(made_key, line.folder / "secrets.env", {}), lambda *_: None
        )
        report = await forgetting.look(read_identity(NUMBER))
        parts = document(client, "recibo_store", report.person, report.parts, await forgetting.key())
        told = json.loads(b"".join(parts))
    assert told["names"] == [{"kind": "phone", "value": "+5511987654321"}]
    assert len(told["messages"]) == len(told["rows"]["message_state"]) == 8
    assert {part["place"] for part in told["held"]} >= {
        "topic webhook.raw",
        "topic message.state.g1",
        "table webhook_raw",
    }
    assert all(part["ends_ms"] for part in told["held"] if part["place"].startswith("topic"))
    assert any(row["participant"] == "5511987654321" for row in told["rows"]["message_event"])
    assert any("oi" in row["payload"] for row in told["rows"]["webhook_raw"])
    await forgotten(line, line.folder)


def test_the_commands_list_hold_export_and_forget(line: Line, run: str, tmp_path: Path) -> None:
    """What is held is listed with its ends; held back, the person stays, and says why; after a yes, the person is gone."""
    asyncio.run(post(line, *events(run, "5511987654321", 1, ("queued", "delivered"))))
    asyncio.run(settle(line))
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": line.deployment.kafka.bootstrap_servers,
        "CLICKHOUSE_URL": line.deployment.clickhouse.url,
        "RECIBO_DATA_DIR": str(line.folder),
    }

    def told(*words: str, answer: str = "") -> Any:
        return CliRunner().invoke(recibo, words, env=environ, input=answer)

    listed = told("forget", NUMBER, "--dry-run")
    assert listed.exit_code == 0, listed.output
    assert "Messages: 1" in listed.output
    assert "webhook.raw" in listed.output
    assert told("forget", NUMBER, "--hold", "--reason", "dispute 12").exit_code == 0
    assert "dispute 12" in str(told("forget", NUMBER, "--yes").exception)
    assert told("forget", NUMBER, "--release").exit_code == 0
    assert told("export", NUMBER, "--out", str(tmp_path / "person.json")).exit_code == 0
    assert json.loads((tmp_path / "person.json").read_bytes())["messages"] == [
        {"account": "acme", "message_id": f"{run}-1"}
    ]
    assert told("forget", NUMBER, answer="n\n").exit_code == 1
    done = told("forget", NUMBER, answer="y\n")
    assert "Forgotten: 1 messages" in done.output, done.output
    assert in_tables(line) == {}


async def test_a_person_is_forgotten_by_the_api(line: Line, run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may: looks, exports, is refused while the person is held back, forgets, and follows it; each is noted before its answer."""
    await post(line, *life(run))
    await settle(line)
    who = {"identity": NUMBER}
    async with running_api(line.deployment.clickhouse, kafka=line.deployment.kafka) as api:
        admin = api.token("admin")
        refused = await api.post("people/look", admin, who)
        assert (refused.status_code, KEY_VARIABLE in refused.text) == (409, True), refused.text
        key = made_key(line.folder / "secrets.env", {}, await read_erasures(line.deployment.kafka))
        monkeypatch.setenv(KEY_VARIABLE, key.secret.hex())
        for role, accounts in (("operator", ()), ("admin", ("alfa",))):
            assert (
                await api.post("people/forget", api.token(role, *accounts), {**who, "confirmed": True})
            ).status_code == 403
        found = (await api.post("people/look", admin, who)).json()
        assert (found["messages"], found["held_back"], found["state"]) == (8, "", "idle")
        exported = (await api.post("people/export", admin, who)).json()
        assert len(exported["rows"]["message_state"]) == 8
        assert (await api.post("people/hold", admin, {**who, "reason": "dispute 4711"})).status_code == 200
        held = await api.post("people/forget", admin, {**who, "confirmed": True})
        assert (held.status_code, "dispute 4711" in held.text) == (409, True)
        assert (await api.post("people/hold", admin, {**who, "reason": None})).status_code == 200
        assert (await api.post("people/forget", admin, who)).status_code == 422
        assert (await api.post("people/forget", admin, {**who, "confirmed": True})).status_code == 202

        async def is_done() -> bool:
            told = (await api.post("people/look", admin, who)).json()
            assert told["state"] != "failed", told
            return bool(told["state"] == "idle" and told["messages"] == 0)

        await until(is_done, "the person forgotten", s_max=120)
        assert {look.what for look in api.looks} >= {"a person is forgotten", "everything held about a person"}
        assert not any(NUMBER in str(look) for look in api.looks)
    assert in_tables(line) == {}
