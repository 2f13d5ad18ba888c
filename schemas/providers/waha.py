"""WAHA: one event a body, with an id of its own and the envelope's time.

Source: devlikeapro/waha-docs `content/docs/how-to/events/index.md`. Traps: ack 3 is a read (a delivery in Baileys);
`payload.id` names chat and participant as well, and these change (`@c.us`, `@lid`), so the key is its id segment;
`timestamp` is when WAHA sent the event; a message may stay PENDING although delivered.
"""

from collections.abc import Sequence
from datetime import UTC
from typing import Any, Final

from schemas.causes.catalogue import connection_words
from schemas.event import Event, Ignored, Normalized, Pairing, Unmapped
from schemas.providers.building import connection_event, errors_of, message_event, unknown_word
from schemas.providers.json_parser import JsonParser, fixed
from schemas.providers.provider import Provider
from schemas.providers.reading import array_of, object_of, prose_of, text_of, whatsapp_id
from schemas.providers.recipients import recipient_of
from schemas.providers.sample import CONNECTION, RECIPIENT, Said, Sample
from schemas.providers.times import parse_time_ms
from schemas.record import SourceContext

ACK_NAMES: Final = {
    "ERROR": "error",
    "PENDING": "queued",
    "SERVER": "sent",
    "DEVICE": "delivered",
    "READ": "read",
    "PLAYED": "read",
}
_NAME_OF_ACK: Final = {"-1": "ERROR", "0": "PENDING", "1": "SERVER", "2": "DEVICE", "3": "READ", "4": "PLAYED"}
_SESSIONS: Final = connection_words("waha", "connected", "disconnected", "logout")
_PAIRING: Final = connection_words("waha", "pairing")
"""SCAN_QR_CODE comes again with each new code, and FAILED when nobody read them: words of a pairing and of a logout."""

_KINDS: Final = {
    "message": "inbound_message",
    "message.any": "inbound_message",
    "message.reaction": "reaction",
    "message.waiting": "inbound_message",
    "message.edited": "message_edited",
    "message.revoked": "message_deleted",
    "event.response": "event_response",
    "engine.event": "engine",
    "state.change": "engine",
}
_KINDS_BY_TOPIC: Final = {
    "presence": "presence",
    "group": "group",
    "poll": "poll",
    "call": "call",
    "label": "label",
    "chat": "chat",
}


def _read(document: dict[str, Any], context: SourceContext, received_at_ms: int) -> Normalized:
    event = text_of(document.get("event"))
    if event in ("message.ack", "message.ack.group"):
        return _ack(document, context, received_at_ms)
    if event == "session.status":
        return _session(document, context, received_at_ms)
    kind = _KINDS.get(event) or _KINDS_BY_TOPIC.get(event.partition(".")[0])
    return Ignored(kind) if kind else Unmapped(f"unknown event {event[:80]!r}" if event else "no event name found")


def _ack(document: dict[str, Any], context: SourceContext, received_at_ms: int) -> Normalized:
    payload = object_of(document.get("payload"))
    serialized = text_of(payload.get("id")) or text_of(object_of(payload.get("id")).get("_serialized"))
    if payload.get("fromMe") is False or serialized.startswith("false_"):
        return Ignored("inbound_message_status")
    ack = text_of(payload.get("ack"))
    word = text_of(payload.get("ackName")) or _NAME_OF_ACK.get(ack, ack)
    status = ACK_NAMES.get(word)
    if status is None:
        return unknown_word(word)
    recipient = recipient_of(text_of(payload.get("from")))
    return message_event(
        context,
        received_at_ms,
        message_id=whatsapp_id(serialized),
        connection_id=text_of(document.get("session")),
        status=status,
        word=word,
        at_ms=parse_time_ms(document.get("timestamp"), UTC),
        clock="envelope",
        recipient=recipient,
        participant=recipient_of(text_of(payload.get("participant")))[0] if recipient[1] == "group" else "",
        their_id=text_of(document.get("id")),
        errors=errors_of("waha", status, (_reason(payload), "", "")) if status == "error" else (),
    )


def _reason(payload: dict[str, Any]) -> str:
    """Return the code of an error, which the engine leaves among its own data."""
    return text_of(object_of(payload.get("_data")).get("ackReason"))


def _session(document: dict[str, Any], context: SourceContext, received_at_ms: int) -> Normalized:
    payload = object_of(document.get("payload"))
    word = text_of(payload.get("status"))
    if word == "STARTING":
        return Ignored("connecting")
    if word not in _SESSIONS:
        return Ignored("pairing") if word in _PAIRING else unknown_word(word)
    said = connection_event(
        context,
        received_at_ms,
        connection_id=text_of(document.get("session")),
        status=_SESSIONS[word][0],
        word=word,
        at_ms=parse_time_ms(document.get("timestamp"), UTC),
        clock="envelope",
        reason=prose_of(object_of(payload.get("data")).get("reason")) or word,
        their_id=text_of(document.get("id")),
    )
    never_paired = word in _PAIRING and _was_never_paired(document, payload)
    return Pairing("pairing", said) if never_paired and isinstance(said, Event) else said


def _was_never_paired(document: dict[str, Any], payload: dict[str, Any]) -> bool:
    """Return whether WAHA says that the session has no account, and names no time lately at which it worked.

    Where it does not say whose account it is, the session counts as one that had been open.
    """
    if "me" not in document or document["me"] is not None:
        return False
    return not any(object_of(one).get("status") == "WORKING" for one in array_of(payload.get("statuses")))


def _sample(said: Sequence[Said]) -> Any:
    message_id, word, at_ms = said[0]
    chat = f"{RECIPIENT}@c.us"
    payload = {"id": f"true_{chat}_{message_id}", "from": chat, "fromMe": True, "ackName": word}
    envelope = {"id": f"evt_{message_id}_{word}", "timestamp": at_ms, "event": "message.ack", "session": CONNECTION}
    return {**envelope, "payload": payload}


PROVIDER: Final = Provider(
    name="waha",
    title="WAHA",
    parser=fixed(JsonParser(_read)),
    sample=Sample(_sample, {"sent": "SERVER", "delivered": "DEVICE", "read": "READ"}),
    authentication={"kind": "hmac", "header": "X-Webhook-Hmac", "algorithm": "sha512", "encoding": "hex", "prefix": ""},
    setup=(
        (
            "In the session's config (POST or PUT /api/sessions/SESSION) set this webhook:\n"
            '{"url": "{url}", "events": ["message.ack", "session.status"], "hmac": {"key": "{secret}"}}'
        ),
        "For groups add the event message.ack.group; raise `retries.attempts` as high as you like.",
    ),
    reports={
        "queued": "reported",
        "created": "never",
        "sent": "reported",
        "delivered": "reported",
        "read": "reported",
        "error": "reported",
        "number_not_found": "never",
        "expired": "never",
        "logout": "reported",
    },
)
