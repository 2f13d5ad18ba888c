"""Spools and their files, for tests."""

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path

from ingest.durable.kafka_log import Outcome
from ingest.durable.segment_drain import SegmentDrain
from ingest.durable.spool import Spool
from ingest.durable.spool_directory import claim, marker_of
from ingest.durable.spool_drain import SpoolDrain
from ingest.durable.spool_segment import decode
from ingest.durable.spool_troubles import Troubles
from ingest.log_record import LogRecord
from runtime.tasks import Tasks
from schemas.errors import LogUnavailable


def record(number: int) -> LogRecord:
    return LogRecord(b"k%d" % number, b"v" * 50, [("request", b"%d:0:single:1" % number)])


def spool_at(root: Path, *, bytes_max: int = 1_000_000, segment_bytes: int = 1_000, prefix: str = "") -> Spool:
    return Spool(claim(root), Tasks(), bytes_max=bytes_max, segment_bytes=segment_bytes, prefix=prefix)


def files(root: Path, suffix: str = "spool") -> list[Path]:
    return sorted(root.rglob(f"*.{suffix}"))


def keys_on_disk(root: Path) -> list[bytes]:
    return [s.record.key for path in files(root) for s in decode(path.read_bytes(), marker_of(path)).records]


class FakeLog:
    """A log that takes records, or is away as a whole, or for some keys; and refuses some for good."""

    is_connected = True
    is_well = True

    def __init__(self) -> None:
        self.is_there = True
        self.late = 0
        """How many of the next appends are late."""
        self.away: set[bytes] = set()
        """Keys whose partition is away."""
        self.refused: set[bytes] = set()
        """Keys whose records are refused."""
        self.taken: list[bytes] = []
        self.largest = 0
        """Bytes appended at once, at most."""

    async def append(self, _topic: str, records: list[LogRecord]) -> Outcome:
        """Take records, or raise."""
        if not self.is_there:
            raise LogUnavailable("away")
        self.largest = max(self.largest, sum(len(record.value) for record in records))
        if self.late:
            self.late -= 1
            raise LogUnavailable("late")
        away = [record for record in records if record.key in self.away]
        refused = [(record, "too large") for record in records if record.key in self.refused]
        self.taken += [record.key for record in records if record.key not in self.away | self.refused]
        return Outcome(away, refused)


def segments_to(
    log: FakeLog, spool: Spool, *, share: float = 1.0, appended: Callable[[], int] | None = None, prefix: str = ""
) -> SegmentDrain:
    """Return what drains a spool's segments into a log, while others append in between."""
    others = itertools.count()
    return SegmentDrain(
        log.append,
        spool.directory,
        Troubles(),
        share=share,
        appended=appended or (lambda: next(others)),
        on_refused=lambda _count: None,
        prefix=prefix,
    )


def drain_to(log: FakeLog, spool: Spool, root: Path, segments: SegmentDrain | None = None) -> SpoolDrain:
    """Return a drain of all spools under a root into a log."""
    segments = segments or segments_to(log, spool)
    return SpoolDrain(spool, root, log, segments, segments._troubles)


def draining_of(spool: Spool, root: Path, log: FakeLog) -> "asyncio.Task[None]":
    """Drain at all times, while others append in between."""
    return asyncio.create_task(drain_to(log, spool, root).run())
