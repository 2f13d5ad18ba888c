"""Spools and their files, for tests."""

from pathlib import Path

from ingest.durable.spool import Spool
from ingest.durable.spool_directory import claim, marker_of
from ingest.durable.spool_segment import decode
from ingest.raw_records import LogRecord
from runtime.tasks import Tasks


def record(number: int) -> LogRecord:
    return LogRecord(b"k%d" % number, b"v" * 50, [("request", b"%d:0:single:1" % number)])


def spool_at(root: Path, *, bytes_max: int = 1_000_000, segment_bytes: int = 1_000) -> Spool:
    return Spool(claim(root), Tasks(), bytes_max=bytes_max, segment_bytes=segment_bytes)


def files(root: Path, suffix: str = "spool") -> list[Path]:
    return sorted(root.rglob(f"*.{suffix}"))


def keys_on_disk(root: Path) -> list[bytes]:
    return [s.record.key for path in files(root) for s in decode(path.read_bytes(), marker_of(path)).records]
