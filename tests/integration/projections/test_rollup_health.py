"""Doctor on what is counted ahead: a change that no recount sees is named, and one that is counted is not."""

from datetime import timedelta

from operations.rollup_health import BEHIND_MAX, judged
from projections import rollup
from tests.support.databases import Databases, Project, until
from tests.support.world import START_MS, World, message_event


async def test_a_change_that_is_not_counted_grows_old(databases: Databases, project: Project) -> None:
    """Nothing waits in empty tables and after a recount; what is inserted then waits until the next one, and is as old as its part."""
    client, store = databases.client, databases.store
    assert rollup.waiting(client, store) == timedelta()
    world = World()
    world.post(message_event("m-1", "queued", START_MS))
    await project(world)
    await until(lambda: rollup.waiting(client, store) > timedelta())
    rollup.refresh(client, store)
    assert rollup.waiting(client, store) == timedelta()
    counted_at = databases.value("SELECT toUnixTimestamp(now())")
    await until(lambda: databases.value("SELECT toUnixTimestamp(now())") > counted_at)  # a part's time has no fractions
    later = World(start_ms=START_MS + 1_000)
    later.post(message_event("m-2", "queued", START_MS + 1_000))
    await project(later)
    await until(lambda: rollup.waiting(client, store) > timedelta())
    rollup.refresh(client, store)
    assert rollup.waiting(client, store) == timedelta()


def test_it_is_said_only_after_rounds_that_counted_nothing() -> None:
    """A change younger than three rounds is all right; an older one is a failure, with how old it is and what to do."""
    assert judged(BEHIND_MAX).level == "ok"
    found = judged(BEHIND_MAX + timedelta(minutes=1))
    assert (found.level, "16 minutes" in found.text) == ("fail", True)
    assert "projector" in found.remedy
