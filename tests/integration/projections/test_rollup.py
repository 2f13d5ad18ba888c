"""What is counted ahead equals what is counted now, however often records come again."""

from projections import rollup
from tests.integration.projections.test_tables import shuffled
from tests.support.databases import Databases, Project
from tests.support.world import DAY_MS, START_MS, World, busy_world, message_event

ALL = "time_zone = 'America/Sao_Paulo', since = '2000-01-01', until = '2100-01-01'"


def refresh(databases: Databases) -> None:
    """Recount now, as a projector does every five minutes."""
    rollup.refresh(databases.client, databases.store)


def counted(databases: Databases, view: str) -> list[tuple[object, ...]]:
    """Return a funnel's rows without the time they were counted."""
    columns = "to_group, day, account, sources, connection_id, campaign, messages, queued, created, sent, delivered, read, error, expired, number_not_found, failed, open, conflict, delivered_inferred"
    return databases.rows(f"SELECT {columns} FROM views.{view}({ALL}) ORDER BY ALL")


async def test_the_rollup_stays_right_under_replay(databases: Databases, project: Project) -> None:
    """Replayed twice in other orders, before and after merges, the rollup equals the funnel to the last message."""
    world = busy_world(300)
    await project(world)
    refresh(databases)
    before = counted(databases, "funnel_rollup")
    assert before == counted(databases, "funnel")
    assert sum(int(str(row[6])) for row in before) == len(world.states)
    for seed in (1, 2):
        await project(shuffled(world, seed))
        refresh(databases)
        assert counted(databases, "funnel_rollup") == before
    databases.merge("message_state")
    refresh(databases)
    assert counted(databases, "funnel_rollup") == before


async def test_a_message_that_moves_between_groups_is_counted_once(databases: Databases, project: Project) -> None:
    """A campaign that is only reported by a later event leaves no row behind under the campaign unknown before."""
    world = busy_world(0)
    world.post(message_event("m-1", "created", world.start_ms))
    await project(world)
    refresh(databases)
    world.post(message_event("m-1", "read", world.start_ms + 5, campaign="spring"))
    await project(world)
    refresh(databases)
    rows = databases.rows(f"SELECT campaign, messages, read FROM views.funnel_rollup({ALL})")
    assert rows == [("spring", 1, 1)]


async def test_a_members_row_that_comes_after_a_recount_is_counted(databases: Databases, project: Project) -> None:
    """Where a week is counted between a state's row and the same row among the members of groups, it is counted again."""
    world = World()
    world.post(message_event("m-1", "queued", START_MS))
    world.post(message_event("m-2", "created", START_MS, aliases=("m-1",)))
    await project(world)
    refresh(databases)
    assert rollup.refresh(databases.client, databases.store) == []
    later = "SELECT * REPLACE (64 AS seen) FROM store.message_state WHERE message_id = 'm-2'"
    member = f"INSERT INTO store.message_member {later}"
    databases.client.command(member.replace("store.", f"{databases.store}."))
    assert len(rollup.refresh(databases.client, databases.store)) == 1
    assert counted(databases, "funnel_rollup") == counted(databases, "funnel")
    assert sum(int(str(row[10])) for row in counted(databases, "funnel_rollup")) == 1


async def test_only_weeks_that_changed_are_counted(databases: Databases, project: Project) -> None:
    """Nothing new, nothing counted; a week's new state, that week; a state grouped with an earlier week's, that one too."""
    world = World(start_ms=START_MS - 14 * DAY_MS)
    world.post(message_event("m-1", "queued", world.start_ms))
    world.post(message_event("m-2", "read", START_MS), delay_ms=14 * DAY_MS)
    await project(world)
    assert len(rollup.refresh(databases.client, databases.store)) == 2
    databases.merge("message_state")
    assert rollup.refresh(databases.client, databases.store) == []
    world = World()
    world.post(message_event("m-3", "delivered", START_MS, aliases=("m-1",)))
    await project(world)
    assert len(rollup.refresh(databases.client, databases.store)) == 2
    assert counted(databases, "funnel_rollup") == counted(databases, "funnel")
    assert sum(int(str(row[6])) for row in counted(databases, "funnel")) == 2
