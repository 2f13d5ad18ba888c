"""Connections of Evolution API: which closings end a session, and which are its reconnecting.

Source: EvolutionAPI/evolution-api `whatsapp.baileys.service.ts` (it gives a session up at 401, 403, 402 and 406 and
reconnects at any other code); WhiskeySockets/Baileys `DisconnectReason`.
"""

from typing import Any, Final

from schemas.causes.catalogue import connection_words
from schemas.event import Ignored, Normalized, Unmapped
from schemas.providers.building import connection_event
from schemas.providers.reading import object_of, text_of
from schemas.record import SourceContext

EVENTS: Final = frozenset(
    {"connection.update", "logout.instance", "remove.instance", "instance.delete", "status.instance"}
)

_TERMINAL: Final = connection_words("evolution", "logout")
_PASSING: Final = connection_words("baileys", "disconnected")
_NO_CODE: Final = "200"
"""What Evolution writes where Baileys gave no code."""


def _closing(code: str) -> tuple[str, str]:
    """Return (status, reason) of a closing with Baileys' code."""
    if code in _TERMINAL:
        return "logout", f"{code} {_TERMINAL[code][1]}"
    if not code or code == _NO_CODE:
        return "disconnected", ""
    return "disconnected", f"{code} {_PASSING[code][1]}" if code in _PASSING else code


def read(event: str, document: dict[str, Any], context: SourceContext, received_at_ms: int) -> Normalized:
    """Return what an event of EVENTS says of its connection (arguments as for `Parser.normalize`)."""
    data = object_of(document.get("data"))
    word, status, reason = event, "logout", ""
    if event == "connection.update":
        word = text_of(data.get("state"))
        if word == "connecting":
            return Ignored("connecting")
        if word == "open":
            status = "connected"
        elif word == "close":
            status, reason = _closing(text_of(data.get("statusReason")))
        elif word == "refused":
            reason = _TERMINAL[word][1]
        else:
            return Unmapped(f"unknown connection state {word[:80]!r}")
    elif event == "status.instance":
        word = text_of(data.get("status"))
        if word != "closed":
            return Ignored("lifecycle")
        status, reason = _closing(text_of(data.get("disconnectionReasonCode")))
    return connection_event(
        context,
        received_at_ms,
        connection_id=text_of(document.get("instance")) or text_of(data.get("instance")),
        status=status,
        word=word,
        reason=reason,
        stamp=text_of(document.get("date_time")),
    )
