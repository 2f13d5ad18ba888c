"""WPPConnect server: the library's events as they are, one a body, never repeated and never timed.

Source: wppconnect-team/wppconnect-server `src/util/{functions,createSessionUtil}.ts`, `sessionController.ts`;
wppconnect-team/wppconnect `src/api/model/enum/{ack-type,status-find}.ts`. Traps: ack 3 is a read here (a delivery in
Baileys); `t` is the message's time, not the status's; a failed POST is not tried again; acks carry the message's text.
"""

from collections.abc import Sequence
from typing import Any, Final

from schemas.causes.catalogue import connection_words
from schemas.event import Ignored, Normalized, Unmapped
from schemas.providers.building import connection_event, errors_of, message_event, unknown_word
from schemas.providers.json_parser import JsonParser, fixed
from schemas.providers.provider import Provider
from schemas.providers.reading import object_of, prose_of, text_of, whatsapp_id
from schemas.providers.recipients import recipient_of
from schemas.providers.redaction import redactor
from schemas.providers.sample import CONNECTION, RECIPIENT, Said, Sample
from schemas.record import SourceContext

ACKS: Final = {
    "-5": "error",
    "-4": "error",
    "-3": "error",
    "-2": "expired",
    "-1": "error",
    "0": "queued",
    "1": "sent",
    "2": "delivered",
    "3": "read",
    "4": "read",
}
"""-6 (inactive), -7 (downgraded) and 5 (another device of ours) say nothing of the message's fate: unmapped."""

_CLOSED: Final = {"logoutsession": "logout", "closesession": "logout"}
_STATUS_FIND: Final = connection_words("wppconnect")
"""`closesession`, `autocloseCalled` and `notLogged` need a person before the session sends again: a logout."""

_KINDS: Final = {
    "onmessage": "inbound_message",
    "unreadmessages": "inbound_message",
    "onselfmessage": "outbound_echo",
    "onpresencechanged": "presence",
    "onreactionmessage": "reaction",
    "onrevokedmessage": "message_deleted",
    "onpollresponse": "poll",
    "onupdatelabel": "label",
    "onparticipantschanged": "group",
    "incomingcall": "call",
    "location": "location",
    "qrcode": "pairing",
    "phoneCode": "pairing",
}
_PAIRING: Final = connection_words("wppconnect", "pairing")


def _read(document: dict[str, Any], context: SourceContext, received_at_ms: int) -> Normalized:
    event = text_of(document.get("event"))
    if event == "onack":
        return _ack(document, context, received_at_ms)
    word, status, reason = event, _CLOSED.get(event, ""), prose_of(document.get("message"))
    if event == "status-find":
        word = reason = text_of(document.get("status"))
        status = _STATUS_FIND.get(word, ("",))[0]
        if not status:
            return Ignored("pairing") if word in _PAIRING else unknown_word(word)
    if status:
        return connection_event(
            context,
            received_at_ms,
            connection_id=text_of(document.get("session")),
            status=status,
            word=word,
            reason=reason,
        )
    if event in _KINDS:
        return Ignored(_KINDS[event])
    return Unmapped(f"unknown event {event[:80]!r}" if event else "no event name found")


def _ack(document: dict[str, Any], context: SourceContext, received_at_ms: int) -> Normalized:
    identity = object_of(document.get("id"))
    message_id = text_of(identity.get("id")) or text_of(identity.get("_serialized")) or text_of(document.get("id"))
    from_me = identity.get("fromMe", document.get("fromMe"))
    if from_me is False or message_id.startswith("false_") or (from_me is None and document.get("self") == "in"):
        return Ignored("inbound_message_status")
    word = text_of(document.get("ack"))
    status = ACKS.get(word)
    if status is None:
        return unknown_word(word)
    recipient = recipient_of(_wid(document.get("to")) or _wid(identity.get("remote")))
    return message_event(
        context,
        received_at_ms,
        message_id=whatsapp_id(message_id),
        connection_id=text_of(document.get("session")),
        status=status,
        word=word,
        recipient=recipient,
        participant=recipient_of(_wid(identity.get("participant")))[0] if recipient[1] == "group" else "",
        errors=errors_of("wppconnect", status, (word, "", "")) if int(word) < 0 else (),
    )


def _wid(value: Any) -> str:
    """Return a WhatsApp id, which some versions write as an object with its parts."""
    return text_of(value) or text_of(object_of(value).get("_serialized"))


def _sample(said: Sequence[Said]) -> Any:
    message_id, ack, _ = said[0]
    chat = f"{RECIPIENT}@c.us"
    identity = {"fromMe": True, "id": message_id, "remote": chat}
    return {"event": "onack", "session": CONNECTION, "id": identity, "to": chat, "ack": int(ack)}


PROVIDER: Final = Provider(
    name="wppconnect",
    title="WPPConnect",
    parser=fixed(JsonParser(_read)),
    sample=Sample(_sample, {"sent": "1", "delivered": "2", "read": "3", "expired": "-2"}),
    authentication={"kind": "path"},
    setup=(
        "WPPConnect signs nothing and sends no header, so the secret is part of the URL: keep {url} to yourself.",
        (
            "In the server's config.ts set webhook.url to {url} and webhook.listenAcks to true; or give `webhook` to "
            "POST /api/SESSION/start-session."
        ),
        "It never repeats a failed POST: keep Recibo up, or put a queue of yours in between.",
    ),
    reports={
        "queued": "reported",
        "created": "never",
        "sent": "reported",
        "delivered": "reported",
        "read": "reported",
        "error": "reported",
        "number_not_found": "never",
        "expired": "reported",
        "logout": "reported",
    },
    redact=redactor("qrcode", "urlcode", "phoneCode"),
)
