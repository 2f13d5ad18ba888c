"""What is found by its keys alone is what the whole views say: facts, ids, timeline; on random worlds, under any settings."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from projections.clickhouse.views import MARGIN_DAYS
from schemas.identity import Identity
from schemas.message_state import HORIZON_MS
from tests.integration.projections.test_hostile_settings import ALONE, HOSTILE, told
from tests.support.databases import Databases, Project
from tests.support.world import START_MS, World, message_event

STATUSES = ("queued", "created", "sent", "error", "expired", "number_not_found", "delivered", "read")
MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
MESSAGES = 20
TABLES = (
    "message_state",
    "message_alias",
    "message_group",
    "message_member",
    "message_name",
    "person",
    "message_event",
)


def random_world(seed: int) -> World:
    """Return messages under one id, several, or another's; some told of again a horizon later; persons under several names."""
    rng = random.Random(seed)
    world = World(start_ms=START_MS - HORIZON_MS - 2 * DAY_MS)
    for late in (False, True):
        for _ in range(MESSAGES):
            n = rng.randrange(MESSAGES)
            account = ("acme", "other")[n % 2]
            aliases = tuple(f"m-{rng.randrange(MESSAGES)}" for _ in range(rng.choice((0, 0, 0, 1))))
            name = Identity("phone", f"55119876543{n % 5:02}"), Identity("lid", f"770{n % 4}")
            world.post(
                message_event(
                    f"m-{n}",
                    rng.choice(STATUSES),
                    world.start_ms + late * (HORIZON_MS + DAY_MS) + rng.randrange(60) * MINUTE_MS,
                    account=account,
                    aliases=aliases,
                    client_ref=f"order-{n}" if n % 3 else "",
                    recipient=name[0].value,
                    identities=name[: rng.choice((1, 2))],
                ),
                delay_ms=rng.randrange(1, 30) * MINUTE_MS,
            )
        world.wait(HORIZON_MS)
    return world


def whole(databases: Databases, columns: str) -> list[dict[str, Any]]:
    """Return the rows of the whole view `messages`."""
    result = databases.client.query(f"SELECT {columns} FROM {databases.views}_numbers.messages ORDER BY ALL")
    return [dict(zip(result.column_names, row, strict=True)) for row in result.result_rows]


def known_by(databases: Databases) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield each text that somebody may know, and the rows of the whole view that it names, found one by one."""
    rows = whole(databases, "*")
    persons = databases.rows("SELECT account, identities FROM numbers.persons")
    texts = {name for row in rows for name in (*ids_of(row), row["client_ref"], *names_of(row))} - {""}
    for text in [*sorted(texts), "nobody"]:
        others = {
            (account, name.removeprefix("+"))
            for account, identities in persons
            if text in {value.removeprefix("+") for _, value in identities}
            for _, name in identities
        }
        yield (
            text,
            [
                row
                for row in rows
                if text in {*ids_of(row), row["client_ref"], *names_of(row)}
                or others & {(row["account"], name) for name in names_of(row)}
            ],
        )


def ids_of(row: dict[str, Any]) -> set[str]:
    """Return the ids that a message goes by."""
    return {row["message_id"], *row["aliases"]}


def names_of(row: dict[str, Any]) -> set[str]:
    """Return the names of a message's recipient."""
    return {row["recipient"], row["line"].removeprefix("+"), *(value for _, value in row["identities"])} - {""}


def plain(rows: list[dict[str, Any]]) -> list[str]:
    """Return rows so that they compare whatever their order is."""
    return sorted(repr(sorted(row.items())) for row in rows)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long_fault) for seed in range(1, 9))])
async def test_what_is_found_is_what_the_whole_views_say(databases: Databases, project: Project, seed: int) -> None:
    """By any id, reference or name: rows of messages_found are those of messages, search names them, timeline has all events."""
    assert MARGIN_DAYS * DAY_MS < HORIZON_MS, "the late ones are of another week"
    for table in TABLES:
        databases.client.command(f"SYSTEM STOP MERGES {databases.store}.{table}")
    await project(random_world(seed))
    grouped = databases.value("SELECT count() FROM store.message_merge")
    assert grouped, "nothing is linked"
    for text, expected in known_by(databases):
        found = databases.client.query(
            f"SELECT * FROM {databases.views}_numbers.messages_found(texts = {{texts:Array(String)}})",
            parameters={"texts": [text]},
        )
        rows = [dict(zip(found.column_names, row, strict=True)) for row in found.result_rows]
        assert plain(rows) == plain(expected), text
        keys = databases.rows(
            "SELECT DISTINCT account, message_id, anchor_day FROM numbers.search(texts = {texts:Array(String)})",
            texts=[text],
        )
        assert set(keys) == {(row["account"], row["message_id"], row["anchor_day"]) for row in expected}, text
        for row in expected:
            if text in ids_of(row):
                _compare_timeline(databases, row, text)
    _compare_timelines(databases)


def _compare_timeline(databases: Databases, row: dict[str, Any], text: str) -> None:
    asked = {"account": row["account"], "ids": sorted(ids_of(row))}
    events = databases.rows(
        "SELECT DISTINCT event_id, outcome FROM store.message_event WHERE account = {account:String} AND message_id IN {ids:Array(String)}"
        " UNION ALL SELECT DISTINCT event_id, outcome FROM store.webhook_set_aside"
        " WHERE account = {account:String} AND key IN arrayMap(i -> concat({account:String}, '/', i), {ids:Array(String)})",
        **asked,
    )
    said = databases.rows(
        "SELECT event_id, outcome FROM views.timeline(account = {account:String}, message_id = {text:String})",
        account=row["account"],
        text=text,
    )
    assert sorted(set(said)) == sorted(events), text


def _compare_timelines(databases: Databases) -> None:
    ids = [f"m-{n}" for n in range(MESSAGES)]
    each = "SELECT * FROM views.timeline(account = 'acme', message_id = {id:String})"
    expected = [(id_, *row) for id_ in ids for row in databases.rows(each, id=id_)]
    said = databases.rows("SELECT * FROM views.timelines(account = 'acme', message_ids = {ids:Array(String)})", ids=ids)
    assert sorted(map(repr, said)) == sorted(map(repr, expected))


@pytest.mark.timeout(300)
async def test_what_is_found_is_so_under_any_settings(databases: Databases, project: Project) -> None:
    """Each hostile setting, all at once, and each `readonly`: the rows that a session without any gets."""
    await project(random_world(7))
    group = databases.value("SELECT any(state_id) FROM store.message_merge WHERE account = 'acme'")
    calls = {
        "messages_found": f"messages_found(texts = ['{group}', 'm-2', 'order-1', '7701'])",
        "search": f"search(texts = ['{group}', 'm-2', 'order-1', '7701'])",
        "timeline": f"timeline(account = 'acme', message_id = '{group}')",
        "timelines": f"timelines(account = 'acme', message_ids = ['{group}', 'm-2'])",
    }
    sessions = [*({name: value} for name, value in HOSTILE.items()), *ALONE, HOSTILE]
    sessions += [{**HOSTILE, "readonly": readonly} for readonly in (1, 2)]
    for view, called in calls.items():
        expected = told(databases, view, {}, called)
        assert expected, view
        for settings in sessions:
            assert told(databases, view, settings, called) == expected, (view, settings)
