"""Empties the spool into Kafka: our own, and those of workers that are gone. A file or directory in trouble stops no other."""

import asyncio
from pathlib import Path
from time import monotonic
from typing import Final, Protocol

import structlog

from ingest.durable.segment_drain import SegmentDrain
from ingest.durable.spool import Spool
from ingest.durable.spool_directory import SUFFIX, SpoolDirectory, directories, files_of, hold, strays_of
from ingest.durable.spool_troubles import Trouble, Troubles

_IDLE_S: Final = 0.2
_LOOK_EVERY_S: Final = 5.0
_CLOSE_EVERY_S: Final = 30.0
"""Between segments while a partition is away: what waits for it must not become thousands of small files."""
_BACKOFF_S_MAX: Final = 15.0

log = structlog.get_logger()


class Kafka(Protocol):
    """What the drain asks of the log."""

    @property
    def is_connected(self) -> bool:
        """Whether it is worth trying."""

    @property
    def is_well(self) -> bool:
        """Whether no partition is known to be away."""


class SpoolDrain:
    """Goes through all segments again and again."""

    def __init__(self, spool: Spool, root: Path, kafka: Kafka, segments: SegmentDrain, troubles: Troubles) -> None:
        """Prepare; `run` it as a task.

        Args:
            spool: our own.
            root: the directory of all workers' spools.
            kafka: asked before each round.
            segments: drains one.
            troubles: gets what cannot be done.
        """
        self._spool = spool
        self._root = root
        self._kafka = kafka
        self._segments = segments
        self._troubles = troubles
        self._due: dict[Path, tuple[float, float]] = {}
        """Segment that could not be emptied → when it is tried again (monotonic seconds), and the wait before."""
        self._closed_at_s = float("-inf")
        self._was_well = True

    async def run(self) -> None:
        """Empty the spools whenever Kafka takes records. Ends by cancellation."""
        adopted_at_s = float("-inf")
        while True:
            await asyncio.sleep(_IDLE_S)
            if not self._kafka.is_connected:
                continue
            if self._kafka.is_well and not self._was_well:
                self._due.clear()  # what was away is back
            self._was_well = self._kafka.is_well
            if self._spool.size_bytes:
                await self._own()
            if monotonic() - adopted_at_s > _LOOK_EVERY_S:
                adopted_at_s = monotonic()
                await self._orphans()

    async def look(self) -> None:
        """Notice what changes without us: files that come or go, a disk that takes nothing. Ends by cancellation."""
        while True:
            await self._spool.look()
            await self._find_strays()
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _find_strays(self) -> None:
        try:
            strays = await asyncio.to_thread(strays_of, self._spool.directory.path)
        except OSError:
            return  # as `Spool.why_not_writable` says already
        for path, (trouble, _why) in list(self._troubles.now.items()):
            if trouble is Trouble.STRAY and path not in strays:
                self._troubles.clear(path)
        for stray in strays:
            self._troubles.note(stray, Trouble.STRAY, "it is none of the spool's files; move it elsewhere")

    async def _own(self) -> None:
        is_time = self._kafka.is_well or monotonic() - self._closed_at_s > _CLOSE_EVERY_S
        try:
            if is_time:
                self._closed_at_s = monotonic()
                await self._spool.close_segment()
            for segment in self._spool.segments():
                if await self._drained(segment):
                    self._spool.forget(segment)
        except OSError as error:
            self._troubles.note(self._spool.directory.path, Trouble.STUCK, str(error))
        else:
            self._troubles.clear(self._spool.directory.path)

    async def _orphans(self) -> None:
        """Empty the directories whose workers are gone, one after the other."""
        for path in await asyncio.to_thread(directories, self._root):
            if path == self._spool.directory.path:
                continue
            try:
                directory = await asyncio.to_thread(_adopted, path)
                if directory is not None:
                    await self._orphan(directory)
            except OSError as error:
                self._troubles.note(path, Trouble.UNADOPTABLE, str(error))
            else:
                self._troubles.clear(path)

    async def _orphan(self, directory: SpoolDirectory) -> None:
        log.info("emptying the spool of a worker that is gone", directory=str(directory.path))
        try:
            for segment in await asyncio.to_thread(directory.segments):
                await self._drained(segment)
        finally:
            directory.close()

    async def _drained(self, segment: Path) -> bool:
        """Drain a segment where its time has come. Return whether it is gone."""
        due_s, waited_s = self._due.get(segment, (0.0, _IDLE_S / 2))
        if monotonic() < due_s:
            return False
        is_gone = await self._segments.drain(segment)
        if is_gone:
            self._due.pop(segment, None)
        else:
            wait_s = min(2 * waited_s, _BACKOFF_S_MAX)
            self._due[segment] = (monotonic() + wait_s, wait_s)
        return is_gone


def _adopted(path: Path) -> SpoolDirectory | None:
    """Hold a directory where it has segments, and nobody holds it. Raises OSError."""
    return hold(path) if files_of(path, SUFFIX) else None
