"""Reading a changelog partition into its store: on recovery its tail, after a foreign write that stretch.

Our own writes are in the order of their versions, so a record that goes back behind the greatest version seen was
written by somebody else (a worker that came back from a pause); then, and only then, versions are compared key by key
and the greater is kept. A deletion has no version: its timestamp is the stream time at which the state was expired, and
where the state that is known was not, the deletion is a late one too.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from processors import crash_points
from processors.expiry import is_expired
from processors.store import StateStore
from runtime.kafka.clients import make_consumer
from runtime.kafka.settings import KafkaSettings
from schemas.message_state import last_at_of, version_of

_FETCH_BYTES_MAX: Final = 4 * 1024 * 1024
_RECORDS_MAX: Final = 20_000
_SILENCE_S_MAX: Final = 60.0
"""A changelog that gives nothing for so long, short of its end, is not read on in silence."""

Progress = Callable[[int, int], None]
"""Called with (records applied so far, records to apply in all)."""


@asynccontextmanager
async def changelog_reader(kafka: KafkaSettings, partition: TopicPartition) -> AsyncIterator[AIOKafkaConsumer]:
    """Open a consumer assigned to one changelog partition, outside any group."""
    consumer = make_consumer(
        kafka,
        "recibo-processors",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=_FETCH_BYTES_MAX,
        fetch_max_wait_ms=50,
        check_crcs=False,
    )
    await consumer.start()
    try:
        consumer.assign([partition])
        yield consumer
    finally:
        await consumer.stop()


def apply(store: StateStore, records: list[Any], hidden: dict[bytes, bytes]) -> None:
    """Write changelog records to the store, keeping the greater version of each key.

    Args:
        store: the partition's store.
        records: consecutive records of its changelog, at least one.
        hidden: filled with the states that a foreign, older record hides in the changelog; they must be written again.
    """
    high = store.version
    fresh: dict[bytes, bytes | None] = {}
    for record in records:
        key, value = record.key, record.value
        if value is not None and (version := version_of(value)) > high:
            high = version
        else:
            known = fresh[key] if key in fresh else store.get([key])[0]
            if known is not None and _is_newer(known, record):
                hidden[key] = known
                continue
        if hidden:
            hidden.pop(key, None)
        fresh[key] = value
    store.apply(fresh.items(), records[-1].offset, high)


def _is_newer(known: bytes, record: Any) -> bool:
    """Return whether a known state counts, and not the record that came after it in the changelog."""
    if record.value is None:
        return not is_expired(last_at_of(known), record.timestamp)
    return version_of(known) > version_of(record.value)


async def recover(
    kafka: KafkaSettings, store: StateStore, partition: TopicPartition, progress: Progress
) -> tuple[int, dict[bytes, bytes]]:
    """Bring a store up to its changelog's end.

    A store that is ahead of the changelog belongs to another one: it is thrown away and read again from the start.

    Args:
        kafka: the cluster.
        store: the partition's store.
        partition: the changelog partition.
        progress: called as it advances.

    Returns:
        The changelog's end offset, and the states to write to it again (see `apply`).
    """
    async with changelog_reader(kafka, partition) as consumer:
        end = (await consumer.end_offsets([partition]))[partition]
        start = (await consumer.beginning_offsets([partition]))[partition]
        if store.offset >= end:
            store.rebuild()
        first = max(store.offset + 1, start)
        total = end - first
        hidden: dict[bytes, bytes] = {}
        if first < end:
            consumer.seek(partition, first)
        position = first
        while position < end:
            records = await _next_records(consumer, partition, position, end)
            apply(store, records, hidden)
            position = records[-1].offset + 1
            crash_points.reach("recovery")
            progress(position - first, total)
        return end, hidden


async def read_stretch(kafka: KafkaSettings, partition: TopicPartition, first: int, end: int) -> list[Any]:
    """Return the changelog's records from offset `first` up to, not including, `end`."""
    found: list[Any] = []
    async with changelog_reader(kafka, partition) as consumer:
        consumer.seek(partition, first)
        position = first
        while position < end:
            records = await _next_records(consumer, partition, position, end)
            found += records
            position = records[-1].offset + 1
    return found


async def _next_records(consumer: AIOKafkaConsumer, partition: TopicPartition, position: int, end: int) -> list[Any]:
    """Return the next records before `end`. Raises TimeoutError when the changelog stays silent short of it."""
    async with asyncio.timeout(_SILENCE_S_MAX):
        while True:
            fetched = await consumer.getmany(partition, timeout_ms=1000, max_records=_RECORDS_MAX)
            records = [r for r in fetched.get(partition, []) if r.offset < end]
            if records:
                return records
            if await consumer.position(partition) >= end:  # the rest was compacted away
                raise EOFError(f"{partition.topic}[{partition.partition}]: nothing left between {position} and {end}")
