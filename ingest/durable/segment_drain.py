"""One segment's way into Kafka: what is acknowledged is remembered, what is refused kept, and the file deleted at last."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

import structlog

from ingest.durable.kafka_log import Outcome
from ingest.durable.spool_directory import SegmentBusy, SpoolDirectory, marker_of, segment_locked
from ingest.durable.spool_kept import keep_damaged, keep_refused
from ingest.durable.spool_progress import Progress
from ingest.durable.spool_segment import Reading, Span, Spooled, decode
from ingest.durable.spool_troubles import Trouble, Troubles
from ingest.log_record import LogRecord, record_bytes_max
from schemas.errors import LogUnavailable

_CHUNK_RECORDS_MAX: Final = 200
_CHUNK_BYTES_MAX: Final = 512 * 1024
"""Appended at once: a few milliseconds of the loop's time, so that live requests hardly notice, and no more than Kafka
acknowledges within the deadline. A larger record goes alone."""
_PAUSE_S: Final = 0.2

AppendToKafka = Callable[[str, list[LogRecord]], Awaitable[Outcome]]
"""Appends records to a topic, patiently. Raises LogUnavailable where Kafka as a whole is away."""

log = structlog.get_logger()


class Chunk(NamedTuple):
    """Records of one topic that are appended together, and where they are in the segment."""

    topic: str
    records: list[LogRecord]
    spans: list[Span]


class SegmentDrain:
    """Drains segments, and remembers of each how far it came."""

    def __init__(
        self,
        append: AppendToKafka,
        own: SpoolDirectory,
        troubles: Troubles,
        *,
        share: float,
        appended: Callable[[], int],
        on_refused: Callable[[int], None],
        prefix: str = "",
    ) -> None:
        """Prepare.

        Args:
            append: puts records into Kafka.
            own: this process's own directory, where what is kept goes.
            troubles: gets what cannot be done.
            share: part of the time, 0 to 1, that draining may take while others append.
            appended: how often others have appended so far.
            on_refused: called with how many records Kafka refused.
            prefix: of the topics of this deployment.
        """
        self._append = append
        self._own = own
        self._troubles = troubles
        self._share = share
        self._appended = appended
        self._on_refused = on_refused
        self._prefix = prefix
        self._progress: dict[Path, Progress] = {}

    async def drain(self, segment: Path) -> bool:
        """Append what is left of a segment, and delete it once all of that is acknowledged. Return whether it is gone.

        What fails with this segment is noted as a trouble of it, and of nothing else.
        """
        try:
            with segment_locked(segment) as fd:
                return await self._drain(segment, fd)
        except SegmentBusy:
            return False
        except FileNotFoundError:
            self._forget(segment)  # an operator set it aside
            return True
        except OSError as error:
            self._troubles.note(segment, Trouble.STUCK, str(error))
        except Exception as error:
            log.exception("a segment cannot be drained; the others are", segment=str(segment))
            self._troubles.note(segment, Trouble.STUCK, repr(error))
        return False

    async def _drain(self, segment: Path, fd: int) -> bool:
        progress = self._progress.get(segment)
        if progress is None:
            progress = self._progress[segment] = await asyncio.to_thread(Progress, segment)
        data, reading = await asyncio.to_thread(_read, segment, fd, progress)
        foreign = [spooled for spooled in reading.records if spooled.prefix not in (None, self._prefix)]
        if foreign:
            self._troubles.note(segment, Trouble.FOREIGN, _why_foreign(foreign[0], self._prefix))
            return False
        is_whole = True
        for chunk in _chunks(reading):
            is_whole &= await self._drain_chunk(chunk, progress)
        if not is_whole:
            return False
        if reading.torn_bytes:
            log.info(
                "a segment ends in a record that was never acknowledged", segment=str(segment), bytes=reading.torn_bytes
            )
        if reading.damaged:
            kept = await asyncio.to_thread(keep_damaged, self._own, segment, data, reading.damaged)
            log.error("a segment is damaged; the damaged bytes are kept", segment=str(segment), kept=str(kept))
        return await self._delete(segment, progress)

    async def _drain_chunk(self, chunk: Chunk, progress: Progress) -> bool:
        """Append records, and remember those that are dealt with. Return whether all are."""
        outcome = await self._appended_at_last(chunk)
        refused = {id(record): why for record, why in outcome.refused}
        left = {id(record) for record in outcome.away}
        spans = {id(record): span for record, span in zip(chunk.records, chunk.spans, strict=True)}
        done = [span for which, span in spans.items() if which not in left and which not in refused]
        if done:
            await asyncio.to_thread(progress.note, done)
        if refused:
            kept = [Spooled(chunk.topic, record, why) for record, why in outcome.refused]
            path = await asyncio.to_thread(keep_refused, self._own, kept)
            log.error("records are set aside: Kafka refuses them", records=len(kept), why=kept[0].why, kept=str(path))
            self._on_refused(len(kept))
            await asyncio.to_thread(progress.note, [spans[which] for which in refused])
        return not left

    async def _appended_at_last(self, chunk: Chunk) -> Outcome:
        """Append records once Kafka is there, taking no more than the share of the time."""
        while True:
            began_s, appended = monotonic(), self._appended()
            try:
                outcome = await self._append(chunk.topic, chunk.records)
            except LogUnavailable:
                await asyncio.sleep(_PAUSE_S)
                continue
            if self._appended() != appended:
                await asyncio.sleep((monotonic() - began_s) * (1 - self._share) / self._share)
            return outcome

    async def _delete(self, segment: Path, progress: Progress) -> bool:
        try:
            await asyncio.to_thread(segment.unlink)
        except OSError as error:
            self._troubles.note(segment, Trouble.UNDELETABLE, str(error))
            return False
        await asyncio.to_thread(progress.forget)
        self._forget(segment)
        return True

    def _forget(self, segment: Path) -> None:
        self._progress.pop(segment, None)
        self._troubles.clear(segment)


def _why_foreign(spooled: Spooled, prefix: str) -> str:
    return (
        f"it was taken for the topic {spooled.prefix}{spooled.topic}, and topics here begin with {prefix!r}: give it to an ingest with "
        f"RECIBO_TOPIC_PREFIX={spooled.prefix} (start one on this directory, or move the file to its spool); `recibo spool inspect` "
        "shows what it holds, `recibo spool set-aside` takes it out of the way"
    )


def _read(segment: Path, fd: int, progress: Progress) -> tuple[bytes, Reading]:
    with os.fdopen(os.dup(fd), "rb") as file:
        file.seek(0)
        data = file.read()
    return data, decode(data, marker_of(segment), progress.done)


def _chunks(reading: Reading) -> Iterator[Chunk]:
    chunk, size = Chunk("", [], []), 0
    for (topic, record, _why, _prefix), span in zip(reading.records, reading.spans, strict=True):
        more = record_bytes_max(record)
        is_full = len(chunk.records) == _CHUNK_RECORDS_MAX or size + more > _CHUNK_BYTES_MAX
        if chunk.records and (is_full or topic != chunk.topic):
            yield chunk
            chunk, size = Chunk(topic, [], []), 0
        elif not chunk.records:
            chunk = Chunk(topic, [], [])
        chunk.records.append(record)
        chunk.spans.append(span)
        size += more
    if chunk.records:
        yield chunk
