"""What is counted ahead equals what is counted now, however often records come again."""

from tests.integration.projections.test_tables import shuffled
from tests.support.databases import Databases, Project
from tests.support.world import busy_world, message_event

ALL = "time_zone = 'America/Sao_Paulo', since = '2000-01-01', until = '2100-01-01'"


def refresh(databases: Databases) -> None:
    """Recount now, as the engine does every five minutes."""
    for what in ("REFRESH", "WAIT"):
        databases.client.command(f"SYSTEM {what} VIEW {databases.store}.funnel_slot")


def counted(databases: Databases, view: str) -> list[tuple[object, ...]]:
    """Return a funnel's rows without the time they were counted."""
    columns = "day, account, sources, connection_id, campaign, messages, queued, created, sent, delivered, read, error, expired, number_not_found, failed, open, conflict, delivered_inferred"
    return databases.rows(f"SELECT {columns} FROM views.{view}({ALL}) ORDER BY ALL")


async def test_the_rollup_stays_right_under_replay(databases: Databases, project: Project) -> None:
    """Replayed twice in other orders, before and after merges, the rollup equals the funnel to the last message."""
    world = busy_world(300)
    await project(world)
    refresh(databases)
    before = counted(databases, "funnel_rollup")
    assert before == counted(databases, "funnel")
    assert sum(int(str(row[5])) for row in before) == len(world.states)
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
