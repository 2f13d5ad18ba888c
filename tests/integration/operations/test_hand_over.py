"""Rows that a repair adds to weeks it does not replace: those of members of groups are where the views look for them."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from operations.repair.hand_over import hand_over
from operations.repair.plan import Plan
from operations.repair.steps import Begin
from projections.clickhouse.migrate import migrate
from projections.rows import projections_of
from projections.settings import Settings
from projections.sink import Sink
from projections.writer import make_writer
from runtime.clickhouse.settings import ClickHouseSettings
from schemas.topics import Topics
from tests.support.databases import Databases, Project
from tests.support.members import folded, shown
from tests.support.world import START_MS, World, message_event


@pytest.fixture
def plan(databases: Databases, tmp_path: Path) -> Iterator[Plan]:
    """A repair of the session's tables, whose shadow is empty."""
    settings = Settings(clickhouse=ClickHouseSettings(databases.url, database=databases.store))
    made = Plan(settings, databases.client, tmp_path, tmp_path / "recibo.toml", "", lambda *_: None)
    migrate(databases.client, made.shadow, views_database=None)
    yield made
    databases.client.command(f"DROP DATABASE {made.shadow} SYNC")


async def test_a_grouped_state_that_changed_meanwhile_is_whole(
    databases: Databases, project: Project, plan: Plan
) -> None:
    """What only the new generation knows of a state that is a member of a group is shown after the hand-over."""
    world = World()
    world.post(message_event("track-1", "queued", START_MS))
    world.post(message_event("wamid-1", "created", START_MS + 5, aliases=("track-1",)))
    await project(world)
    world.post(message_event("wamid-1", "read", START_MS + 50, aliases=("track-1",)))
    with ThreadPoolExecutor(1) as threads:
        sink = Sink(databases.client, plan.shadow, threads)
        for projection in projections_of(Topics(1)):
            writer = make_writer(projection, sink, plan.settings, asyncio.Event())
            await writer.store(world.records.get(projection.topic, []))
    hand_over(plan, Begin({}, -1), {}, [])
    assert databases.rows("SELECT message_id, status, seen FROM views.messages") == [("wamid-1", "read", 1 + 2 + 128)]
    assert shown(databases) == folded(databases)
