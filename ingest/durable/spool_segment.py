"""One file of the spool: Kafka record batches, one a record, as a broker's own log keeps them. Framed and checksummed.

A record whose bytes were torn or flipped fails its checksum; reading resumes at the next batch that passes. Every
batch carries the file's marker, a secret number, so that bytes a stranger sent can never be read as a record.
"""

import os
from pathlib import Path
from typing import Final, NamedTuple

from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

from ingest.raw_records import LogRecord
from runtime.whole_file import sync_folder

MARKER_BITS: Final = 63
_HEADER_TOPIC: Final = "spool.topic"
_MAGIC: Final = 2
_MAGIC_AT: Final = 16
_LENGTH_AT: Final = 8
_PREFIX_BYTES: Final = 12
"""Base offset (8) and length (4); the length counts what follows them."""
_MARKER_AT: Final = 43
"""Where a batch has its producer's id, which the checksum covers."""
_MARKER_BYTES: Final = 8
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


def encode(topic: str, record: LogRecord, marker: int) -> bytes:
    """Return one record as a record batch with its checksum, marked as the segment is that it goes to."""
    builder = DefaultRecordBatchBuilder(
        magic=_MAGIC,
        compression_type=0,
        is_transactional=0,
        producer_id=marker,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=1,
    )
    builder.append(0, None, record.key, record.value, [*record.headers, (_HEADER_TOPIC, topic.encode())])
    return bytes(builder.build())


def decode(data: bytes, marker: int) -> Reading:
    """Return every record of a segment that bears its marker and passes its checksum, in order."""
    records: list[Spooled] = []
    sought = marker.to_bytes(_MARKER_BYTES, "big")
    read_to = damaged = 0
    found = data.find(sought)
    while found >= 0:
        begin = found - _MARKER_AT
        end = _batch_end(data, begin) if begin >= read_to else 0
        record = _record(data[begin:end]) if end else None
        if record is not None:
            records.append(record)
            damaged += begin - read_to
            read_to = end
        found = data.find(sought, max(found + 1, read_to))
    return Reading(records, damaged + len(data) - read_to)


def _batch_end(data: bytes, begin: int) -> int:
    """Return where the batch that begins at `begin` would end; 0 where none can begin there."""
    if begin + _BATCH_BYTES_MIN > len(data) or data[begin + _MAGIC_AT] != _MAGIC:
        return 0
    length = int.from_bytes(data[begin + _LENGTH_AT : begin + _PREFIX_BYTES], "big")
    end = begin + _PREFIX_BYTES + length
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
        """Of what was synced."""
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            sync_folder(path.parent)
        except OSError:
            self.abandon()
            raise

    def append(self, data: bytes) -> None:
        """Write and sync. After an OSError `abandon` it: the file's end is unknown, and reading copes with it."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]
        os.fdatasync(self._fd)
        self.bytes += len(data)

    def abandon(self) -> None:
        """Close the file; a disk that refuses again and again must not fill up with files that hold nothing."""
        self.close()
        if not self.bytes:
            self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)
