"""How a webhook travels: the records of `webhook.raw`, `webhook.requests` and `webhook.set_aside`.

A raw record carries two headers. `source` is the same for every request of a source (JSON, so it can be
read with any Kafka tool, and is parsed once); `request` is a JSON array: request id, index, kind, received-at ms.
A third, `relay`, is on a request's first record where the source relays: its own headers and query.
"""

from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from schemas.status import Outcome

HEADER_SOURCE: Final = "source"
HEADER_REQUEST: Final = "request"
HEADER_RELAY: Final = "relay"


SPOOL_AGE_MS_MAX: Final = 7 * 24 * 60 * 60 * 1000
"""Longest time from receipt to the log that is believed. What waited longer in a spool is folded as of this age."""


class Kind(StrEnum):
    """What the bytes of a raw record are."""

    SINGLE = "single"
    """A body with one event, verbatim."""
    PART = "part"
    """One event of a body with several, re-wrapped by the provider's `split`."""
    BATCH = "batch"
    """A body with several events, whole: evidence, keyed by request id, not processed, without an outcome."""
    ERASE = "erase"
    """No request's: `recibo forget` asks that the message of its key be forgotten (`schemas.erasure.ErasureRequest`)."""


class SourceContext(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is the same for every record of a source: header `source`, JSON."""

    source: str
    account: str
    provider: str
    content_type: str = "application/json"
    selected: tuple[str, ...] | None = None
    """Statuses the source selected when the request came; None means all."""
    split: int = 1
    """Version of the provider's `split` that made the record."""
    mapping: str = ""
    """What the source said of its mapping when the request came (`[sources.NAME.mapping]`, as JSON): the version that its
    records are read by for as long as they are kept. `{}`: nothing; "" in a record of a release that did not write it."""


class RequestStamp(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What distinguishes one record of a source from another: header `request`."""

    request_id: str
    index: int
    kind: str
    received_at_ms: int


class Coordinate(NamedTuple):
    """Where a record is in the raw log. Its generation is the deployment's."""

    partition: int
    offset: int


class RequestRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request and the answer really given: a value of `webhook.requests`, written after the answer."""

    request_id: str
    received_at_ms: int
    answered_at_ms: int | None
    """When the answer was handed to the socket; None where the client hung up before it."""
    method: str
    path: str
    source: str | None
    """None where the path names no registered source."""
    account: str | None
    provider: str | None
    remote_address: str
    status: int
    """HTTP status sent; 499 where the client hung up before an answer."""
    duration_us: int
    body_bytes: int
    sha256: str | None
    """Hex SHA-256 of the body's bytes as received, before decompression; None where it was not read whole."""
    events: int
    """Records the body was split into (the whole-batch record not counted)."""
    stored: str
    """Where the bytes went: `log`, `spool` or `nowhere`."""
    refusal: str | None = None
    """Why it was refused, as in the problem+json title; None where it was taken."""


class SetAside(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A record that made no new event: a value of `webhook.set_aside`. Its bytes stay in the raw log."""

    partition: int
    offset: int
    raw_at_ms: int
    """Append time of the raw record (the broker's clock)."""
    outcome: Outcome
    why: str
    source: str
    account: str
    provider: str
    request_id: str
    index: int
    received_at_ms: int
    event_id: str = ""
    """The event's id, where one could be read (repeat, overflow, unselected)."""
    kind: str = ""
    """For `ignored`: what it is instead of a status (inbound_message, template_notice, …)."""


def fold_time_ms(appended_at_ms: int, received_at_ms: int) -> int:
    """Return the time of a record that its fold goes by, UTC ms: of the record alone, and not the broker's word alone.

    A broker whose clock was ahead would let states expire that are a day old. No record is older than its receipt and
    the longest wait in a spool.

    Args:
        appended_at_ms: its append time, by the broker's clock.
        received_at_ms: its receipt, by ingest's; 0 where ingest did not write it.
    """
    return min(appended_at_ms, received_at_ms + SPOOL_AGE_MS_MAX) if received_at_ms else appended_at_ms


def encode_source(context: SourceContext) -> bytes:
    """Return the `source` header's value."""
    return msgspec.json.encode(context)


_decode_source = msgspec.json.Decoder(SourceContext).decode
_source_memo: dict[bytes, SourceContext] = {}
_SOURCE_MEMO_LIMIT: Final = 10_000


def decode_source(value: bytes) -> SourceContext:
    """Read the `source` header. Memoised, since a stream has few distinct ones. Raises msgspec.DecodeError."""
    context = _source_memo.get(value)
    if context is None:
        context = _decode_source(value)
        if len(_source_memo) >= _SOURCE_MEMO_LIMIT:
            _source_memo.clear()
        _source_memo[value] = context
    return context


encode_request = msgspec.json.Encoder().encode
"""Returns the `request` header's value: `["request id",index,"kind",received-at ms]`."""

decode_request = msgspec.json.Decoder(RequestStamp).decode
"""Reads the `request` header. Raises msgspec.DecodeError where it is not one."""


def record_key(account: str, subject: str) -> bytes:
    """Return the key of everything about one message or connection: `account/id`, UTF-8.

    Lone surrogates, which JSON can smuggle into an id, are kept apart rather than failing.
    """
    key = f"{account}/{subject}"
    try:
        return key.encode()
    except UnicodeEncodeError:
        return key.encode("utf-8", "surrogatepass")
