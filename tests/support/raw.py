"""Raw records in memory, as aiokafka would hand them over."""

import json
from typing import Any

from aiokafka.structs import ConsumerRecord

from schemas.erasure import ErasureRequest, encode
from schemas.record import RequestStamp, SourceContext, encode_request, encode_source, record_key

WPP = SourceContext("wpp", "acme", "wpp_marketing")
START_MS = 1_790_000_000_000

Headers = tuple[tuple[str, bytes | None], ...]


def headers(
    context: SourceContext = WPP, *, kind: str = "single", index: int = 0, received_at_ms: int = START_MS
) -> Headers:
    """Return the two headers that ingest writes."""
    stamp = RequestStamp("0" * 32, index, kind, received_at_ms)
    return (("source", encode_source(context)), ("request", encode_request(stamp)))


def raw_record(
    offset: int, key: bytes | None, value: bytes | None, given: Headers | None = None, at_ms: int = START_MS
) -> Any:
    """Return a record of partition 0 of the raw log."""
    return ConsumerRecord(
        "webhook.raw",
        0,
        offset,
        at_ms,
        0,
        key,
        value,
        None,
        len(key or b""),
        len(value or b""),
        headers() if given is None else given,
    )


def event_record(
    offset: int, message: str, status: str, *, event_id: str = "", at_ms: int = START_MS, **fields: Any
) -> Any:
    """Return a record that says one status of one message."""
    body = {
        "event": status,
        "message_id": message,
        "connection_id": "c",
        "event_id": event_id or f"e{offset}",
        **fields,
    }
    return raw_record(offset, record_key("acme", message), json.dumps(body).encode(), at_ms=at_ms)


def erase_record(offset: int, message: str, at_ms: int = START_MS, *, since_ms: int | None = None) -> Any:
    """Return a record that asks to forget a message of account `acme`, where it is not younger than `since_ms` (`at_ms`)."""
    asked = ErasureRequest(f"erased-{message}", at_ms if since_ms is None else since_ms)
    given = headers(SourceContext("", "acme", ""), kind="erase", received_at_ms=at_ms)
    return raw_record(offset, record_key("acme", message), encode(asked), given, at_ms)
