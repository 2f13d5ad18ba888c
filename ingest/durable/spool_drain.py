"""Empties the spool into Kafka, at a bounded share of the time while new posts come, deleting only what was acknowledged."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from time import monotonic
from typing import Final

import structlog

from ingest.durable.spool import Spool
from ingest.durable.spool_directory import SpoolDirectory, marker_of, orphans
from ingest.durable.spool_segment import Spooled, decode
from ingest.raw_records import LogRecord
from schemas.errors import LogUnavailable

_CHUNK_RECORDS_MAX: Final = 200
_CHUNK_BYTES_MAX: Final = 512 * 1024
"""Appended at once: a few milliseconds of the loop's time, so that live requests hardly notice, and no more than Kafka
acknowledges within the deadline. A larger record goes alone."""
_IDLE_S: Final = 0.2
_ADOPT_EVERY_S: Final = 5.0

AppendToKafka = Callable[[str, Sequence[LogRecord]], Awaitable[None]]

log = structlog.get_logger()


async def drain_forever(
    spool: Spool,
    root: Path,
    append: AppendToKafka,
    *,
    share: float,
    is_connected: Callable[[], bool],
    appended: Callable[[], int],
) -> None:
    """Empty our own spool and those of dead workers whenever Kafka takes records; ends by cancellation.

    Args:
        spool: our own.
        root: the directory of all workers' spools.
        append: puts records into Kafka; raises LogUnavailable where it cannot.
        share: part of the time, 0 to 1, that draining may take while others append.
        is_connected: whether it is worth trying.
        appended: how often others have appended so far.
    """
    drain = _Drain(share, appended, append)
    adopted_at_s = float("-inf")
    while True:
        await asyncio.sleep(_IDLE_S)
        if not is_connected():
            continue
        try:
            if spool.size_bytes:
                for segment in await spool.close_segment():
                    await drain.segment(segment, spool.directory)
                    spool.forget(segment)
            if monotonic() - adopted_at_s > _ADOPT_EVERY_S:
                adopted_at_s = monotonic()
                for orphan in orphans(root):
                    await drain.orphan(orphan)
        except OSError:
            log.exception("the spool cannot be read; trying again soon")


class _Drain:
    """Appends segments to Kafka."""

    def __init__(self, share: float, appended: Callable[[], int], append: AppendToKafka) -> None:
        self._share = share
        self._appended = appended
        self._append = append

    async def orphan(self, directory: SpoolDirectory) -> None:
        """Empty the directory of a worker that is gone, and let go of it."""
        log.info("adopting the spool of a worker that is gone", directory=str(directory.path))
        try:
            for segment in directory.segments():
                await self.segment(segment, directory)
        finally:
            directory.close()

    async def segment(self, segment: Path, directory: SpoolDirectory) -> None:
        """Append a segment's records, and delete it once all are acknowledged."""
        reading = await asyncio.to_thread(lambda: decode(segment.read_bytes(), marker_of(segment)))
        for topic, chunk in _chunks(reading.records):
            await self._chunk(topic, chunk)
        if reading.damaged_bytes:
            log.error(
                "a segment is damaged; set aside for inspection", segment=str(segment), bytes=reading.damaged_bytes
            )
            directory.set_aside(segment)
        else:
            await asyncio.to_thread(segment.unlink)

    async def _chunk(self, topic: str, records: Sequence[LogRecord]) -> None:
        """Append records, again and again until they are acknowledged: so a segment is gone through once, however
        often Kafka is late. They may be in the log more than once, under one (request id, index).
        """
        while True:
            began_s, appended = monotonic(), self._appended()
            try:
                await self._append(topic, records)
            except LogUnavailable:
                await asyncio.sleep(_IDLE_S)
            else:
                if self._appended() != appended:
                    await asyncio.sleep((monotonic() - began_s) * (1 - self._share) / self._share)
                return


def _chunks(records: Sequence[Spooled]) -> Iterator[tuple[str, list[LogRecord]]]:
    for topic, run in groupby(records, key=lambda spooled: spooled.topic):
        chunk: list[LogRecord] = []
        size = 0
        for _, record in run:
            if chunk and (len(chunk) == _CHUNK_RECORDS_MAX or size + len(record.value) > _CHUNK_BYTES_MAX):
                yield topic, chunk
                chunk, size = [], 0
            chunk.append(record)
            size += len(record.value)
        yield topic, chunk
