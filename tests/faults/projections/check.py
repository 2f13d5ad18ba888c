"""Whether tables and views say what is true: every message, every count."""

import asyncio
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from projections.rows import projections_of
from projections.settings import Settings
from runtime.kafka.consumer import Consumer
from schemas.topics import RAW, REQUESTS, Topics
from tests.faults.projections.line import STORE, VIEWS, Line
from tests.integration.projections.test_tables import FACTS_COLUMNS, facts_of, truth
from tests.support.polling import until
from tests.support.world import PARTITIONS, World

_WAIT_S_MAX = 180.0
SHOWN_MAX = 10
TABLES = {
    "webhook_raw": RAW,
    "webhook_request": REQUESTS,
    "message_event": Topics(1).message_events,
    "webhook_set_aside": Topics(1).set_aside,
}


async def until_projected(line: Line) -> None:
    """Wait until every group has committed the end of its topic: for as long as that takes, while commits move on."""
    partitions = [TopicPartition(t.topic, p) for t in projections_of(Topics(1)) for p in range(PARTITIONS)]
    admin = AIOKafkaAdminClient(bootstrap_servers=line.kafka)
    await admin.start()
    async with Consumer(bootstrap_servers=line.kafka) as asking:
        ends = await asking.end_offsets(partitions)
        behind = sum(ends.values()) + 1

        async def moves_on() -> bool:
            nonlocal behind
            before, behind = behind, await _behind(admin, ends)
            return behind < before or behind == 0

        while behind:
            await until(moves_on, "any topic to be projected further", s_max=_WAIT_S_MAX, every_s=0.2)
    await admin.close()


async def _behind(admin: AIOKafkaAdminClient, ends: dict[TopicPartition, int]) -> int:
    """Return how many records no group has committed yet."""
    behind = 0
    for topic in {partition.topic for partition in ends}:
        try:
            known = await admin.list_consumer_group_offsets(f"{Settings().group}.{topic}")
        except GroupCoordinatorNotAvailableError:  # nobody has joined a group of this broker yet
            known = {}
        committed = {partition: found.offset for partition, found in known.items()}
        behind += sum(end - max(0, committed.get(p, 0)) for p, end in ends.items() if p.topic == topic)
    return behind


async def differences(line: Line, world: World, written: dict[str, int]) -> list[str]:
    """Compare everything, before and after merges; return what differs, in words."""
    found = await asyncio.to_thread(_compare, line, world, written, "before merges")
    await asyncio.to_thread(line.merge)
    return found + await asyncio.to_thread(_compare, line, world, written, "after merges")


def _compare(line: Line, world: World, written: dict[str, int], when: str) -> list[str]:
    found: list[str] = []

    def same(what: str, told: Any, true: Any) -> None:
        if told != true:
            found.append(f"{when}: {what} is {told}, and should be {true}")

    for table, topic in TABLES.items():
        same(table, line.rows(f"SELECT count() FROM {STORE}.{table} FINAL")[0][0], written.get(topic, 0))
    same("outcomes", dict(line.rows(f"SELECT outcome, count() FROM {VIEWS}.outcomes GROUP BY outcome")), world.outcomes)
    sums = "sum(records_missing), sum(without_outcome), sum(with_several_outcomes), sum(outcomes_without_record)"
    same("completeness", line.rows(f"SELECT {sums} FROM {VIEWS}.completeness"), [(0, 0, 0, 0)])
    same("set aside", line.rows(f"SELECT count() FROM {STORE}.projection_set_aside"), [(0,)])
    told = facts_of(line.rows(f"SELECT {FACTS_COLUMNS} FROM {VIEWS}_numbers.messages"))
    same("number of messages", len(told), len(world.states))
    for name, state in world.states.items():
        if told.get(name) != truth(state):
            same(f"message {name}", told.get(name), truth(state))
    return found
