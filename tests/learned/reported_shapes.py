"""The handed shapes (`tests/payloads/reported/`), each read by hand: where its page says that everything is."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

from tests.learned.truth import OWN, Told, Truth
from tests.support.samples import PAYLOADS

_REPORTED: Final = PAYLOADS / "reported"

Read = Callable[[Any], Iterator[Truth]]


def _ms(iso: str) -> int:
    return round(datetime.fromisoformat(iso).timestamp() * 1000)


def _shape(name: str, files: str, read: Read) -> Told:
    bodies = [json.loads(path.read_bytes()) for path in sorted(_REPORTED.glob(files))]
    return Told(name, bodies, frozenset(one for body in bodies for one in read(body)))


_INFOBIP: Final = {
    "DELIVERED": "delivered",
    "UNDELIVERABLE": "error",
    "REJECTED": "error",
    "EXPIRED": "expired",
    "PENDING": "queued",
}


def _infobip(body: Any) -> Iterator[Truth]:
    for one in body["results"]:
        if "seenAt" in one:
            yield Truth(one["messageId"], "read", _ms(one["seenAt"]), one["to"], OWN)
            continue
        code = str(one["error"]["id"]) if one["error"]["id"] else ""
        yield Truth(one["messageId"], _INFOBIP[one["status"]["groupName"]], _ms(one["doneAt"]), one["to"], OWN, code)


def _vonage(body: Any) -> Iterator[Truth]:
    status = {"submitted": "created", "rejected": "error", "undeliverable": "error"}.get(body["status"], body["status"])
    code = body.get("error", {}).get("title", "")
    yield Truth(body["message_uuid"], status, _ms(body["timestamp"]), body["to"], OWN, code)


def _zenvia(body: Any) -> Iterator[Truth]:
    said = body["messageStatus"]
    status = {
        "SENT": "sent",
        "DELIVERED": "delivered",
        "READ": "read",
        "NOT_DELIVERED": "error",
        "REJECTED": "error",
    }.get(said["code"])
    if status:
        code = said.get("causes", [{}])[0].get("channelErrorCode", "")
        yield Truth(body["messageId"], status, _ms(said["timestamp"]), "", "", code)


def _green(body: Any) -> Iterator[Truth]:
    status = {"noAccount": "number_not_found", "failed": "error"}.get(body.get("status"), body.get("status"))
    if status in ("sent", "delivered", "read", "error", "number_not_found"):
        chat = body["chatId"].partition("@")[0]
        yield Truth(body["idMessage"], status, body["timestamp"] * 1000, chat, "1101000001")


def _uazapi(body: Any) -> Iterator[Truth]:
    event = body["event"]
    for one in event["MessageIDs"]:
        yield Truth(
            one, body["state"].lower(), event["Timestamp"] * 1000, event["Chat"].partition("@")[0], body["owner"]
        )


def _wuzapi(body: Any) -> Iterator[Truth]:
    event = body["event"]
    for one in event["MessageIDs"] if body["state"] != "ReadSelf" else ():
        yield Truth(one, body["state"].lower(), _ms(event["Timestamp"]), event["Chat"].partition("@")[0])


def _gowa(body: Any) -> Iterator[Truth]:
    payload = body["payload"]
    for one in payload["ids"]:
        chat = payload["chat_id"].partition("@")[0]
        yield Truth(one, payload["receipt_type"], _ms(body["timestamp"]), chat, body["device_id"].partition("@")[0])


def _wavy(body: Any) -> Iterator[Truth]:
    for one in body["data"]:
        status = next(s for s in ("read", "delivered", "sent") if one.get(s))
        yield Truth(one["id"], status, one[f"{status}At"], one["destination"], one["origin"])


def _ultramsg(body: Any) -> Iterator[Truth]:
    data = body["data"]
    status = {"pending": "queued", "server": "sent", "device": "delivered", "read": "read", "played": "read"}[
        data["ack"]
    ]
    yield Truth(data["id"], status, None, data["to"].partition("@")[0], body["instanceId"])


def _codechat(body: Any) -> Iterator[Truth]:
    data = body["data"]
    status = {"SERVER_ACK": "sent", "DELIVERY_ACK": "delivered", "READ": "read", "ERROR": "error"}[data["status"]]
    yield Truth(data["messageMessageId"], status, _ms(data["dateTime"]), "", "77")


def _textme(body: Any) -> Iterator[Truth]:
    status = {"1": "delivered", "2": "error", "3": "expired"}[body["messageId"][-1]]
    yield Truth(body["messageId"], status, _ms(body["timestamp"]), body["to"])


def _ycloud(body: Any) -> Iterator[Truth]:
    one = body["whatsappMessage"]
    status = "error" if one["status"] == "failed" else one["status"]
    code = one.get("errorCode", "")
    yield Truth(one["id"], status, _ms(one["updateTime"]), one["to"].lstrip("+"), OWN, code)


def _alibaba(body: Any) -> Iterator[Truth]:
    for one in body:
        status = "error" if one["Status"] == "failed" else one["Status"]
        if status != "deleted":
            yield Truth(one["MessageId"], status, int(one["Timestamp"]), one["To"], OWN, one.get("Error", ""))


def _gupshup(body: Any) -> Iterator[Truth]:
    payload = body["payload"]
    status = {"enqueued": "queued", "failed": "error"}.get(payload.get("type"), payload.get("type"))
    if status:
        inner = payload["payload"]
        at = inner["ts"] * 1000 if "ts" in inner else body["timestamp"]
        number = payload["destination"]
        yield Truth(payload.get("gsId") or payload["id"], status, at, number, body["app"], str(inner.get("code", "")))


def _gupshup_meta(body: Any) -> Iterator[Truth]:
    for entry in body["entry"]:
        for change in entry["changes"]:
            for one in change["value"]["statuses"]:
                status = "error" if one["status"] == "failed" else one["status"]
                code = str(one.get("errors", [{}])[0].get("code", ""))
                number = change["value"]["metadata"]["phone_number_id"]
                yield Truth(one["id"], status, int(one["timestamp"]) * 1000, one["recipient_id"], number, code)


SHAPES: Final = (
    _shape("Infobip, delivery and seen reports", "infobip-*.json", _infobip),
    _shape("Vonage", "vonage-*.json", _vonage),
    _shape("Zenvia, optional causes", "zenvia-*.json", _zenvia),
    _shape("Green-API", "green-*.json", _green),
    _shape("Uazapi", "uazapi-*.json", _uazapi),
    _shape("WuzAPI, one read by ourselves", "wuzapi-*.json", _wuzapi),
    _shape("GOWA", "gowa-*.json", _gowa),
    _shape("Wavy, statuses as flags", "wavy-*.json", _wavy),
    _shape("UltraMsg, the message's time", "ultramsg-*.json", _ultramsg),
    _shape("CodeChat, an id a status", "codechat-m*.json", _codechat),
    _shape("textme, Hebrew words", "textme-*.json", _textme),
    _shape("YCloud", "ycloud-*.json", _ycloud),
    _shape("Alibaba", "alibaba-*.json", _alibaba),
    _shape("Gupshup 2, an id that changes meaning", "gupshup-v2_*.json", _gupshup),
    _shape("Gupshup 3, Meta's nested arrays", "gupshup3-*.json", _gupshup_meta),
)
