"""One record on its way into a topic, and how large it becomes in Kafka's record format v2: an upper bound. Pure.

Source: the Kafka protocol's record batch. A record is its length, attributes (1 byte), timestamp delta, offset delta, key,
value and headers; lengths, deltas and counts are zigzag varints, of at most 5 bytes (10 for the timestamp delta).
"""

from typing import Final, NamedTuple

Headers = list[tuple[str, bytes]]

BATCH_OVERHEAD_BYTES: Final = 61
"""The head of a record batch."""
_VARINT_BYTES_MAX: Final = 5
_RECORD_OVERHEAD_BYTES: Final = 5 * _VARINT_BYTES_MAX + 1 + 10
"""Length, offset delta, key's and value's length, count of headers; attributes; timestamp delta."""
_HEADER_OVERHEAD_BYTES: Final = 2 * _VARINT_BYTES_MAX


class LogRecord(NamedTuple):
    """One record on its way into a topic."""

    key: bytes
    value: bytes
    headers: Headers


def record_bytes_max(record: LogRecord) -> int:
    """Return how many bytes a record takes in a batch at most, before compression. Too many by 36 and 10 a header, at most."""
    key, value, headers = record
    size = _RECORD_OVERHEAD_BYTES + len(key) + len(value)
    for name, content in headers:
        size += _HEADER_OVERHEAD_BYTES + len(content) + (len(name) if name.isascii() else len(name.encode()))
    return size
