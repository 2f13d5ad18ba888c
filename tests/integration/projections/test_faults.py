"""Exact although the way between client and engine fails: before, during and after an insert."""

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from projections.errors import Stopping, TooManyRefused
from projections.link import Linker
from projections.metrics import REGISTRY
from projections.rows import projections_of
from projections.rows.table import Projection
from projections.settings import Settings
from projections.sink import Sink
from projections.writer import Writer
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from schemas.topics import Topics
from tests.integration.projections.test_tables import facts, truth
from tests.support.databases import Databases, batches, until
from tests.support.faulty_proxy import Fault, FaultyProxy, faulty_proxy, through
from tests.support.world import START_MS, FakeRecord, World, busy_world, message_event

IMPATIENT = Settings(retry_pause_ms_min=1, retry_pause_ms_max=20, insert_timeout_s=2)


class Stores:
    """One store a topic, through a proxy."""

    def __init__(self, databases: Databases, proxy: FaultyProxy, threads: ThreadPoolExecutor) -> None:
        client = connect(ClickHouseSettings(through(proxy, databases.url)), timeout_s=IMPATIENT.insert_timeout_s)
        self.sink = Sink(client, databases.store, threads)
        self.stopping = asyncio.Event()
        self._linker = Linker(self.sink, databases.store)

    def of(self, projection: Projection) -> Writer:
        """Return the store of a topic."""
        linker = self._linker if projection.topic.startswith("message.state") else None
        return Writer(projection, self.sink, linker, IMPATIENT, self.stopping)


async def exact_after(databases: Databases, faults: list[Fault], world: World) -> list[Fault]:
    """Project a world while inserts meet `faults`; check every message and count; return the faults met."""
    with ThreadPoolExecutor(max_workers=2) as threads:
        async with faulty_proxy(databases.url) as proxy:
            stores = await asyncio.to_thread(Stores, databases, proxy, threads)
            proxy.faults.extend(faults)
            for projection in projections_of(Topics(1)):
                for batch in batches(world.records.get(projection.topic, []), 100):
                    await stores.of(projection).store(batch)
    for _ in range(2):
        assert facts(databases) == {name: truth(state) for name, state in world.states.items()}
        outcomes = dict(databases.rows("SELECT outcome, count() FROM views.outcomes GROUP BY outcome"))
        assert outcomes == dict(world.outcomes)
        assert databases.value("SELECT count() FROM store.webhook_raw FINAL") == world.outcomes.total()
        databases.merge("message_state", "message_event", "webhook_raw", "webhook_set_aside")
    return proxy.met


@pytest.mark.parametrize("fault", Fault)
async def test_each_fault_leaves_every_number_exact(databases: Databases, fault: Fault) -> None:
    """Whatever happens to an insert, it is made again, and rows that were in already change nothing."""
    met = await exact_after(databases, [fault] * 4, busy_world(60))
    assert met == [fault] * 4


async def test_many_faults_in_any_order_leave_every_number_exact(databases: Databases) -> None:
    """A bad day: most inserts fail, several times over, in random ways."""
    random_ = random.Random(7)
    quick = [fault for fault in Fault if fault is not Fault.STALL_AFTER]
    met = await exact_after(databases, random_.choices(quick, k=150), busy_world(400, seed=3))
    assert set(met) == set(quick)


async def test_an_engine_that_is_away_is_waited_for(databases: Databases) -> None:
    """While nothing answers the store waits and says so; once the engine is back the rows go in."""
    world = World()
    world.post(message_event("m-1", "read", START_MS))
    with ThreadPoolExecutor(max_workers=1) as threads:
        async with faulty_proxy(databases.url) as proxy:
            stores = await asyncio.to_thread(Stores, databases, proxy, threads)
            proxy.is_away = True
            proxy.faults.append(Fault.RESET_BEFORE)  # ends the connection kept alive
            topic = Topics(1).message_state
            store = stores.of(next(p for p in projections_of(Topics(1)) if p.topic == topic))
            storing = asyncio.create_task(store.store(world.records[topic]))
            await until(lambda: store.waits_since is not None)
            assert not storing.done()
            proxy.is_away = False
            await storing
            await until(lambda: store.waits_since is None)
            assert databases.value("SELECT status FROM views.messages") == "read"


async def test_a_stop_is_heard_while_the_engine_is_away(databases: Databases) -> None:
    """Asked to stop in the middle of an outage, the store leaves; the batch is read again after the next start."""
    world = World()
    world.post(message_event("m-1", "read", START_MS))
    with ThreadPoolExecutor(max_workers=1) as threads:
        async with faulty_proxy(databases.url) as proxy:
            stores = await asyncio.to_thread(Stores, databases, proxy, threads)
            proxy.is_away = True
            proxy.faults.append(Fault.RESET_BEFORE)
            store = stores.of(projections_of(Topics(1))[1])
            storing = asyncio.create_task(store.store(world.records["webhook.raw"]))
            stores.stopping.set()
            with pytest.raises(Stopping):
                await storing


async def test_a_record_that_cannot_be_a_row_is_set_aside(databases: Databases) -> None:
    """Unreadable bytes, and a number no column holds, are kept with why; all others of the batch become rows."""
    world = World()
    for number in range(30):
        world.post(message_event(f"m-{number}", "read", START_MS + number))
    topic = Topics(1).message_events
    records = world.records[topic]

    def set_aside() -> float:
        return REGISTRY.get_sample_value("recibo_projections_set_aside_total", {"topic": topic}) or 0

    before = set_aside()
    records[7] = FakeRecord(topic, 0, 907, START_MS, b"k", b"{ not json")
    huge = (records[11].value or b"").replace(b'"offset":', b'"offset":99999999999999999999', 1)
    records[11] = FakeRecord(topic, 0, 911, START_MS, b"k", huge)
    far = (records[13].value or b"").replace(b'"index":0', b'"index":99999999999', 1)
    records[13] = FakeRecord(topic, 0, 913, START_MS, b"k", far)
    with ThreadPoolExecutor(max_workers=1) as threads:
        async with faulty_proxy(databases.url) as proxy:
            stores = await asyncio.to_thread(Stores, databases, proxy, threads)
            await stores.of(next(p for p in projections_of(Topics(1)) if p.topic == topic)).store(records)
    assert databases.value("SELECT count() FROM store.message_event FINAL") == 27
    assert set_aside() == before + 3, "what an alert watches"
    aside = databases.rows(
        "SELECT log_offset, value, why != '' FROM store.projection_set_aside FINAL ORDER BY log_offset"
    )
    assert [row[0] for row in aside] == [907, 911, 913]
    assert aside[0][1:] == ("{ not json", True)


async def test_a_statement_that_the_engine_does_not_understand_is_a_bug(databases: Databases) -> None:
    """It is neither waited for nor blamed on a record: it ends the lane with the engine's own words."""
    with ThreadPoolExecutor(max_workers=1) as threads:
        sink = Sink(databases.client, databases.store, threads)
        with pytest.raises(DatabaseError, match="UNKNOWN_IDENTIFIER"):
            await sink.command(f"INSERT INTO {databases.store}.message_link SELECT nope")


async def test_too_many_refusals_stop_the_lane(databases: Databases) -> None:
    """When a whole batch cannot be read the fault is the release's: nothing is thrown aside, the lane stops."""
    topic = Topics(1).message_events
    records = [FakeRecord(topic, 0, n, START_MS, b"k", b"?") for n in range(100)]
    with ThreadPoolExecutor(max_workers=1) as threads:
        async with faulty_proxy(databases.url) as proxy:
            stores = await asyncio.to_thread(Stores, databases, proxy, threads)
            with pytest.raises(TooManyRefused, match="100 of 100"):
                await stores.of(next(p for p in projections_of(Topics(1)) if p.topic == topic)).store(records)
    assert databases.value("SELECT count() FROM store.projection_set_aside") == 0
