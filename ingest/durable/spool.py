"""Where records wait, synced to disk, while Kafka is away. Written in groups: one sync for all who wait."""

import asyncio
import secrets
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from time import time

from ingest.durable.segment_writer import SegmentWriter
from ingest.durable.spool_directory import SpoolDirectory, begun_ms
from ingest.durable.spool_segment import MARKER_BITS, Spooled, encode
from ingest.log_record import LogRecord
from runtime.tasks import Tasks
from schemas.errors import LogUnavailable

_MS_PER_S = 1000


class Spool:
    """Appends to the segments of one directory; what is drained is taken from the closed ones."""

    def __init__(
        self, directory: SpoolDirectory, tasks: Tasks, *, bytes_max: int, segment_bytes: int, prefix: str = ""
    ) -> None:
        """Take over a directory with whatever it holds.

        Args:
            directory: held by this process.
            tasks: of the process; gets the one that writes while records wait.
            bytes_max: on disk; more raises LogUnavailable.
            segment_bytes: size from which a segment is closed.
            prefix: of the deployment's topics, which records are taken for.
        """
        self.directory = directory
        self._tasks = tasks
        self.bytes_max = bytes_max
        self._segment_bytes = segment_bytes
        self._prefix = prefix
        self._marker = secrets.randbits(MARKER_BITS)
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, "spool")
        self._waiting: deque[tuple[bytes, asyncio.Future[None]]] = deque()
        self._waiting_bytes = 0
        self._writing: asyncio.Task[None] | None = None
        self._group = asyncio.Lock()
        """Held while a group is written: between two groups the segment may be closed."""
        self._active: SegmentWriter | None = None
        self._sizes = _sizes(directory.segments())
        self._kept = _sizes(directory.kept())
        self.why_not_writable = ""
        """Why the disk takes nothing, as far as is known; "" while it does."""

    @property
    def size_bytes(self) -> int:
        """Bytes to be drained, on disk and on their way there."""
        return sum(self._sizes.values()) + self._waiting_bytes

    @property
    def kept_bytes(self) -> dict[str, int]:
        """Bytes that are kept for people, by the suffix that says why. They count within the bound."""
        kept: dict[str, int] = {}
        for path, size in self._kept.items():
            kept[path.suffix] = kept.get(path.suffix, 0) + size
        return kept

    @property
    def used_bytes(self) -> int:
        """Bytes of the bound that are used."""
        return self.size_bytes + sum(self._kept.values())

    @property
    def age_s(self) -> float:
        """Age of the oldest record, in seconds; 0 where there is none."""
        oldest = next(iter(self._sizes), None)
        return max(0.0, time() - begun_ms(oldest) / _MS_PER_S) if oldest else 0.0

    async def append(self, topic: str, records: Sequence[LogRecord]) -> None:
        """Store records; when this returns they survive power loss.

        Raises:
            LogUnavailable: the spool is full, or the disk refuses.
        """
        data = b"".join([encode(Spooled(topic, record, prefix=self._prefix), self._marker) for record in records])
        if self.used_bytes + len(data) > self.bytes_max:
            raise LogUnavailable(
                f"the spool {self.directory.path} is full: {self.used_bytes} of {self.bytes_max} bytes"
            )
        synced = self._loop.create_future()
        self._waiting.append((data, synced))
        self._waiting_bytes += len(data)
        if self._writing is None:
            self._writing = self._tasks.start("writer of the spool", self._write_groups(), may_return=True)
        await synced

    def segments(self) -> list[Path]:
        """Return all segments, oldest first, that being written too."""
        return list(self._sizes)

    async def close_segment(self) -> None:
        """Close the segment being written, so that it can be drained."""
        async with self._group:
            self._close_active()

    def forget(self, segment: Path) -> None:
        """Count a segment no longer: it is gone."""
        self._sizes.pop(segment, None)

    async def look(self) -> None:
        """Find out what the directory holds now, which an operator may have changed, and whether the disk takes bytes."""
        try:
            async with self._group:
                self._sizes = await asyncio.to_thread(lambda: _sizes(self.directory.segments()))
                self._kept = await asyncio.to_thread(lambda: _sizes(self.directory.kept()))
            await asyncio.to_thread(self.directory.probe)
        except OSError as error:
            self.why_not_writable = str(error)
        else:
            self.why_not_writable = ""

    async def close(self) -> None:
        """Finish what waits, and let go of the directory."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        await self.close_segment()
        self._thread.shutdown()
        self.directory.close()

    async def _write_groups(self) -> None:
        try:
            while self._waiting:
                async with self._group:
                    group = list(self._waiting)
                    self._waiting.clear()
                    await self._write_group(group)
        finally:
            self._writing = None
            for data, synced in self._waiting:  # it died: nobody will write what waits
                self._waiting_bytes -= len(data)
                if not synced.done():
                    synced.set_exception(self._unavailable("its writer failed"))
            self._waiting.clear()

    async def _write_group(self, group: list[tuple[bytes, asyncio.Future[None]]]) -> None:
        data = b"".join([item for item, _ in group])
        why: str | None = "its writer failed"
        try:
            await self._loop.run_in_executor(self._thread, self._write, data)
            why, self.why_not_writable = None, ""
        except OSError as error:
            why = self.why_not_writable = str(error)
            await asyncio.to_thread(self._abandon_segment)
        finally:
            self._waiting_bytes -= len(data)
            if self._active is not None:
                self._sizes[self._active.path] = self._active.bytes
            for _, synced in group:
                if synced.done():
                    continue  # whoever waited was cancelled
                if why is None:
                    synced.set_result(None)
                else:
                    synced.set_exception(self._unavailable(why))

    def _unavailable(self, why: str) -> LogUnavailable:
        return LogUnavailable(f"the spool {self.directory.path}: {why}")

    def _write(self, data: bytes) -> None:
        """Runs in the thread; nothing else touches the active segment meanwhile."""
        if self._active is not None and self._active.bytes >= self._segment_bytes:
            self._close_active()
        if self._active is None:
            self._active = SegmentWriter(self.directory.new_path(self._marker))
        self._active.append(data)

    def _close_active(self) -> None:
        if self._active is not None:
            self._active.close()
            self._active = None

    def _abandon_segment(self) -> None:
        """After a failed write: what was synced is kept, and a new segment is begun next time. Never raises."""
        active, self._active = self._active, None
        if active is not None:
            active.abandon()
            with suppress(OSError):
                self._sizes |= _sizes([active.path])


def _sizes(files: list[Path]) -> dict[Path, int]:
    """Return the size of each file that is still there."""
    sizes = {}
    for path in files:
        with suppress(FileNotFoundError):
            sizes[path] = path.stat().st_size
    return sizes
