"""A person forgotten: found under every name, gone from topics, stores and tables, and every count as it was."""

import asyncio
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.__main__ import recibo
from operations.forget.export import document
from operations.forget.forget import Forgetting, Report
from operations.forget.names import read_identity
from operations.forget.settled import settled
from projections.clickhouse.erase import strip_again
from runtime.clickhouse.client import connect
from runtime.clickhouse.topology import PLAIN
from schemas.errors import DeploymentError
from tests.support.forgotten import (
    NUMBER,
    OTHER,
    end_retention,
    events,
    in_files,
    in_tables,
    in_topics,
    life,
    post,
    say_sent,
    settings_of,
)
from tests.support.line import Line
from tests.support.polling import until

pytestmark = pytest.mark.timeout(300)

ENGINES = ("kafka", "clickhouse")
"""Folders whose files are compressed: what is in them is asked of broker and engine."""
COUNTS = (
    "SELECT status, campaign, count(), min(first_received_at) FROM recibo.messages GROUP BY ALL ORDER BY ALL",
    "SELECT outcome, count() FROM recibo_store.webhook_set_aside FINAL WHERE kind != 'erasure_request' GROUP BY ALL ORDER BY ALL",
    "SELECT count() FROM recibo_store.webhook_raw FINAL WHERE kind != 'erase'",
    "SELECT manifest, count() FROM recibo_store.message_send FINAL GROUP BY ALL ORDER BY ALL",
)


@pytest.fixture
def run() -> str:
    """A name that no other test's messages have."""
    return uuid.uuid4().hex[:10]


async def settle(line: Line) -> None:
    """Return once what was posted is in the tables."""
    await settled(settings_of(line), lambda *_: None)


def asked(line: Line, text: str) -> list[Any]:
    """Return what the engine answers."""
    with connect(line.deployment.clickhouse) as client:
        return list(client.query(text).result_rows)


async def forgotten(line: Line, folder: Path, **more: Any) -> Report:
    """Forget the person."""
    with connect(line.deployment.clickhouse, writes=True) as client:
        forgetting = Forgetting(settings_of(line), client, folder / "secrets.env", lambda *_: None, **more)
        return await forgetting.forget(read_identity(NUMBER))


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


@pytest.mark.long_fault
async def test_no_byte_is_left_once_what_was_named_has_ended(line: Line, run: str) -> None:
    """After retention, compaction and merges: nothing in topics, stores, tables, replaced parts, spool, logs or any other file."""
    await post(line, *life(run))
    await say_sent(line, run)
    await settle(line)
    assert await in_topics(line)
    report = await forgotten(line, line.folder)
    stripped_at = asked(line, "SELECT toString(now())")[0][0]
    named = {part.place.removeprefix("topic ").partition(",")[0] for part in report.parts if part.ends_ms}
    assert set(await in_topics(line)) <= named
    await end_retention(line)
    await post(
        line, *(body for n in range(40) for body in events(f"{run}-roll", OTHER, n, ("queued",), client_ref="z"))
    )
    await settle(line)

    async def topics_are_clean() -> bool:
        return await in_topics(line) == {}

    async def files_are_clean() -> bool:
        return in_files(line.folder, but=ENGINES) == []

    async def parts_are_gone() -> bool:
        old = f"NOT active AND remove_time <= '{stripped_at}'"  # others were replaced since, and hold nothing of the person
        text = f"SELECT count() FROM system.parts WHERE {old} AND startsWith(database, 'recibo')"
        return asked(line, text) == [(0,)]

    await until(files_are_clean, f"files without the person: {in_files(line.folder, but=ENGINES)}", s_max=60)
    await until(topics_are_clean, "topics without the person", s_max=120)
    await until(parts_are_gone, "parts without the person", s_max=120)
    assert in_tables(line) == {}


@pytest.mark.long_fault
async def test_what_comes_of_a_forgotten_message_later_names_nobody(line: Line, run: str) -> None:
    """A late event is counted as it would have been, published nowhere, and its body goes at the next run."""
    await post(line, *events(run, "5511987654321", 1, ("queued",)))
    await settle(line)
    await forgotten(line, line.folder)
    status = (
        "SELECT status, count() FROM recibo.messages WHERE startsWith(message_id, 'erased-') GROUP BY ALL ORDER BY ALL"
    )
    before = dict(asked(line, status))
    late = events(run, "5511987654321", 1, ("read",))
    del late[0]["to"]
    await post(line, *late)
    await settle(line)
    after = dict(asked(line, status))
    assert after["read"] == before.get("read", 0) + 1
    assert after.get("queued", 0) == before["queued"] - 1
    assert asked(line, "SELECT outcome FROM recibo_store.webhook_set_aside WHERE kind = 'erased'") == [("ignored",)]
    assert set(in_tables(line)) == {"recibo_store.webhook_raw"}
    await forgotten(line, line.folder)
    assert in_tables(line) == {}


@pytest.mark.long_fault
async def test_rows_that_come_again_are_stripped_again(line: Line, run: str) -> None:
    """What a restore, a rebuild or a repair brings back of a forgotten person goes before they end, without the key."""
    await post(line, *life(run))
    await settle(line)
    tables = ("webhook_raw", "message_event", "webhook_set_aside", "message_state", "message_alias", "message_name")
    with connect(line.deployment.clickhouse, writes=True) as client:
        for table in tables:
            client.command(
                f"CREATE TABLE recibo_store.{table}_before ENGINE = Memory AS SELECT * FROM recibo_store.{table}"
            )
        await forgotten(line, line.folder)
        for table in tables:
            client.command(f"INSERT INTO recibo_store.{table} SELECT * FROM recibo_store.{table}_before")
            client.command(f"DROP TABLE recibo_store.{table}_before")
        assert in_tables(line)
        strip_again(client, "recibo_store", "recibo_store", PLAIN)
    assert in_tables(line) == {}


@pytest.mark.long_fault
async def test_a_message_sent_later_lives(line: Line, run: str) -> None:
    """Who was forgotten may be written to again: what is first known after the request is as any other message."""
    await post(line, *events(run, "5511987654321", 1, ("queued",)))
    await settle(line)
    await forgotten(line, line.folder)
    await post(line, *events(run, "5511987654321", 2, ("delivered",)))
    await settle(line)
    assert asked(line, f"SELECT status FROM recibo.messages WHERE message_id = '{run}-2'") == [("delivered",)]
    await forgotten(line, line.folder)


async def test_who_is_held_back_is_not_forgotten(line: Line, run: str) -> None:
    """A hold is refused with its reason, whichever spelling asks; released, the person is forgotten."""
    await post(line, *events(run, "5511987654321", 1, ("queued",)))
    await settle(line)
    with connect(line.deployment.clickhouse, writes=True) as client:
        forgetting = Forgetting(settings_of(line), client, line.folder / "secrets.env", lambda *_: None)
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
        forgetting = Forgetting(settings_of(line), client, line.folder / "secrets.env", lambda *_: None)
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


EVERY = 4
"""Of the statements on tables, how many there are to each one that it is cut off after."""


class Killed(BaseException):
    """Nothing that is run can tell it from a death."""


@pytest.mark.long_fault
@pytest.mark.timeout(600)
async def test_cut_off_at_every_step_and_run_again(line: Line, run: str) -> None:
    """Wherever it is cut off, the next run ends as one that was not: nothing of the person, and every count."""
    counts: list[Any] = []
    steps: list[str] = []
    await post(line, *life(f"{run}0"))
    await settle(line)
    expected = [asked(line, text) for text in COUNTS]
    await forgotten(line, line.folder, reached=steps.append)
    assert [asked(line, text) for text in COUNTS] == expected
    statements = [step for step in dict.fromkeys(steps) if step.startswith("statement")]
    for number, last in enumerate([*(s for s in dict.fromkeys(steps) if s not in statements), *statements[::EVERY]]):
        await post(line, *life(f"{run}-{number}"))
        await settle(line)
        expected = [asked(line, text) for text in COUNTS]

        def reached(step: str, last: str = last) -> None:
            if step == last:
                raise Killed

        with pytest.raises(Killed):
            await forgotten(line, line.folder, reached=reached)
        await forgotten(line, line.folder)
        assert in_tables(line) == {}, last
        counts = [asked(line, text) for text in COUNTS]
        assert counts == expected, last


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
