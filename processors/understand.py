"""Pure: what a raw record says. Headers → provenance, bytes → event, by its provider's parser."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from schemas.event import Event, Normalized, Unmapped
from schemas.providers.provider import Parser
from schemas.record import (
    HEADER_REQUEST,
    HEADER_SOURCE,
    RequestStamp,
    SourceContext,
    decode_request,
    decode_source,
    record_key,
)

ParserOf = Callable[[SourceContext], Parser]
"""The parser for a record's source; for a source no longer registered, its provider's default."""

_UNKNOWN_SOURCE: Final = SourceContext("", "", "")
_UNKNOWN_REQUEST: Final = RequestStamp("", 0, "single", 0)


def provenance(headers: Any) -> tuple[SourceContext, RequestStamp] | None:
    """Read a record's two headers; None for a record that ingest did not write."""
    try:
        if len(headers) >= 2 and headers[0][0] == HEADER_SOURCE and headers[1][0] == HEADER_REQUEST:  # noqa: PLR2004 - the usual order, at no cost
            return decode_source(headers[0][1]), decode_request(headers[1][1])
        named = dict(headers)
        return decode_source(named[HEADER_SOURCE]), decode_request(named[HEADER_REQUEST])
    except (KeyError, ValueError, TypeError, msgspec.DecodeError):
        return None


def understand(record: Any, parser_of: ParserOf) -> tuple[SourceContext, RequestStamp, Normalized]:
    """Return where a record came from and what it says.

    Args:
        record: an aiokafka ConsumerRecord of `webhook.raw`.
        parser_of: finds the parser of its source.
    """
    read = provenance(record.headers)
    if read is None:
        return _UNKNOWN_SOURCE, _UNKNOWN_REQUEST, Unmapped("headers are not ingest's: not written by Recibo")
    context, stamp = read
    said = parser_of(context).normalize(record.value or b"", context, stamp.received_at_ms)
    if type(said) is Event:
        key = record_key(said.account, said.message_id or said.connection_id)
        if key != record.key:
            return context, stamp, Unmapped("keyed by another id than its parser reads now: re-drive it")
    return context, stamp, said
