"""A segment's bytes: Kafka record batches, one a record, as a broker's own log keeps them. Framed and checksummed.

A record whose bytes were torn or flipped fails its checksum; reading resumes at the next batch that passes. Every
batch carries the file's marker, a secret number, so that bytes a stranger sent can never be read as a record.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

from ingest.log_record import LogRecord

MARKER_BITS: Final = 63
_HEADER_TOPIC: Final = "spool.topic"
_HEADER_WHY: Final = "spool.why"
_HEADER_PREFIX: Final = "spool.prefix"
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
    why: str = ""
    """What Kafka refused it for, where it did."""
    prefix: str | None = None
    """Of the topics of the deployment that it was taken for; None where a release wrote it that did not say so."""


class Span(NamedTuple):
    """Bytes of a segment, from one position up to another."""

    begin: int
    end: int


class Reading(NamedTuple):
    """What a segment's bytes held."""

    records: list[Spooled]
    """Those that pass their checksum, in order."""
    spans: list[Span]
    """Where each of them is."""
    damaged: list[Span]
    """What belongs to no record that passes its checksum, and may have been one."""
    torn_bytes: int
    """At the end: of a record that was never synced, so never acknowledged."""


def encode(spooled: Spooled, marker: int) -> bytes:
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
    record = spooled.record
    headers = list(record.headers)
    if spooled.why:
        headers.append((_HEADER_WHY, spooled.why.encode()))
    if spooled.prefix is not None:
        headers.append((_HEADER_PREFIX, spooled.prefix.encode()))
    builder.append(0, None, record.key, record.value, [*headers, (_HEADER_TOPIC, spooled.topic.encode())])
    return bytes(builder.build())


def decode(data: bytes, marker: int, done: Mapping[int, int] | None = None) -> Reading:
    """Return every record of a segment that bears its marker and passes its checksum, in order.

    Args:
        data: the segment's bytes.
        marker: the segment's.
        done: begin → end of stretches of whole records that are left out.
    """
    done = done or {}
    reading = Reading([], [], [], 0)
    sought = marker.to_bytes(_MARKER_BYTES, "big")
    read_to = at = 0
    while (found := data.find(sought, at + _MARKER_AT)) >= 0:
        begin = found - _MARKER_AT
        end = done.get(begin, 0)
        if not end:
            end = _batch_end(data, begin)
            record = _record(data[begin:end]) if end else None
            if record is None:
                at = begin + 1
                continue
            reading.records.append(record)
            reading.spans.append(Span(begin, end))
        if begin > read_to:
            reading.damaged.append(Span(read_to, begin))
        read_to = at = end
    rest = data[read_to:]
    if _is_torn(rest, sought):
        return reading._replace(torn_bytes=len(rest))
    if rest:
        reading.damaged.append(Span(read_to, len(data)))
    return reading


def _batch_end(data: bytes, begin: int) -> int:
    """Return where the batch that begins at `begin` would end; 0 where none can begin there."""
    if begin + _BATCH_BYTES_MIN > len(data) or data[begin + _MAGIC_AT] != _MAGIC:
        return 0
    length = int.from_bytes(data[begin + _LENGTH_AT : begin + _PREFIX_BYTES], "big")
    end = begin + _PREFIX_BYTES + length
    return end if length >= _BATCH_BYTES_MIN - _PREFIX_BYTES and end <= len(data) else 0


def _is_torn(rest: bytes, sought: bytes) -> bool:
    """Return whether the bytes behind the last whole record are the beginning of one that was being written.

    Such a record says that it is longer than what is there. So does a whole one whose length was flipped afterwards:
    its checksum, which leaves the length out, still fits what is there.
    """
    if len(rest) < _BATCH_BYTES_MIN or not any(rest):
        return bool(rest)
    length = int.from_bytes(rest[_LENGTH_AT:_PREFIX_BYTES], "big")
    is_cut = rest[_MAGIC_AT] == _MAGIC and _PREFIX_BYTES + length > len(rest)
    if not is_cut or rest.find(sought) != _MARKER_AT or rest.find(sought, _MARKER_AT + 1) >= 0:
        return False
    return not DefaultRecordBatch(rest).validate_crc()


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
    prefix = (headers.pop()[1] or b"").decode() if headers and headers[-1][0] == _HEADER_PREFIX else None
    why = (headers.pop()[1] or b"") if headers and headers[-1][0] == _HEADER_WHY else b""
    record = LogRecord(bytes(records[0].key), bytes(records[0].value), headers)
    return Spooled(topic.decode(), record, why.decode(), prefix)
