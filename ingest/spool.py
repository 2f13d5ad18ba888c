"""Where records wait, synced to disk, while Kafka is away. Written in groups: one sync for all who wait."""

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import time

from ingest.raw_records import LogRecord
from ingest.spool_directory import SpoolDirectory
from ingest.spool_segment import SegmentWriter, encode
from schemas.errors import LogUnavailable


class Spool:
    """Appends to the segments of one directory; what is drained is taken from the closed ones."""

    def __init__(self, directory: SpoolDirectory, *, bytes_max: int, segment_bytes: int) -> None:
        """Take over a directory with whatever it holds.

        Args:
            directory: held by this process.
            bytes_max: on disk; more raises LogUnavailable.
            segment_bytes: size from which a segment is closed.
        """
        self.directory = directory
        self.bytes_max = bytes_max
        self._segment_bytes = segment_bytes
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, "spool")
        self._waiting: deque[tuple[bytes, asyncio.Future[None]]] = deque()
        self._waiting_bytes = 0
        self._writing: asyncio.Task[None] | None = None
        self._active: SegmentWriter | None = None
        self._sizes = {path: path.stat().st_size for path in directory.segments()}

    @property
    def size_bytes(self) -> int:
        """Bytes on disk and on their way there."""
        return sum(self._sizes.values()) + self._waiting_bytes

    @property
    def age_s(self) -> float:
        """Age of the oldest segment, in seconds; 0 where there is none."""
        oldest = next(iter(self._sizes), None)
        try:
            return max(0.0, time() - oldest.stat().st_ctime) if oldest else 0.0
        except FileNotFoundError:  # drained between the two
            return 0.0

    async def append(self, topic: str, records: Sequence[LogRecord]) -> None:
        """Store records; when this returns they survive power loss.

        Raises:
            LogUnavailable: the spool is full, or the disk refuses.
        """
        data = b"".join([encode(topic, record) for record in records])
        if self.size_bytes + len(data) > self.bytes_max:
            raise LogUnavailable(
                f"the spool {self.directory.path} is full: {self.size_bytes} of {self.bytes_max} bytes"
            )
        synced = self._loop.create_future()
        self._waiting.append((data, synced))
        self._waiting_bytes += len(data)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_groups())
        await synced

    async def close_segment(self) -> list[Path]:
        """Close the segment being written, and return all segments, oldest first: nobody writes to them any more."""
        while self._writing is not None:
            await asyncio.shield(self._writing)
        if self._active is not None:
            self._active.close()
            self._active = None
        return list(self._sizes)

    def forget(self, segment: Path) -> None:
        """Count a segment no longer: it was deleted or set aside."""
        self._sizes.pop(segment, None)

    async def close(self) -> None:
        """Finish what waits, and let go of the directory."""
        await self.close_segment()
        self._thread.shutdown()
        self.directory.close()

    async def _write_groups(self) -> None:
        while self._waiting:
            group = list(self._waiting)
            self._waiting.clear()
            data = b"".join([item for item, _ in group])
            try:
                await self._loop.run_in_executor(self._thread, self._write, data)
            except OSError as error:
                self._abandon_segment()
                for _, synced in group:
                    if not synced.done():
                        synced.set_exception(LogUnavailable(f"the spool {self.directory.path}: {error}"))
            else:
                for _, synced in group:
                    if not synced.done():
                        synced.set_result(None)
            self._waiting_bytes -= len(data)
            if self._active is not None:
                self._sizes[self._active.path] = self._active.bytes
        self._writing = None

    def _write(self, data: bytes) -> None:
        """Runs in the thread; nothing else touches the active segment meanwhile."""
        if self._active is not None and self._active.bytes >= self._segment_bytes:
            self._active.close()
            self._active = None
        if self._active is None:
            self._active = SegmentWriter(self.directory.next_segment())
        self._active.append(data)

    def _abandon_segment(self) -> None:
        """After a failed write: its end is unknown, so a new segment is begun next time."""
        if self._active is not None:
            self._sizes[self._active.path] = self._active.path.stat().st_size
            self._active.close()
            self._active = None
