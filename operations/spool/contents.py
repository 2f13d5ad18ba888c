"""What one file of the spool holds: its records, and what of it is damaged, torn or dealt with."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from ingest.durable.spool_directory import DAMAGED_SUFFIX, SUFFIX, marker_of
from ingest.durable.spool_progress import Progress
from ingest.durable.spool_segment import Spooled, decode
from schemas.errors import DeploymentError
from schemas.record import HEADER_REQUEST, decode_request

_SHOWN_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class SpooledRecord:
    """One record, without its value, which is a webhook's body."""

    topic: str
    key: str
    request_id: str
    """"" where it has none."""
    value_bytes: int
    headers_bytes: int
    why: str
    """What Kafka refused it for; "" where it did not."""


@dataclass(frozen=True, slots=True)
class Contents:
    """A file's contents, in short."""

    file: str
    bytes: int
    records: int
    by_topic: dict[str, int]
    acknowledged_bytes: int
    damaged_bytes: int
    torn_bytes: int
    first: list[SpooledRecord] = field(default_factory=list)
    """The first records that are there still."""


def contents_of(path: Path) -> Contents:
    """Read a file of the spool.

    Raises:
        DeploymentError: it cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DeploymentError(
            f"{path} cannot be read: {os.strerror(error.errno or 0)}. Where its disk is damaged, `recibo spool set-aside` "
            "takes it out of the workers' way"
        ) from error
    if path.suffix == DAMAGED_SUFFIX:
        return Contents(str(path), len(data), 0, {}, 0, len(data), 0)
    done = Progress(path).done if path.suffix == SUFFIX else {}
    reading = decode(data, marker_of(path), done)
    return Contents(
        str(path),
        len(data),
        len(reading.records),
        dict(Counter(spooled.topic for spooled in reading.records)),
        sum(end - begin for begin, end in done.items()),
        sum(span.end - span.begin for span in reading.damaged),
        reading.torn_bytes,
        [_shown(spooled) for spooled in reading.records[:_SHOWN_MAX]],
    )


def _shown(spooled: Spooled) -> SpooledRecord:
    topic, record, why, _prefix = spooled
    try:
        request_id = decode_request(dict(record.headers)[HEADER_REQUEST]).request_id
    except (KeyError, msgspec.MsgspecError):
        request_id = ""
    headers_bytes = sum(len(name) + len(value) for name, value in record.headers)
    return SpooledRecord(
        topic, record.key.decode("utf-8", "replace"), request_id, len(record.value), headers_bytes, why
    )
