"""`recibo quarantine release` on a real broker."""

import asyncio
from pathlib import Path

from aiokafka import AIOKafkaProducer, TopicPartition
from click.testing import CliRunner, Result

from cli.quarantine import command
from operations.sources.log_reader import reading
from processors.quarantine import ATTEMPTS_MAX, Quarantine
from runtime.kafka.settings import KafkaSettings
from schemas.topics import RAW
from tests.faults.processors.raw_log import make_topics

HELD, FREE = b"acme/held", b"acme/free"


async def _append(bootstrap: str, keys: list[bytes]) -> int:
    """Append a record a key to partition 0; return the first one's offset."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        headers = [("source", b"{}")]
        sent = [await producer.send_and_wait(RAW, b"body", key, partition=0, headers=headers) for key in keys]
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


async def test_release_appends_what_was_held_again(kafka_bootstrap: str, tmp_path: Path) -> None:
    """Released records of the held key are in the log a second time, others are not; a second release adds nothing."""
    await make_topics(kafka_bootstrap, 77, 3)
    first = await _append(kafka_bootstrap, [FREE, HELD, FREE, HELD])
    quarantine = Quarantine(tmp_path / "state" / "g77" / "worker-0" / "quarantine" / "0.json")
    for _ in range(ATTEMPTS_MAX):
        quarantine.failed(HELD, first + 1, "a bug")
    options = ["--kafka-bootstrap-servers", kafka_bootstrap, "--generation", "77", "--data-dir", str(tmp_path)]

    async def run(verb: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, command, [*options, verb], catch_exceptions=False)

    assert "acme/held  held  (a bug)" in (await run("list")).output
    assert (await run("release")).output == "2 records appended again\n"
    assert (await run("release")).output == "0 records appended again\n"
    assert "released" in (await run("list")).output
    keys = [key for key, _ in await _values_from(kafka_bootstrap, first)]
    assert (keys.count(HELD), keys.count(FREE)) == (4, 2)
