"""Evolution API 2.x: Baileys instances and instances on Meta's API, one event a body.

Source: EvolutionAPI/evolution-api, `whatsapp.baileys.service.ts`, `whatsapp.business.service.ts`, `wa.types.ts`. Traps:
`date_time` is the server's local time labelled Z, so it is no time (but distinguishes two reports); `messageId` is a
row of its database, `keyId` the message; on Meta's API only ids can be trusted (`fromMe` is always false and
`remoteJid` is another message's recipient); bodies carry the instance's `apikey`.
"""

from collections.abc import Sequence
from datetime import UTC
from typing import Any, Final

from schemas.event import ErrorDetail, Ignored, Normalized, Unmapped
from schemas.providers import evolution_connection
from schemas.providers.building import errors_of, message_event, unknown_word
from schemas.providers.json_parser import JsonParser, fixed
from schemas.providers.meta_changes import errors as meta_errors
from schemas.providers.provider import Provider
from schemas.providers.reading import array_of, object_of, prose_of, text_of
from schemas.providers.recipients import foremost, recipient_of
from schemas.providers.redaction import redactor
from schemas.providers.sample import CONNECTION, RECIPIENT, Said, Sample
from schemas.providers.times import parse_time_ms
from schemas.record import SourceContext

STATUSES: Final = {
    "ERROR": "error",
    "PENDING": "queued",
    "SERVER_ACK": "sent",
    "DELIVERY_ACK": "delivered",
    "READ": "read",
    "PLAYED": "read",
    "SENT": "sent",
    "DELIVERED": "delivered",
    "FAILED": "error",
    # Baileys' numbers, where a version lets them through: here 3 is a delivery.
    "0": "error",
    "1": "queued",
    "2": "sent",
    "3": "delivered",
    "4": "read",
    "5": "read",
}
"""Baileys' words, and Meta's in capitals as the Meta channel sends them."""

_IGNORED_WORDS: Final = {"DELETED": "message_deleted", "EDITED": "message_edited", "READ_BY_ME": "read_by_me"}
_META_ID: Final = "wamid."

_KINDS: Final = {
    "messages.upsert": "inbound_message",
    "messages.set": "history",
    "messages.edited": "message_edited",
    "messages.delete": "message_deleted",
    "send.message.update": "message_edited",
    "presence.update": "presence",
    "call": "call",
    "qrcode.updated": "pairing",
    "application.startup": "lifecycle",
    "instance.create": "lifecycle",
    "creds.update": "lifecycle",
}
_KINDS_BY_TOPIC: Final = {
    "contacts": "contact",
    "chats": "chat",
    "groups": "group",
    "group-participants": "group",
    "labels": "label",
    "typebot": "bot",
    "messaging-history": "history",
}


def _event_name(document: dict[str, Any]) -> str:
    """Return the event's name; some versions write `MESSAGES_UPDATE` for `messages.update`."""
    return text_of(document.get("event")).lower().replace("_", ".")


def _explode(document: dict[str, Any]) -> Sequence[dict[str, Any]]:
    updates = array_of(document.get("data"))
    if len(updates) < 2 or _event_name(document) != "messages.update":  # noqa: PLR2004 (several)
        return ()
    around = {name: text_of(document.get(name)) for name in ("event", "instance", "date_time")}
    return [{**around, "data": update} for update in updates]


def _read(document: dict[str, Any], context: SourceContext, received_at_ms: int) -> Normalized:
    event = _event_name(document)
    data = document.get("data")
    if type(data) is list and len(data) == 1:
        data = data[0]
    if event in ("messages.update", "send.message"):
        return _message(event, object_of(data), text_of(document.get("instance")), context, received_at_ms)
    if event == "messages.upsert" and object_of(object_of(data).get("key")).get("fromMe") is True:
        return Ignored("outbound_echo")
    if event in evolution_connection.EVENTS:
        return evolution_connection.read(event, document, context, received_at_ms)
    kind = _KINDS.get(event) or _KINDS_BY_TOPIC.get(event.partition(".")[0])
    return Ignored(kind) if kind else Unmapped(f"unknown event {event[:80]!r}" if event else "no event name found")


def _message(
    event: str, data: dict[str, Any], instance: str, context: SourceContext, received_at_ms: int
) -> Normalized:
    key = object_of(data.get("key"))
    message_id = text_of(data.get("keyId")) or text_of(key.get("id"))
    first_version = not message_id and "owner" in data
    if first_version:
        message_id = text_of(data.get("id"))
    on_meta = message_id.startswith(_META_ID)
    if not on_meta and (data.get("fromMe") is False or key.get("fromMe") is False):
        return Ignored("inbound_message_status")
    word = text_of(data.get("status"))
    status = STATUSES.get(word.upper())
    if status is None:
        kind = _IGNORED_WORDS.get(word.upper())
        return Ignored(kind) if kind else unknown_word(word)
    row = text_of(data.get("messageId"))
    chat = "" if on_meta else text_of(data.get("remoteJid")) or text_of(key.get("remoteJid"))
    other = "" if on_meta else text_of(data.get("remoteJidAlt")) or text_of(key.get("remoteJidAlt"))
    device = text_of(data.get("participant")) or text_of(key.get("participant"))
    recipient = foremost(chat, other) if other else recipient_of(chat)
    has_names = other or (device != chat and device and recipient[1] != "group" and not on_meta)
    return message_event(
        context,
        received_at_ms,
        message_id=message_id,
        connection_id=instance,
        status=status,
        word=word,
        at_ms=_time(event, data, first_version=first_version),
        recipient=recipient,
        participant=recipient_of(device)[0] if recipient[1] == "group" else "",
        aliases=(row,) if row and row != message_id else (),
        identities=(chat, other, device) if has_names else (),
        errors=_errors(status, data) if status == "error" else (),
    )


def _time(event: str, data: dict[str, Any], *, first_version: bool) -> int | None:
    """Return when it happened, UTC ms: a sent message's own time, or the update's in version 1; others have none."""
    if event == "send.message":
        return parse_time_ms(data.get("messageTimestamp"), UTC)
    return parse_time_ms(data.get("datetime"), UTC) if first_version else None


def _errors(status: str, data: dict[str, Any]) -> tuple[ErrorDetail, ...]:
    """Return why a message failed: Meta's errors on Meta's API, and the code and text that Baileys puts among its parameters."""
    said = meta_errors(data)
    parameters = array_of(data.get("messageStubParameters"))
    if parameters:
        said.append((text_of(parameters[0]), " ".join(filter(None, map(prose_of, parameters[1:]))), ""))
    return errors_of("evolution", status, *(said or [("", "", "")]))


def _sample(said: Sequence[Said]) -> Any:
    updates = [
        {"keyId": one.message_id, "remoteJid": f"{RECIPIENT}@s.whatsapp.net", "fromMe": True, "status": one.word}
        for one in said
    ]
    data = updates if len(updates) > 1 else updates[0]
    return {"event": "messages.update", "instance": CONNECTION, "data": data}


PROVIDER: Final = Provider(
    name="evolution",
    title="Evolution API",
    parser=fixed(JsonParser(_read, _explode)),
    sample=Sample(_sample, {"sent": "SERVER_ACK", "delivered": "DELIVERY_ACK", "read": "READ"}, several=True),
    answer=200,
    authentication={"kind": "bearer"},
    setup=(
        (
            "Set the instance's webhook by POST /webhook/set/INSTANCE with your apikey to this body:\n"
            '{"webhook": {"enabled": true, "url": "{url}", "headers": {"Authorization": "Bearer {secret}"},\n'
            ' "events": ["MESSAGES_UPDATE", "SEND_MESSAGE", "CONNECTION_UPDATE", "LOGOUT_INSTANCE"]}}'
        ),
        "The global webhook (WEBHOOK_GLOBAL_URL) knows no LOGOUT_INSTANCE: CONNECTION_UPDATE reports logouts there.",
        "If the instance uses `jwt_key` instead of a fixed header, set the source's auth kind to `jwt`.",
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
    redact=redactor("apikey", "pairingCode"),
    appends_event=True,
)
