"""One file of the spool: Kafka record batches, one a record, as a broker's own log keeps them. Framed and checksummed.

A record whose bytes were torn or flipped fails its checksum; reading goes on at the next batch that passes.
"""

import os
from pathlib import Path
from typing import Final, NamedTuple

from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

from ingest.raw_records import LogRecord

_HEADER_TOPIC: Final = "spool.topic"
_MAGIC: Final = 2
_MAGIC_AT: Final = 16
_LENGTH_AT: Final = 8
_PREFIX_BYTES: Final = 12
"""Base offset (8) and length (4); the length counts what follows them."""
_BATCH_BYTES_MIN: Final = 61


class Spooled(NamedTuple):
    """A record and the topic it is on its way to."""

    topic: str
    record: LogRecord


class Reading(NamedTuple):
    """What a segment's bytes held."""

    records: list[Spooled]
    damaged_bytes: int
    """Bytes that belong to no record that passes its checksum."""


def encode(topic: str, record: LogRecord) -> bytes:
    """Return one record as a record batch with its checksum."""
    builder = DefaultRecordBatchBuilder(
        magic=_MAGIC,
        compression_type=0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=1,
    )
    builder.append(0, None, record.key, record.value, [*record.headers, (_HEADER_TOPIC, topic.encode())])
    return bytes(builder.build())


def decode(data: bytes) -> Reading:
    """Return every record of a segment that passes its checksum, in order."""
    records: list[Spooled] = []
    damaged = 0
    at = 0
    view = memoryview(data)
    while at < len(data):
        end = _batch_end(data, at)
        record = _record(bytes(view[at:end])) if end else None
        if record is None:
            damaged += 1
            at += 1
        else:
            records.append(record)
            at = end
    return Reading(records, damaged)


def _batch_end(data: bytes, at: int) -> int:
    """Return where the batch that begins at `at` would end; 0 where none can begin there."""
    if at + _BATCH_BYTES_MIN > len(data) or data[at + _MAGIC_AT] != _MAGIC:
        return 0
    length = int.from_bytes(data[at + _LENGTH_AT : at + _PREFIX_BYTES], "big")
    end = at + _PREFIX_BYTES + length
    return end if length >= _BATCH_BYTES_MIN - _PREFIX_BYTES and end <= len(data) else 0


def _record(data: bytes) -> Spooled | None:
    batch = DefaultRecordBatch(data)
    if not batch.validate_crc():
        return None
    records = list(batch)
    if len(records) != 1:
        return None
    headers = list(records[0].headers)
    name, topic = headers.pop() if headers else ("", b"")
    if name != _HEADER_TOPIC or records[0].key is None or records[0].value is None:
        return None
    return Spooled(topic.decode(), LogRecord(bytes(records[0].key), bytes(records[0].value), headers))


class SegmentWriter:
    """Appends to one new file, each time synced to disk. Blocking: call it from a thread."""

    def __init__(self, path: Path) -> None:
        """Create the file, and sync its directory so that the name survives power loss too.

        Raises:
            OSError: it cannot be created.
        """
        self.path = path
        self.bytes = 0
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def append(self, data: bytes) -> None:
        """Write and sync. After an OSError write no more here: the file's end is unknown, and reading copes with it."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]
        os.fdatasync(self._fd)
        self.bytes += len(data)

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)
