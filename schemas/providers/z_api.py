"""Z-API: one status of one or several messages a body.

Source: Z-API/z-api-docs (webhooks), and its page of examples "On Send callback examples". Traps: `DeliveryCallback` says that Z-API sent the message, not that it was
delivered; RECEIVED is the delivery; READ_BY_ME is about inbound messages; `momment` is in milliseconds, and in seconds
in the disconnection; one body may name several messages.
"""

from collections.abc import Sequence
from datetime import UTC
from typing import Any, Final

from schemas.causes.catalogue import connection_words
from schemas.event import Ignored, Normalized, Unmapped
from schemas.providers.building import connection_event, errors_of, message_event, unknown_word
from schemas.providers.json_parser import JsonParser, fixed
from schemas.providers.provider import Provider
from schemas.providers.reading import array_of, prose_of, text_of
from schemas.providers.recipients import recipient_of
from schemas.providers.sample import CONNECTION, RECIPIENT, Said, Sample
from schemas.providers.times import parse_time_ms
from schemas.record import SourceContext

STATUSES: Final = {"SENT": "sent", "RECEIVED": "delivered", "READ": "read", "PLAYED": "read"}
_KINDS: Final = {
    "ReceivedCallback": "inbound_message",
    "PresenceChatCallback": "presence",
    "ChatPresenceCallback": "presence",
}
_NO_SUCH_NUMBER: Final = "phone number does not exist"
"""The one error text that is explicit about it. Z-API has no codes but SHADOW_BAN."""
_CONNECTIONS: Final = connection_words("z_api")
_GROUP_SUFFIX: Final = "-group"
_AROUND: Final = (
    "instanceId",
    "status",
    "momment",
    "phone",
    "phoneDevice",
    "participant",
    "type",
    "isGroup",
    "errorCode",
)


def _explode(document: dict[str, Any]) -> Sequence[dict[str, Any]]:
    ids = array_of(document.get("ids"))
    if len(ids) < 2 or document.get("type") != "MessageStatusCallback":  # noqa: PLR2004 (several)
        return ()
    around = {name: _scalar(document.get(name)) for name in _AROUND if name in document}
    return [{**around, "ids": [one]} for one in ids]


def _scalar(value: Any) -> Any:
    """Return what may be repeated in every part: nothing that can be large."""
    return value if type(value) in (bool, int, float) else text_of(value)


def _read(document: dict[str, Any], context: SourceContext, received_at_ms: int) -> Normalized:
    kind = text_of(document.get("type"))
    if kind == "MessageStatusCallback":
        return _status(document, context, received_at_ms)
    if kind == "DeliveryCallback":
        return _accepted(document, context, received_at_ms)
    if kind in _CONNECTIONS:
        return connection_event(
            context,
            received_at_ms,
            connection_id=text_of(document.get("instanceId")),
            status=_CONNECTIONS[kind][0],
            word=kind,
            at_ms=parse_time_ms(document.get("momment"), UTC),
            reason=prose_of(document.get("error")),
        )
    if kind in _KINDS:
        return Ignored(_KINDS[kind])
    return Unmapped(f"unknown type {kind[:80]!r}" if kind else "no type found")


def _recipient(document: dict[str, Any]) -> tuple[str, str]:
    phone = text_of(document.get("phone"))
    if phone.endswith(_GROUP_SUFFIX):
        return phone.removesuffix(_GROUP_SUFFIX), "group"
    return recipient_of(phone)


def _status(document: dict[str, Any], context: SourceContext, received_at_ms: int) -> Normalized:
    ids = array_of(document.get("ids"))
    if len(ids) > 1:
        return Unmapped(f"{len(ids)} messages in one record")
    word = text_of(document.get("status"))
    status = STATUSES.get(word)
    if status is None:
        return Ignored("read_by_me") if word == "READ_BY_ME" else unknown_word(word)
    recipient = _recipient(document)
    return message_event(
        context,
        received_at_ms,
        message_id=text_of(ids[0] if ids else document.get("messageId")),
        connection_id=text_of(document.get("instanceId")),
        status=status,
        word=word,
        at_ms=parse_time_ms(document.get("momment"), UTC),
        recipient=recipient,
        participant=recipient_of(text_of(document.get("participant")))[0] if recipient[1] == "group" else "",
    )


def _accepted(document: dict[str, Any], context: SourceContext, received_at_ms: int) -> Normalized:
    """Read a `DeliveryCallback`: Z-API took the message, or could not send it."""
    title = prose_of(document.get("error"))
    code = text_of(document.get("errorCode"))
    failed = bool(title or code)
    failure = "number_not_found" if title.strip().lower() == _NO_SUCH_NUMBER else "error"
    message_id, queue_id = text_of(document.get("messageId")), text_of(document.get("zaapId"))
    return message_event(
        context,
        received_at_ms,
        message_id=message_id or queue_id,
        connection_id=text_of(document.get("instanceId")),
        status=failure if failed else "created",
        word="DeliveryCallback",
        at_ms=parse_time_ms(document.get("momment"), UTC),
        recipient=_recipient(document),
        aliases=(queue_id,) if queue_id and message_id and queue_id != message_id else (),
        errors=errors_of("z_api", failure, (code, title, "")) if failed else (),
    )


def _sample(said: Sequence[Said]) -> Any:
    of_all = {"status": said[0].word, "momment": said[0].at_ms, "phone": RECIPIENT}
    ids = [one.message_id for one in said]
    return {"type": "MessageStatusCallback", "instanceId": CONNECTION, **of_all, "ids": ids}


PROVIDER: Final = Provider(
    name="z_api",
    title="Z-API",
    parser=fixed(JsonParser(_read, _explode)),
    sample=Sample(_sample, {"sent": "SENT", "delivered": "RECEIVED", "read": "PLAYED"}, several=True, one_status=True),
    answer=200,
    authentication={"kind": "path"},
    setup=(
        "Z-API signs nothing, so the secret is part of the URL: keep {url} to yourself.",
        (
            "In the instance's Webhooks page (or by PUT /update-every-webhooks) enter it for these events: "
            "Ao enviar, Ao conectar, Ao desconectar, Status da mensagem."
        ),
    ),
    reports={
        "queued": "never",
        "created": "reported",
        "sent": "reported",
        "delivered": "reported",
        "read": "reported",
        "error": "reported",
        "number_not_found": "reported",
        "expired": "never",
        "logout": "reported",
    },
)
