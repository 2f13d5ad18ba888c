"""A deployment's live projector and topics for tests of rebuilds: weeks of records, and more arriving all the time."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.records_to_delete import RecordsToDelete

from operations.topics import wait_for_leaders
from projections.app import make_lanes
from projections.settings import Settings
from runtime.kafka.consumer import Consumer
from schemas.topics import RAW, REQUESTS, Topics, derived
from tests.support.databases import Databases
from tests.support.polling import until
from tests.support.publish import publish
from tests.support.world import DAY_MS, PARTITIONS, START_MS, World, message_event

OLD, MIDDLE, NEW = START_MS, START_MS + 7 * DAY_MS, START_MS + 12 * DAY_MS
"""A Thursday, the Thursday after it, and the Tuesday after that: three weeks."""


async def make_derived_topics(admin: AIOKafkaAdminClient, generation: int) -> None:
    """Create the derived topics of a generation; records keep the times they come with."""
    names = [topic.name for topic in derived(Topics(generation))]
    kept = {"retention.ms": "-1", "cleanup.policy": "delete"}
    await admin.create_topics([NewTopic(name, PARTITIONS, 1, topic_configs=kept) for name in names])
    await wait_for_leaders(admin, names)


async def delete_before(admin: AIOKafkaAdminClient, topic: str, offsets: dict[int, int]) -> None:
    """Delete a topic's records before `offsets` (by partition), as retention would."""
    await admin.delete_records({TopicPartition(topic, p): RecordsToDelete(offset) for p, offset in offsets.items()})


def post_week(world: World, at_ms: int, messages: int, run: str) -> None:
    """Let messages be queued, created, delivered and partly read at `at_ms`; some under an alias, some twice."""
    world.wait(at_ms - world.start_ms - world._clock_ms)
    for number in range(messages):
        name = f"{run}-{number}"
        statuses = ("queued", "created", "delivered", "read")[: random.Random(name).randint(1, 4)]
        for status in statuses:
            aliases = (f"t-{name}",) if number % 3 == 0 else ()
            event = message_event(name, status, at_ms + number, aliases=aliases)
            world.post(event, delay_ms=1)
            if number % 7 == 0:
                world.post(event, delay_ms=1)


def taken(world: World, known: dict[str, int]) -> World:
    """Return what was added to the world's topics since the last call; `known` remembers."""
    fresh = {topic: records[known.get(topic, 0) :] for topic, records in world.records.items()}
    known.update({topic: len(records) for topic, records in world.records.items()})
    return World(
        world.generation, records={topic: r for topic, r in fresh.items() if r and topic not in {RAW, REQUESTS}}
    )


@asynccontextmanager
async def live_projector(databases: Databases, settings: Settings) -> AsyncIterator[None]:
    """Project every derived topic into the live tables while this is entered."""
    stopping = asyncio.Event()
    with ThreadPoolExecutor(max_workers=4) as threads:
        lanes = make_lanes(settings, databases.client, threads, stopping)
        for lane in lanes[:2]:
            await lane.reader.stop()  # of the topics that are not here
        tasks = [asyncio.create_task(lane.run()) for lane in lanes[2:]]
        try:
            yield
        finally:
            stopping.set()
            await asyncio.gather(*tasks)


@asynccontextmanager
async def traffic(world: World, known: dict[str, int], kafka: str) -> AsyncIterator[None]:
    """Have new messages arrive, a few at a time, while this is entered."""
    leaving = asyncio.Event()

    async def arrive() -> None:
        number = 0
        while not leaving.is_set():
            number += 1
            post_week(world, NEW + number * 100, 5, f"live-{number}")
            await publish(taken(world, known), kafka)
            await asyncio.sleep(0.05)

    arriving = asyncio.create_task(arrive())
    try:
        yield
    finally:
        leaving.set()  # not cancelled: what was taken of the world is published
        await arriving


async def until_projected(kafka: str, settings: Settings, topics: Iterable[str]) -> None:
    """Wait until the live projector has read topics to their end."""
    for topic in topics:
        consumer = Consumer(bootstrap_servers=kafka, group_id=f"{settings.group}.{topic}", enable_auto_commit=False)
        await consumer.start()
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        ends = await consumer.end_offsets(partitions)

        async def is_read(of: AIOKafkaConsumer = consumer, ends: dict[TopicPartition, int] = ends) -> bool:
            return all([(await of.committed(tp) or 0) >= end for tp, end in ends.items()])

        await until(is_read, f"the live projector to read {topic}", every_s=0.02)
        await consumer.stop()


def parts(databases: Databases, tables: Sequence[str], partition: str) -> list[tuple[object, ...]]:
    """Return the files that hold a partition of tables: names and checksums."""
    named = ", ".join(f"'{table}'" for table in tables)
    return databases.rows(
        "SELECT table, name, hash_of_all_files FROM system.parts WHERE active AND "
        f"database = '{databases.store}' AND partition = '{partition}' AND table IN ({named}) ORDER BY table, name"
    )
