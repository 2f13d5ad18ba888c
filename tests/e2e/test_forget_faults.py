"""A person forgotten, and what would bring them back: old files, later events, rows that come again, a death at each step."""

import uuid
from typing import Any

import pytest

from projections.clickhouse.erase import strip_again
from runtime.clickhouse.client import connect
from runtime.clickhouse.topology import PLAIN
from tests.support.forgotten import (
    COUNTS,
    OTHER,
    asked,
    end_retention,
    events,
    forgotten,
    in_files,
    in_tables,
    in_topics,
    life,
    post,
    say_sent,
    settle,
)
from tests.support.line import Line
from tests.support.polling import until

pytestmark = [pytest.mark.timeout(300), pytest.mark.long_fault]

ENGINES = ("kafka", "clickhouse")
"""Folders whose files are compressed: what is in them is asked of broker and engine."""
EVERY = 4
"""Of the statements on tables, how many there are to each one that it is cut off after."""


@pytest.fixture
def run() -> str:
    """A name that no other test's messages have."""
    return uuid.uuid4().hex[:10]


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


async def test_a_message_sent_later_lives(line: Line, run: str) -> None:
    """Who was forgotten may be written to again: what is first known after the request is as any other message."""
    await post(line, *events(run, "5511987654321", 1, ("queued",)))
    await settle(line)
    await forgotten(line, line.folder)
    await post(line, *events(run, "5511987654321", 2, ("delivered",)))
    await settle(line)
    assert asked(line, f"SELECT status FROM recibo.messages WHERE message_id = '{run}-2'") == [("delivered",)]
    await forgotten(line, line.folder)


class Killed(BaseException):
    """Nothing that is run can tell it from a death."""


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
