"""From a body to its records: at once where it is small, in one thread of their own where bodies are large.

Taking a large body apart costs up to a second. On the event loop everybody would wait for it; in a thread, others share the
interpreter with it, and wait for milliseconds. One thread: senders of large bodies wait for one another, nobody else does.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import structlog

from ingest.endpoint import Endpoint
from ingest.log_record import LogRecord
from ingest.raw_records import raw_records
from schemas.providers.provider import Part

LARGE_BYTES: Final = 64 * 1024
"""Of a body, from which it goes to the thread: at most some milliseconds of work below it."""
SWITCH_S: Final = 0.001
"""How long the thread may keep the interpreter while the event loop wants it (`sys.setswitchinterval`)."""
_RECORDS_AT_ONCE: Final = 500
"""Appended before others have their turn."""

log = structlog.get_logger()


class Taken(NamedTuple):
    """An authentic body, and what its records say of the request."""

    endpoint: Endpoint
    body: bytes
    """Decompressed."""
    content_type: str
    source_header: bytes
    request_id: str
    received_at_ms: int
    relay: bytes | None


class Splitter:
    """Makes records of bodies."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="large bodies")

    async def records(self, taken: Taken) -> list[LogRecord]:
        """Return the records of one body."""
        if len(taken.body) < LARGE_BYTES:
            return records_of(taken)
        return await asyncio.get_running_loop().run_in_executor(self._thread, records_of, taken)

    def close(self) -> None:
        """Begin no more."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def records_of(taken: Taken) -> list[LogRecord]:
    """Return the records of one body: redacted, taken apart, re-wrapped."""
    source, body = taken.endpoint.source, taken.body
    if source.provider.redact is not None:
        body = source.provider.redact(body)
    return raw_records(
        account=source.account,
        source_header=taken.source_header,
        request_id=taken.request_id,
        received_at_ms=taken.received_at_ms,
        body=body,
        parts=_split(source.parser.split, body, taken.content_type, source.name),
        relay=taken.relay,
    )


def few_at_once(records: Sequence[LogRecord]) -> Iterator[Sequence[LogRecord]]:
    """Yield records in portions that are appended one after the other."""
    for first in range(0, len(records), _RECORDS_AT_ONCE):
        yield records[first : first + _RECORDS_AT_ONCE]


def _split(
    split: Callable[[bytes, str], Sequence[Part]], body: bytes, content_type: str, source: str
) -> Sequence[Part]:
    try:
        return split(body, content_type)
    except Exception:
        # `split` never raises; should it all the same, the body is kept whole and can be repaired from the log.
        log.exception("a body cannot be split; it is kept whole", source=source)
        return [Part(None, body)]
