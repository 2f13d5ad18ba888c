"""One authenticated body becomes records of the raw log: pure.

One event: one record of kind `single`, verbatim. Several: the whole body once (`batch`, evidence), and each event
re-wrapped by the provider's `split` (`part`). Whatever a parser cannot take is one `single` record: nothing is lost.
"""

from collections.abc import Sequence
from typing import Final

from ingest.log_record import BATCH_OVERHEAD_BYTES, LogRecord, record_bytes_max
from schemas.errors import RecordTooLarge
from schemas.providers.provider import Part
from schemas.record import (
    HEADER_RELAY,
    HEADER_REQUEST,
    HEADER_SOURCE,
    Kind,
    RequestStamp,
    encode_request,
    record_key,
)
from schemas.topics import MAX_RECORD_BYTES

PART_BYTES_MAX: Final = MAX_RECORD_BYTES - 256 * 1024
PARTS_GROWTH_MAX: Final = 8
"""Times the bytes of a body that its parts may have together: each repeats what surrounds it, which a sender could make large
on purpose. A body that is full of statuses stays below 4."""
PARTS_BYTES_MIN: Final = 4 * 1024 * 1024
"""What the parts of any body may have together."""


_SURELY_FITS_BYTES: Final = MAX_RECORD_BYTES - 64 * 1024
"""Key, value and `relay` header below this leave room for all else, which need not be counted."""


def raw_records(
    *,
    account: str,
    source_header: bytes,
    request_id: str,
    received_at_ms: int,
    body: bytes,
    parts: Sequence[Part],
    relay: bytes | None,
) -> list[LogRecord]:
    """Return the records of one request.

    Args:
        account: whose messages these are.
        source_header: the `source` header's value, made once a source.
        request_id: the request's id, 32 hexadecimal digits.
        received_at_ms: time of receipt, UTC ms.
        body: the body, decompressed and redacted: the event's bytes.
        parts: what the provider's `split` made of it.
        relay: the `relay` header's value for the first record, or None.

    Raises:
        RecordTooLarge: a record would be larger than the log takes any.
    """
    own_key = request_id.encode()
    if len(parts) == 1:
        subject = parts[0].subject
        key = own_key if subject is None else record_key(account, subject)
        records = [
            _record(key, body, source_header, encode_request(RequestStamp(request_id, 0, Kind.SINGLE, received_at_ms)))
        ]
    elif not parts or _outgrows(body, parts):
        records = [
            _record(
                own_key, body, source_header, encode_request(RequestStamp(request_id, 0, Kind.SINGLE, received_at_ms))
            )
        ]
    else:
        records = [
            _record(
                own_key, body, source_header, encode_request(RequestStamp(request_id, -1, Kind.BATCH, received_at_ms))
            )
        ]
        records += [
            _record(
                own_key if part.subject is None else record_key(account, part.subject),
                part.body,
                source_header,
                encode_request(RequestStamp(request_id, index, Kind.PART, received_at_ms)),
            )
            for index, part in enumerate(parts)
        ]
    if relay is not None:
        records[0].headers.append((HEADER_RELAY, relay))
    for record in records:
        size = len(record.key) + len(record.value) + (len(relay) if relay else 0)
        if size > _SURELY_FITS_BYTES and record_bytes_max(record) + BATCH_OVERHEAD_BYTES > MAX_RECORD_BYTES:
            raise RecordTooLarge(
                f"body, key and relayed headers make a record of {record_bytes_max(record)} bytes; "
                f"the log takes {MAX_RECORD_BYTES}"
            )
    return records


def _outgrows(body: bytes, parts: Sequence[Part]) -> bool:
    """Return whether parts are too large to be stored each by itself, or together much more than their body was."""
    lengths = [len(part.body) for part in parts]
    return max(lengths) > PART_BYTES_MAX or sum(lengths) > max(PARTS_BYTES_MIN, PARTS_GROWTH_MAX * len(body))


def _record(key: bytes, value: bytes, source_header: bytes, request_header: bytes) -> LogRecord:
    return LogRecord(key, value, [(HEADER_SOURCE, source_header), (HEADER_REQUEST, request_header)])
