"""One row a message, under however many ids and in however many states it came."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from projections.link import Linker
from projections.literals import LOOKED_UP_MAX
from projections.rows import message_alias
from projections.sink import Sink
from schemas.message_state import HORIZON_MS, absent
from tests.support.databases import Databases, Project
from tests.support.world import START_MS, FakeRecord, World, message_event

_ROW = "SELECT message_id, status, aliases, toUnixTimestamp64Milli(queued_at), toUnixTimestamp64Milli(read_at) FROM views.messages ORDER BY message_id"


def reversed_topics(world: World) -> dict[str, list[FakeRecord]]:
    """Return a world's records, every topic backwards."""
    return {topic: records[::-1] for topic, records in world.records.items()}


@pytest.mark.parametrize("backwards", [False, True])
async def test_a_message_queued_under_its_tracking_id_is_one_row(
    databases: Databases, project: Project, *, backwards: bool
) -> None:
    """Facts reported under an alias count for the message, whichever of the two was inserted first."""
    world = World()
    world.post(message_event("track-1", "queued", START_MS))
    world.post(message_event("wamid-1", "created", START_MS + 5, aliases=("track-1",)))
    world.post(message_event("wamid-1", "read", START_MS + 50))
    world.post(message_event("wamid-2", "created", START_MS + 70, aliases=("track-2",)))
    await project(reversed_topics(world) if backwards else world)
    expected = [
        ("wamid-1", "read", ["track-1"], START_MS, START_MS + 50),
        ("wamid-2", "created", ["track-2"], None, None),
    ]
    for _ in range(2):
        assert databases.rows(_ROW) == expected
        databases.merge("message_state", "message_alias", "message_group", "message_member", "member_hash")


async def test_chains_and_circles_of_ids_end(databases: Databases, project: Project) -> None:
    """An id claimed by an id that is itself claimed leads to the message; two that claim each other are one."""
    world = World()
    world.post(message_event("ref-1", "queued", START_MS))
    world.post(message_event("track-1", "created", START_MS + 1, aliases=("ref-1",)))
    world.post(message_event("wamid-1", "read", START_MS + 2, aliases=("track-1",)))
    world.post(message_event("a", "created", START_MS + 3, aliases=("b",)))
    world.post(message_event("b", "delivered", START_MS + 4, aliases=("a",)))
    await project(world)
    assert databases.rows("SELECT message_id, status, seen FROM views.messages ORDER BY message_id") == [
        ("a", "delivered", 2 + 64),
        ("wamid-1", "read", 1 + 2 + 128),
    ]


async def test_messages_that_share_an_alias_are_one(databases: Databases, project: Project) -> None:
    """Two ids with one tracking id are two tries of one message: one row, under the first that no other goes by too."""
    world = World()
    world.post(message_event("wamid-1", "created", START_MS, aliases=("track-1",)))
    world.post(message_event("wamid-2", "created", START_MS + 1, aliases=("track-1",)))
    world.post(message_event("track-1", "queued", START_MS + 2))
    await project(world)
    assert databases.rows("SELECT message_id, seen FROM views.messages") == [("wamid-1", 3)]


async def test_the_same_id_in_another_account_is_another_message(databases: Databases, project: Project) -> None:
    """Aliases join messages of one account only."""
    world = World()
    world.post(message_event("track-1", "queued", START_MS, account="other"))
    world.post(message_event("wamid-1", "created", START_MS, aliases=("track-1",)))
    await project(world)
    assert databases.value("SELECT count() FROM views.messages") == 2


async def test_a_message_past_the_horizon_keeps_one_row(databases: Databases, project: Project) -> None:
    """An event later than the horizon starts a new state; the view shows one row, with the earlier first times."""
    world = World(start_ms=START_MS - 2 * HORIZON_MS)
    early = world.start_ms
    world.post(message_event("m-1", "queued", early))
    world.post(message_event("m-1", "read", early + 1))
    world.wait(HORIZON_MS + 60_000)
    late = early + HORIZON_MS + 60_000
    world.post(message_event("m-1", "delivered", late))
    for records in (world.records, reversed_topics(world)):
        await project(records)
        rows = databases.rows(
            "SELECT status, toUnixTimestamp64Milli(queued_at), toUnixTimestamp64Milli(delivered_at), anchor_day FROM views.messages"
        )
        assert len(rows) == 1
        assert rows[0][:3] == ("read", early, late)
        assert databases.value("SELECT count() FROM store.message_state FINAL") == 2
    assert rows[0][3].toordinal() == 719163 + early // 86_400_000


async def test_a_large_batch_of_new_ids_is_linked(databases: Databases, clickhouse_url: str) -> None:
    """More new ids than one statement may name are looked up in several: the lane does not get stuck on a backlog."""
    event = message_event("m", "created", START_MS)
    states = []
    for number in range(2 * LOOKED_UP_MAX + 1):
        state = absent(event, START_MS)
        state.message_id, state.aliases = f"wamid.HBgMNTUxMTk4NzY1NDMyMRUCABEYEjQ{number:08d}", [f"track-{number}"]
        states.append(state)
    with ThreadPoolExecutor(1) as threads:
        linker = Linker(Sink(databases.client, databases.store, threads), databases.store)
        await linker.link(message_alias.rows(states))
    assert databases.value("SELECT count() FROM store.message_alias") == 2 * len(states)
    assert databases.value("SELECT count() FROM store.message_link") == 0
