"""A world's records stored as a projector would, without Kafka."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from projections.rows import projections_of
from projections.settings import Settings
from projections.sink import Sink
from projections.writer import make_writer
from schemas.topics import Topics
from tests.support.databases import Databases, Project, batches
from tests.support.world import FakeRecord, World


@contextmanager
def projecting(databases: Databases) -> Iterator[Project]:
    """Give a function that stores a world's records in some databases, batch by batch."""
    with ThreadPoolExecutor(max_workers=2) as threads:
        sink = Sink(databases.client, databases.store, threads)

        async def run(world: World | dict[str, list[FakeRecord]]) -> None:
            records = world.records if isinstance(world, World) else world
            generation = world.generation if isinstance(world, World) else 1
            for projection in projections_of(Topics(generation)):
                store = make_writer(projection, sink, Settings(retry_pause_ms_min=10), asyncio.Event())
                for batch in batches(records.get(projection.topic, [])):
                    await store.store(batch)

        yield run
