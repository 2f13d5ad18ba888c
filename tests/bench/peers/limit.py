"""The limit: aiokafka consumes and orjson parses every value; nothing is kept and nothing written."""

import asyncio
from collections.abc import Callable

import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.bench.peers.first_fetch import announce_first_fetch
from tests.bench.peers.task import Task

_COMMIT_S = 0.1


async def consume(task: Task) -> None:
    """Read the raw topic for ever, committing what was parsed."""
    consumer = AIOKafkaConsumer(
        task.raw,
        bootstrap_servers=task.bootstrap,
        group_id=task.app,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=50,
        check_crcs=True,
    )
    await consumer.start()
    loads: Callable[[bytes], object] = orjson.loads
    parsed: dict[TopicPartition, int] = {}
    clock = asyncio.get_running_loop().time
    committed_at = clock()
    while True:
        fetched = await consumer.getmany(timeout_ms=50, max_records=4000)
        for partition, records in fetched.items():
            for record in records:
                loads(record.value)
            parsed[partition] = records[-1].offset + 1
        if parsed and clock() - committed_at >= _COMMIT_S:
            await consumer.commit(dict(parsed))
            parsed.clear()
            committed_at = clock()


if __name__ == "__main__":
    announce_first_fetch()
    uvloop.run(consume(Task.from_environ()))
