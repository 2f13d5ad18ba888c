"""Logs to archive: on the real broker with times of our choosing, and in memory."""

import random
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from aiokafka import AIOKafkaProducer

from operations.archive.location import Location
from operations.archive.manifest import Manifest
from operations.archive.partition_log import Bounds, PartitionLog, partition_log
from operations.archive.read import read_archive
from operations.archive.record import ArchivedRecord, Record
from operations.archive.write import archive
from runtime.kafka.settings import KafkaSettings

Headers = tuple[tuple[str, bytes | None], ...]


def some_records(topic: str, partition: int, times: Sequence[int], seed: int = 1) -> list[ArchivedRecord]:
    """Return a partition's records with bytes of every kind: empty, absent, not UTF-8, repeated header names."""
    random_ = random.Random(f"{seed}/{partition}")
    headers: list[Headers] = [
        (),
        (("source", b"{}"), ("request", b'["\xff",0]')),
        (("a", None), ("a", b""), ("ã", b"\0")),
    ]
    return [
        ArchivedRecord(
            topic,
            partition,
            offset,
            at_ms,
            random_.choice([None, b"", b"acme/m-%d" % offset]),
            random_.choice([None, b"", random_.randbytes(random_.randint(1, 200))]),
            random_.choice(headers),
        )
        for offset, at_ms in enumerate(times)
    ]


async def produce(kafka: str, records: Sequence[ArchivedRecord]) -> None:
    """Write records of one partition to the broker, in their order and with their times (where the topic takes them)."""
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all") as producer:
        batch = producer.create_batch()
        for r in records:
            batch.append(key=r.key, value=r.value, timestamp=r.timestamp, headers=list(r.headers))
        await (await producer.send_batch(batch, records[0].topic, partition=records[0].partition))


def quiet(_done: int, _of: int) -> None:
    """Take no notice of progress."""


async def archive_now(kafka: str, topic: str, folder: str | Path, now_ms: int) -> list[Manifest]:
    """Archive what is over at `now_ms`."""
    async with partition_log(KafkaSettings(kafka), topic) as log:
        return await archive(log, Location(str(folder)), now_ms, quiet)


def archived(folder: str | Path, topic: str) -> list[ArchivedRecord]:
    """Return every record of an archive."""
    return list(read_archive(Location(str(folder)), topic))


class LogInMemory(PartitionLog):
    """One partition that no broker has seen."""

    def __init__(self, topic: str, records: Sequence[Record], begin: int = 0) -> None:
        """Hold `records` from offset 0 on, of which those before `begin` are deleted."""
        super().__init__(None, topic, topic, 1)
        self.records, self.begin = list(records), begin

    async def bounds(self, partition: int, before_ms: int) -> Bounds:
        """Look the offsets up as a broker does."""
        assert partition == 0
        later = (r.offset for r in self.records[self.begin :] if r.timestamp >= before_ms)
        return Bounds(self.begin, next(later, len(self.records)), len(self.records))

    async def read(self, partition: int, first: int, limit: int) -> AsyncGenerator[list[Record]]:
        """Yield three records at a time."""
        assert partition == 0
        assert first >= self.begin, "below the log's beginning"
        for offset in range(first, limit, 3):
            yield self.records[offset : min(offset + 3, limit)]
