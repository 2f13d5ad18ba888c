"""The local engine ended between two system calls of an insert: what was acknowledged is there, what is repeated is stored."""

import asyncio
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from deploy.local.engine import clickhouse_program
from projections.clickhouse.migrate import migrate
from projections.rows import projections_of
from projections.settings import Settings
from projections.sink import Sink
from projections.writer import make_writer
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.ports import free_port
from runtime.supervisor import Child
from schemas.topics import Topics
from tests.faults.matrix.size import first_seed, rounds
from tests.faults.means.system_calls import killing
from tests.integration.projections.test_tables import facts, truth
from tests.support.databases import Databases, batches
from tests.support.servers import local_url, running
from tests.support.world import World, busy_world

pytestmark = [pytest.mark.long_fault, pytest.mark.needs_tool("strace"), pytest.mark.timeout(600)]
IMPATIENT = Settings(retry_pause_ms_min=10, retry_pause_ms_max=200, insert_timeout_s=10)
CALLS = ("rename", "write", "fsync", "fdatasync", "mkdir", "unlink", "openat", "close", "pwrite64", "sendto")


class Engine(NamedTuple):
    """An engine that is started again when it dies, with our tables."""

    child: Child
    databases: Databases
    sink: Sink
    """Made while the engine was up: what comes next may find it dead."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine of the test's own."""
    port = free_port()
    with running(clickhouse_program(tmp_path / "data", port), tmp_path) as child:
        url = local_url(tmp_path / "data", port)
        client = connect(ClickHouseSettings(url), timeout_s=10)
        migrate(client, "recibo_store", views_database="recibo")
        with ThreadPoolExecutor(max_workers=2) as threads:
            sink = Sink(client, "recibo_store", threads)
            yield Engine(child, Databases(client, url, "recibo_store", "recibo"), sink)
        client.close()


async def store(engine: Engine, world: World) -> None:
    """Store a world's records as a projector does, waiting while the engine is away."""
    sink = engine.sink
    for projection in projections_of(Topics(1)):
        for batch in batches(world.records.get(projection.topic, []), 100):
            await make_writer(projection, sink, IMPATIENT, asyncio.Event()).store(batch)


def assert_exact(engine: Engine, world: World) -> None:
    """Hold every message and outcome to the world's own truth."""
    engine.child.wait_ready(30)
    databases = engine.databases
    assert facts(databases) == {name: truth(state) for name, state in world.states.items()}
    outcomes = dict(databases.rows("SELECT outcome, count() FROM views.outcomes GROUP BY outcome"))
    assert outcomes == dict(world.outcomes)
    assert databases.value("SELECT count() FROM store.webhook_raw FINAL") == world.outcomes.total()


@contextmanager
def dying(engine: Engine, call: str, nth: int) -> Iterator[None]:
    """Have the engine end at its nth call of a kind."""
    assert engine.child.pid is not None
    with killing(engine.child.pid, call, nth):
        yield


async def test_killed_at_any_system_call(engine: Engine) -> None:
    """Whatever call it dies before, seed after seed, every row is stored and every number is exact."""
    rng = random.Random(first_seed())
    world = busy_world(40, seed=first_seed())
    for _ in range(rounds(6)):
        await asyncio.to_thread(engine.child.wait_ready, 60)
        with dying(engine, rng.choice(CALLS), rng.randrange(1, 40)):
            await store(engine, world)
    await asyncio.to_thread(assert_exact, engine, world)
