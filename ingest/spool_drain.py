"""Empties the spool into Kafka, at a bounded share of the time, deleting only what was acknowledged."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from pathlib import Path
from time import monotonic
from typing import Final

from ingest.raw_records import LogRecord
from ingest.spool import Spool
from ingest.spool_directory import SpoolDirectory, adopt_orphans
from ingest.spool_segment import Spooled, decode
from schemas.errors import LogUnavailable

_CHUNK: Final = 200
"""Records appended at once: a few milliseconds of the loop's time, so that live requests hardly notice."""
_IDLE_S: Final = 0.2
_ADOPT_EVERY_S: Final = 5.0

AppendToKafka = Callable[[str, Sequence[LogRecord]], Awaitable[None]]

log = logging.getLogger(__name__)


async def drain_forever(
    spool: Spool, root: Path, share: float, is_connected: Callable[[], bool], append: AppendToKafka
) -> None:
    """Empty our own spool and those of dead workers whenever Kafka takes records; ends by cancellation.

    Args:
        spool: our own.
        root: the directory of all workers' spools.
        share: part of the time, 0 to 1, that draining may take.
        is_connected: whether it is worth trying.
        append: puts records into Kafka; raises LogUnavailable where it cannot.
    """
    adopted_at_s = float("-inf")
    while True:
        await asyncio.sleep(_IDLE_S)
        if not is_connected():
            continue
        try:
            if spool.size_bytes:
                for segment in await spool.close_segment():
                    await _drain(segment, spool.directory, share, append)
                    spool.forget(segment)
            if monotonic() - adopted_at_s > _ADOPT_EVERY_S:
                adopted_at_s = monotonic()
                for orphan in adopt_orphans(root):
                    await _drain_orphan(orphan, share, append)
        except LogUnavailable:
            continue
        except OSError:
            log.exception("the spool cannot be read; tried again in a moment")


async def _drain_orphan(directory: SpoolDirectory, share: float, append: AppendToKafka) -> None:
    log.info("adopting the spool %s of a worker that is gone", directory.path)
    try:
        for segment in directory.segments():
            await _drain(segment, directory, share, append)
    finally:
        directory.close()


async def _drain(segment: Path, directory: SpoolDirectory, share: float, append: AppendToKafka) -> None:
    """Append a segment's records, and delete it once all are acknowledged.

    Raises:
        LogUnavailable: Kafka is away; the segment stays, and its records may be written twice.
    """
    reading = await asyncio.to_thread(lambda: decode(segment.read_bytes()))
    for topic, chunk in _chunks(reading.records):
        began_s = monotonic()
        await append(topic, chunk)
        await asyncio.sleep((monotonic() - began_s) * (1 - share) / share)
    if reading.damaged_bytes:
        log.error("%s: %d bytes are damaged; kept aside for people", segment, reading.damaged_bytes)
        directory.set_aside(segment)
    else:
        await asyncio.to_thread(segment.unlink)


def _chunks(records: list[Spooled]) -> list[tuple[str, list[LogRecord]]]:
    chunks = []
    for topic, run in groupby(records, key=lambda spooled: spooled.topic):
        same_topic = [spooled.record for spooled in run]
        chunks += [(topic, same_topic[at : at + _CHUNK]) for at in range(0, len(same_topic), _CHUNK)]
    return chunks
