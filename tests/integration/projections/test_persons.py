"""People in the tables: a message is found by every name of its recipient, also by one that another message linked."""

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from operations.rebuild.people import link_people
from projections.clickhouse.migrate import migrate, read_migrations
from projections.person_edges import PersonEdges
from projections.person_linker import PersonLinker
from projections.persons import Name
from projections.rows import person_link
from projections.sink import Sink
from schemas.identity import Identity
from schemas.topics import Topics
from tests.properties.test_persons import Persons, expected, in_batches, some_events, told
from tests.support.databases import Databases, Project
from tests.support.world import START_MS, World, message_event

PHONE, LID, BSUID = Identity("phone", "551187654321"), Identity("lid", "77001"), Identity("bsuid", "BR.6641")
FOUND = "SELECT DISTINCT account, message_id, found_by FROM {}.search(texts = {{texts:Array(String)}}) ORDER BY ALL"
PERSONS = "SELECT account, line, identities, names FROM numbers.persons ORDER BY ALL"
_KNOWN = (
    "SELECT account, kind, value, tupleElement(max(known) AS whole, 3) FROM store.person GROUP BY account, kind, value "
    "HAVING tupleElement(whole, 2) > 1"
)
TABLES = ("person_link", "person", "person_cut")


def two_links() -> World:
    """One message by lid alone, one by business-scoped id alone, and two that link each with the number, in two spellings."""
    world = World()
    world.post(message_event("m-1", "read", START_MS, recipient=LID.value, recipient_kind="lid", identities=(LID,)))
    world.post(message_event("m-2", "read", START_MS, recipient=BSUID[1], recipient_kind="bsuid", identities=(BSUID,)))
    world.post(message_event("m-3", "read", START_MS, recipient=PHONE.value, identities=(PHONE, LID)))
    new = Identity("phone", "5511987654321")
    world.post(message_event("m-4", "read", START_MS, recipient=new.value, identities=(new, BSUID)))
    world.post(message_event("m-5", "read", START_MS, account="other", recipient=LID[1], recipient_kind="lid"))
    world.post(message_event("m-6", "read", START_MS, recipient="1203", recipient_kind="group", participant=LID[1]))
    return world


@pytest.mark.parametrize("text", ["551187654321", "+5511987654321", LID.value, BSUID.value])
async def test_a_message_is_found_by_a_name_that_others_linked(
    databases: Databases, project: Project, text: str
) -> None:
    """In both directions and over two links, of the same account alone, never through a group; where numbers are masked, nobody."""
    await project(two_links())
    for _ in range(2):
        forms = [text, "5511987654321"] if text == PHONE.value else [text]
        found = databases.rows(FOUND.format("numbers"), texts=forms)
        assert {name for account, name, _ in found if account == "acme"} == {"m-1", "m-2", "m-3", "m-4"}
        assert {name for account, name, _ in found if account != "acme"} == ({"m-5"} if text == LID.value else set())
        rows = databases.rows("SELECT message_id FROM numbers.messages_found(texts = {t:Array(String)})", t=forms)
        assert sorted(rows) == sorted((name,) for name in {name for _, name, _ in found})
        assert databases.rows(FOUND.format("views"), texts=forms) == []
        databases.merge(*TABLES, "message_name", "message_state")


async def test_a_person_is_one_row_with_all_names(databases: Databases, project: Project) -> None:
    """The number in canonical form first; masked in the masked views."""
    await project(two_links())
    line = "+5511987654321"
    assert databases.rows(PERSONS) == [("acme", line, [("phone", line), ("lid", "77001"), ("bsuid", "BR.6641")], 3)]
    assert databases.rows("SELECT line, identities[1] FROM views.persons") == [("+551****21", ("phone", "+551****21"))]


async def test_what_an_older_release_stored_is_linked(databases: Databases, project: Project) -> None:
    """The migration fills the links of all events that are there, and the projector's first start decides the persons."""
    await project(two_links())
    links, persons = databases.rows("SELECT * FROM store.person_link ORDER BY ALL"), databases.rows(PERSONS)
    for table in TABLES:
        databases.client.command(f"TRUNCATE TABLE {databases.store}.{table} SYNC")
    (made,) = [migration for migration in read_migrations() if migration.name == "persons"]
    for statement in made.statements(databases.store):
        databases.client.command(statement)
    assert databases.rows("SELECT * FROM store.person_link ORDER BY ALL") == links
    with ThreadPoolExecutor(1) as threads:
        await PersonLinker(Sink(databases.client, databases.store, threads), databases.store).decide_what_is_not()
    assert databases.rows(PERSONS) == persons


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_tables_hold_what_a_dict_holds(databases: Databases, seed: int) -> None:
    """Of two projectors at once, with repeats, before merges and after: persons are those of a union-find."""
    events = some_events(random.Random(seed), 80)
    with ThreadPoolExecutor(4) as threads:
        edges = PersonEdges(Sink(databases.client, databases.store, threads), databases.store)
        await asyncio.gather(*(told(edges, in_batches(events[n::2], 10), seed + n) for n in range(2)))
    for _ in range(2):
        found: Persons = {
            Name(account, kind, value): tuple(Identity(**name) for name in names)
            for account, kind, value, names in databases.rows(_KNOWN)
        }
        assert found == expected(events)
        databases.merge(*TABLES)


async def test_a_shadows_links_are_added_to_what_is_live(databases: Databases, project: Project) -> None:
    """A rebuild or repair links what its events name, beside what is linked already."""
    world = two_links()
    await project(world)
    persons, shadow = databases.rows(PERSONS), f"{databases.store}_shadow"
    migrate(databases.client, shadow, views_database=None)
    try:
        columns = ", ".join(name for name, _ in person_link.TABLE.columns)
        copied = f"INSERT INTO {shadow}.person_link ({columns}) SELECT {columns} FROM {databases.store}.person_link"
        databases.client.command(f"{copied} WHERE 'bsuid' IN (kind, other_kind)")
        for table in TABLES:
            databases.client.command(f"TRUNCATE TABLE {databases.store}.{table} SYNC")
        topic = Topics(1).message_events
        await project({topic: [r for r in world.records[topic] if b"m-4" not in (r.value or b"")]})
        assert databases.rows(PERSONS) != persons
        await link_people(databases.client, databases.store, shadow)
    finally:
        databases.client.command(f"DROP DATABASE {shadow} SYNC")
    assert databases.rows(PERSONS) == persons
