"""`recibo quarantine release` on a real broker."""

import asyncio

from aiokafka import AIOKafkaProducer, TopicPartition
from click.testing import CliRunner, Result

from cli.quarantine import command
from operations.sources.log_reader import reading
from runtime.kafka.settings import KafkaSettings
from schemas.hold import Hold, HoldAt, encode, hold_key
from schemas.topics import RAW, Topics
from tests.faults.processors.raw_log import make_topics

HELD, FREE = b"acme/held", b"acme/free"
LARGE = 2_000_000


async def _append(bootstrap: str, keys: list[bytes]) -> int:
    """Append a record a key to partition 0; return the first one's offset."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=2 * LARGE)
    await producer.start()
    try:
        headers = [("source", b"{}")]
        sent = [await producer.send_and_wait(RAW, b"x" * LARGE, key, partition=0, headers=headers) for key in keys]
    finally:
        await producer.stop()
    return int(sent[0].offset)


async def _values_from(bootstrap: str, offset: int) -> list[tuple[bytes, bytes]]:
    async with reading(KafkaSettings(bootstrap), RAW) as reader:
        partitions = [TopicPartition(RAW, n) for n in range(3)]
        ends = {p: await reader.end_of(RAW, p.partition) for p in partitions}
        found = []
        for where, end in ends.items():
            since = offset if where == TopicPartition(RAW, 0) else 0
            found += [(r.key, r.value) async for r in reader.at(RAW, where.partition, range(since, end))]
    return found


async def _write_hold(bootstrap: str, offset: int, until: int | None) -> None:
    """Write a hold of partition 0, as its owner does."""
    hold = Hold(HELD.hex(), 3, "a bug", is_held=True, until=until)
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        await producer.send_and_wait(Topics(77).holds, encode(hold), hold_key(HoldAt(77, 0, offset)), 0)


async def test_release_appends_what_was_held_again(kafka_bootstrap: str) -> None:
    """Once the owner says where a hold ends, its key's records are in the log again, large ones too, and others are not."""
    await make_topics(kafka_bootstrap, 77, 3)
    first = await _append(kafka_bootstrap, [FREE, HELD, FREE, HELD])
    await _write_hold(kafka_bootstrap, first + 1, until=None)
    options = ["--kafka-bootstrap-servers", kafka_bootstrap, "--generation", "77"]

    async def run(*verb: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, command, [*options, *verb])

    assert "acme/held  held  (a bug)" in (await run("list")).output
    asked = await run("release", "--wait", "0.5")
    assert asked.exit_code == 1
    assert "1 keys are asked for, and no worker has let them go yet: start the processors" in asked.output
    await _write_hold(kafka_bootstrap, first + 1, until=first + 4)
    assert "released, not yet re-driven" in (await run("list")).output
    assert (await run("release")).output == "2 records appended again\n"
    assert (await run("release")).output == "0 records appended again\n"
    assert "acme/held  released" in (await run("list")).output
    found = await _values_from(kafka_bootstrap, first)
    assert [key for key, _ in found].count(HELD) == 4
    assert [key for key, _ in found].count(FREE) == 2
    assert {len(value) for _, value in found} == {LARGE}
