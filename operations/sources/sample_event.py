"""A `delivered` event in each provider's own shape, about a message nobody has seen: what `source test` sends. Pure."""

import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from schemas.errors import DeploymentError
from schemas.event import rfc3339
from schemas.providers.mapping import FieldMapping, Path
from schemas.sources import Source

RECIPIENT: Final = "5511900000001"
_CONNECTION: Final = "recibo-test"

Shape = Callable[[str, int], Any]
"""(message id, UTC ms) → document."""


def _meta(message_id: str, at_ms: int) -> Any:
    status = {"id": message_id, "status": "delivered", "timestamp": str(at_ms // 1000), "recipient_id": RECIPIENT}
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": _CONNECTION}, "statuses": [status]}
    change = {"field": "messages", "value": value}
    return {"object": "whatsapp_business_account", "entry": [{"id": "0", "changes": [change]}]}


def _twilio(message_id: str, _at_ms: int) -> Any:
    return {
        "MessageSid": message_id,
        "MessageStatus": "delivered",
        "To": f"whatsapp:+{RECIPIENT}",
        "From": "whatsapp:+12025550100",
    }


def _evolution(message_id: str, _at_ms: int) -> Any:
    jid = f"{RECIPIENT}@s.whatsapp.net"
    data = {"keyId": message_id, "remoteJid": jid, "fromMe": True, "status": "DELIVERY_ACK"}
    return {"event": "messages.update", "instance": _CONNECTION, "data": data}


def _z_api(message_id: str, at_ms: int) -> Any:
    ids = {"ids": [message_id], "momment": at_ms, "phone": RECIPIENT}
    return {"type": "MessageStatusCallback", "status": "RECEIVED", "instanceId": _CONNECTION, **ids}


def _wppconnect(message_id: str, _at_ms: int) -> Any:
    identity = {"fromMe": True, "id": message_id, "remote": f"{RECIPIENT}@c.us"}
    return {"event": "onack", "session": _CONNECTION, "id": identity, "to": f"{RECIPIENT}@c.us", "ack": 2}


def _waha(message_id: str, at_ms: int) -> Any:
    chat = f"{RECIPIENT}@c.us"
    payload = {"id": f"true_{chat}_{message_id}", "from": chat, "fromMe": True, "ack": 2, "ackName": "DEVICE"}
    envelope = {"id": f"evt_{message_id}", "timestamp": at_ms, "event": "message.ack", "session": _CONNECTION}
    return {**envelope, "payload": payload}


_SHAPES: Final[dict[str, Shape]] = {
    "meta_cloud": _meta,
    "360dialog": _meta,
    "twilio": _twilio,
    "evolution": _evolution,
    "z_api": _z_api,
    "wppconnect": _wppconnect,
    "waha": _waha,
}


def sample_event(source: Source, message_id: str, at_ms: int) -> tuple[bytes, str]:
    """Return (body, content type) of a `delivered` event as the source's provider would send it.

    Args:
        source: the source; one that is read by a mapping gets a body made by that mapping.
        message_id: an id nobody has used.
        at_ms: when it was delivered, UTC ms.

    Raises:
        DeploymentError: the source has no mapping yet that would read a message id and a status.
    """
    shape = _SHAPES.get(source.provider.name)
    mapping = source.mapping or source.provider.mapping
    if shape is None and mapping is not None:
        document = _by_mapping(source.name, mapping, message_id, at_ms)
    elif shape is not None:
        document = shape(message_id, at_ms)
    else:
        raise DeploymentError(f"provider {source.provider.name} has no sample event; send one from its panel")
    content_type = source.provider.content_types[0]
    if content_type == "application/x-www-form-urlencoded":
        return urlencode(document).encode(), content_type
    return json.dumps(document, separators=(",", ":")).encode(), content_type


def _by_mapping(name: str, mapping: FieldMapping, message_id: str, at_ms: int) -> Any:
    word = next((word for word, status in mapping.words.items() if status == "delivered"), "")
    if not word or not mapping.paths.get("message_id") or not mapping.paths.get("status"):
        raise DeploymentError(
            f"source {name} has no mapping yet that reads a message id and a status: run `recibo source learn {name}`"
        )
    values = {
        "message_id": message_id,
        "status": word,
        "event_id": f"evt_{message_id}",
        "time": rfc3339(at_ms),
        "connection_id": _CONNECTION,
        "recipient": RECIPIENT,
    }
    document: dict[str, Any] = {}
    for field, value in values.items():
        for path in mapping.paths.get(field, ()):
            if _placed(document, path, value):
                break
    return document


def _placed(document: dict[str, Any], path: Path, value: str) -> bool:
    """Put `value` at `path` where nothing is in the way; say whether it could be."""
    if any(key.isdecimal() for key in path):
        return False
    place: Any = document
    for key in path[:-1]:
        place = place.setdefault(key, {})
        if not isinstance(place, dict):
            return False
    return bool(place.setdefault(path[-1], value) == value)
