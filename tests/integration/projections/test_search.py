"""What people know a message by leads to it, whoever reported it how; a migration fills in what older releases stored."""

import pytest

from projections.clickhouse.migrate import read_migrations
from schemas.identity import Identity
from tests.support.databases import Databases, Project
from tests.support.world import START_MS, World, message_event

FOUND = "SELECT DISTINCT account, message_id, found_by FROM numbers.search(texts = {texts:Array(String)}) ORDER BY ALL"


def a_world() -> World:
    """Two messages to one line in two spellings, one of them under two ids; one to a person known by a lid; one of another account."""
    world = World()
    world.post(message_event("q-1", "queued", START_MS, recipient="551187654321", client_ref="order-1"))
    world.post(message_event("w-1", "read", START_MS + 5, recipient="551187654321", aliases=("q-1",)))
    world.post(message_event("w-2", "created", START_MS, recipient="5511987654321", client_ref="order-2"))
    lid = (Identity("lid", "77@lid"),)
    world.post(message_event("w-3", "created", START_MS, recipient="4915112345678", identities=lid))
    world.post(
        message_event(
            "w-1", "created", START_MS, account="other", recipient="", recipient_kind="", client_ref="order-1"
        )
    )
    return world


EXPECTED = {
    "q-1": [("acme", "w-1", "id")],
    "w-1": [("acme", "w-1", "id"), ("other", "w-1", "id")],
    "order-1": [("acme", "w-1", "reference"), ("other", "w-1", "reference")],
    "order-2": [("acme", "w-2", "reference")],
    "551187654321": [("acme", "w-1", "recipient")],
    "+5511987654321": [("acme", "w-1", "recipient"), ("acme", "w-2", "recipient")],
    "77@lid": [("acme", "w-3", "recipient")],
    "nothing": [],
}


@pytest.mark.parametrize("text", EXPECTED)
async def test_a_message_is_found_by_whatever_it_is_known_by(databases: Databases, project: Project, text: str) -> None:
    """An id, an alias, a reference, a number as reported or canonical, a lid: each leads to the row of recibo.messages."""
    await project(a_world())
    for _ in range(2):
        assert databases.rows(FOUND, texts=[text]) == EXPECTED[text]
        databases.merge("message_name", "message_alias", "message_state")


async def test_what_an_older_release_stored_is_found(databases: Databases, project: Project) -> None:
    """The migration makes the names of all states that are there."""
    await project(a_world())
    databases.client.command(f"TRUNCATE TABLE {databases.store}.message_name SYNC")
    (names,) = [migration for migration in read_migrations() if migration.name == "names"]
    for statement in names.statements(databases.store):
        databases.client.command(statement)
    for text, expected in EXPECTED.items():
        assert databases.rows(FOUND, texts=[text]) == expected
