"""How long after a record is appended its row can be queried, at a steady rate, all topics projected."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from aiokafka import AIOKafkaProducer
from clickhouse_connect.driver.client import Client

from projections.app import make_lanes
from projections.settings import Settings
from schemas.topics import DerivedTopics
from tests.bench.projected import fresh
from tests.support.databases import until
from tests.support.world import FakeRecord, World, busy_world

EVENTS_PER_S = 1_000
_TICK_S = 0.05
_POLL_S = 0.02
_WAIT_S_MAX = 60.0


async def queryable_ms(bootstrap: str, client: Client, settings: Settings, seconds: int) -> dict[str, int]:
    """Append EVENTS_PER_S events a second for `seconds` and watch message_event.

    Returns:
        p50, p95, p99 and max of ms from append to queryable. The polls are POLL_S apart, so that much too long.
    """
    await asyncio.to_thread(fresh, client, settings.database)
    world = await asyncio.to_thread(busy_world, EVENTS_PER_S * seconds * 2 // 5, 9, 2)
    settings = replace(settings, generation=2, group=f"queryable-{time.monotonic_ns()}")
    stopping = asyncio.Event()
    appended: dict[tuple[int, int], float] = {}
    with ThreadPoolExecutor(9) as threads:
        lanes = make_lanes(settings, client, threads, stopping)
        running = [asyncio.create_task(lane.run()) for lane in lanes]
        await until(lambda: all(lane.is_ready for lane in lanes))
        topic = DerivedTopics(2).message_events
        watching = asyncio.create_task(_watch(client, settings.database, appended, len(world.records[topic])))
        await _append(world, bootstrap, appended)
        delays = sorted(await asyncio.wait_for(watching, _WAIT_S_MAX))
        stopping.set()
        await asyncio.gather(*running)
    at = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {name: round(1000 * delays[min(len(delays) - 1, int(q * len(delays)))]) for name, q in at.items()}


async def _append(world: World, bootstrap: str, appended: dict[tuple[int, int], float]) -> None:
    """Append every topic's records evenly, in ticks; note when each event was acknowledged to be there."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    topic = DerivedTopics(2).message_events
    events = len(world.records[topic])
    ticks = max(1, int(events / EVENTS_PER_S / _TICK_S))
    async with producer:
        started = time.perf_counter()
        for tick in range(ticks):
            now = time.time()
            sent = []
            for name, records in world.records.items():
                part = records[len(records) * tick // ticks : len(records) * (tick + 1) // ticks]
                sent += [await _send(producer, name, r) for r in part]
                if name == topic:
                    appended.update({_event_number(r): now for r in part})
            await asyncio.gather(*sent)
            await asyncio.sleep(max(0.0, started + (tick + 1) * _TICK_S - time.perf_counter()))


async def _send(producer: AIOKafkaProducer, topic: str, r: FakeRecord) -> asyncio.Future[object]:
    sent: asyncio.Future[object] = await producer.send(topic, r.value, r.key, r.partition, None, list(r.headers))
    return sent


def _event_number(record: FakeRecord) -> tuple[int, int]:
    return record.partition, record.offset


async def _watch(client: Client, store: str, appended: dict[tuple[int, int], float], total: int) -> list[float]:
    """Return the delay of every event: rows of a partition come in order, so its count says which are there."""
    seen: dict[int, int] = {}
    delays: list[float] = []
    sql = f"SELECT log_partition, count() FROM {store}.message_event GROUP BY log_partition"
    while len(delays) < total:
        rows = (await asyncio.to_thread(client.query, sql)).result_rows
        now = time.time()
        for partition, count in rows:
            delays += [now - appended[partition, number] for number in range(seen.get(partition, 0), count)]
            seen[partition] = count
        await asyncio.sleep(_POLL_S)
    return delays
