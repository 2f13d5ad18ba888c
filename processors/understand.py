"""Pure: what a raw record says. Headers → provenance, bytes → event, by its provider's parser."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from schemas.erasure import decode_request as decode_erasure_request
from schemas.event import Erase, Event, Normalized, Pairing, Unmapped
from schemas.providers.provider import Parser
from schemas.record import (
    HEADER_REQUEST,
    HEADER_SOURCE,
    Kind,
    RequestStamp,
    SourceContext,
    decode_request,
    decode_source,
    record_key,
)

ParserOf = Callable[[SourceContext, int], Parser]
"""The parser of a record: of where it came from, and its offset in the raw partition."""

Said = Normalized | Erase
"""What a record says: what a provider's body can say, or what `recibo forget` asks."""

_STRANGER: Final = SourceContext("", "", ""), RequestStamp("", 0, "single", 0)
_ERASE: Final = Kind.ERASE.value
_NUMBER_MAX: Final = 1 << 53
"""No index or time of ours is greater, and JSON carries no greater one exactly."""


def provenance(record: Any) -> tuple[SourceContext, RequestStamp]:
    """Read a record's two headers. Those of a record that ingest did not write are empty."""
    headers = record.headers
    try:
        if len(headers) >= 2 and headers[0][0] == HEADER_SOURCE and headers[1][0] == HEADER_REQUEST:  # noqa: PLR2004 - the usual order, at no cost
            context, stamp = decode_source(headers[0][1]), decode_request(headers[1][1])
        else:
            named = dict(headers)
            context, stamp = decode_source(named[HEADER_SOURCE]), decode_request(named[HEADER_REQUEST])
    except (KeyError, ValueError, TypeError, AttributeError, msgspec.DecodeError):
        return _STRANGER
    is_ours = -1 <= stamp.index < _NUMBER_MAX and 0 <= stamp.received_at_ms < _NUMBER_MAX
    return (context, stamp) if is_ours else _STRANGER


def understand(record: Any, context: SourceContext, stamp: RequestStamp, parser_of: ParserOf) -> Said:
    """Return what a record says.

    Args:
        record: an aiokafka ConsumerRecord of `webhook.raw`.
        context: where it came from, as its headers say.
        stamp: its request and time of receipt, likewise.
        parser_of: finds the parser of its source.
    """
    if not context.source:
        return _without_source(record, stamp)
    said = parser_of(context, record.offset).normalize(record.value or b"", context, stamp.received_at_ms)
    event = said.logout if type(said) is Pairing else said
    if type(event) is Event:
        key = record_key(event.account, event.message_id or event.connection_id)
        if key != record.key:
            return Unmapped("keyed by another id than its parser reads now: re-drive it")
    return said


def _without_source(record: Any, stamp: RequestStamp) -> Erase | Unmapped:
    """Return what a record says that no source's request led to: that a message be forgotten, if it is ours at all."""
    if stamp.kind != _ERASE:
        return Unmapped("headers are not ingest's: not written by Recibo")
    try:
        asked = decode_erasure_request(record.value or b"")
    except msgspec.DecodeError as error:
        return Unmapped(f"asks to forget a message, and cannot be read: {error}")
    return Erase(asked.known_as, asked.since_ms)
