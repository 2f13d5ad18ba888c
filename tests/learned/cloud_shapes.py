"""Shapes of companies that sell WhatsApp's own API, after their public pages; every value is invented."""

from typing import Final

from tests.learned.truth import OWN, At, Told, told, word


def _upper(a: At) -> str:
    return word(a, "SENT", "DELIVERED", "READ", "FAILED")


def _lower(a: At) -> str:
    return _upper(a).lower()


def _bird(a: At) -> object:
    message = {
        "id": a.uuid,
        "conversationId": f"c{a.n}77",
        "platform": "whatsapp",
        "to": f"+{a.phone}",
        "from": f"+{OWN}",
    }
    rest = {"channelId": "ch-1", "type": "text", "content": {"text": "oi"}, "direction": "sent", "status": _lower(a)}
    return {
        "type": "message.updated",
        "message": {**message, **rest, "createdDatetime": a.made, "updatedDatetime": a.iso},
    }


def _sinch(a: At) -> object:
    status = word(a, "QUEUED_ON_CHANNEL", "DELIVERED", "READ", "FAILED")
    reason = {"reason": {"code": "RECIPIENT_NOT_REACHABLE", "description": "no"}} if a.status == "error" else {}
    who = {"channel": "WHATSAPP", "identity": a.phone, "app_id": ""}
    report = {"message_id": a.uuid, "conversation_id": "01CONV1", "status": status, "channel_identity": who, **reason}
    return {
        "app_id": "01APP",
        "accepted_time": a.made,
        "event_time": a.iso,
        "project_id": "p-1",
        "message_delivery_report": report,
    }


def _wati(a: At) -> object:
    event = word(a, "templateMessageSent", "sentMessageDELIVERED", "sentMessageREAD", "templateMessageFailed")
    said = word(a, "SENT", "Delivered", "Read", "FAILED")
    ids = {
        "localMessageId": a.uuid,
        "id": a.new,
        "whatsappMessageId": f"wamid.HBgM{a.n:04d}AA",
        "conversationId": f"c{a.n}",
    }
    return {"eventType": event, "statusString": said, **ids, "timestamp": str(a.s), "waId": a.phone}


def _telnyx(a: At) -> object:
    to = [
        {
            "phone_number": f"+{a.phone}",
            "status": word(a, "sent", "delivered", "read", "delivery_failed"),
            "carrier": "x",
        }
    ]
    payload = {
        "id": a.uuid,
        "direction": "outbound",
        "from": {"phone_number": f"+{OWN}"},
        "to": to,
        "sent_at": a.made,
        "errors": [],
    }
    data = {
        "event_type": "message.finalized",
        "id": a.new,
        "occurred_at": a.iso,
        "payload": payload,
        "record_type": "event",
    }
    return {"data": data, "meta": {"attempt": 1, "delivered_to": "https://example.invalid/h"}}


def _plivo(a: At) -> object:
    status = word(a, "sent", "delivered", "read", "undelivered")
    code = "&ErrorCode=30" if a.status == "error" else ""
    return (
        f"MessageUUID={a.uuid}&Status={status}&From=%2B{OWN}&To=%2B{a.phone}&MessageTime={a.made}&Type=whatsapp{code}"
    )


def _clickatell(a: At) -> object:
    status = word(a, "DELIVERED_TO_GATEWAY", "RECEIVED_BY_RECIPIENT", "READ", "DELIVERY_ERROR")
    one = {"channel": "whatsapp", "messageId": a.uuid, "to": a.phone, "from": OWN, "timestamp": a.ms, "status": status}
    return {"event": {"messageStatusUpdate": [one]}}


def _aisensy(a: At) -> object:
    message = {
        "id": f"64f{a.n:021d}",
        "messageId": f"wamid.HBgM{a.n:05d}",
        "status": _upper(a),
        "phone_number": a.phone,
    }
    times = {"sent_at": a.made, "delivered_at": a.iso if a.status in ("delivered", "read") else None}
    return {
        "id": a.new,
        "created_at": a.iso,
        "topic": "message.status.updated",
        "data": {"message": {**message, **times}},
    }


def _interakt(a: At) -> object:
    kind = word(a, "message_api_sent", "message_api_delivered", "message_api_read", "message_api_failed")
    seen = {"seen_at_utc": a.iso if a.status == "read" else None, "received_at_utc": a.made}
    message = {"id": a.uuid, "message_status": word(a, "Sent", "Delivered", "Read", "Failed"), "message": "oi", **seen}
    who = {"id": f"cust-{a.n}9", "channel_phone_number": a.phone}
    return {"version": "1.0", "timestamp": a.iso, "type": kind, "data": {"customer": who, "message": message}}


def _whapi(a: At) -> object:
    code = {"sent": 2, "delivered": 3, "read": 4, "error": 0}[a.status]
    one = {"id": f"PsqX{a.n:06d}-gEU", "code": code, "status": _lower(a), "recipient_id": f"{a.phone}@s.whatsapp.net"}
    return {
        "statuses": [{**one, "timestamp": str(a.s)}],
        "event": {"type": "statuses", "event": "post"},
        "channel_id": "NEBULA-77",
    }


def _exotel(a: At) -> object:
    text = word(
        a, "Message sent successfully", "Message delivered successfully", "Message read by user", "Message failed"
    )
    name = word(a, "EX_MESSAGE_SENT", "EX_MESSAGE_DELIVERED", "EX_MESSAGE_SEEN", "EX_MESSAGE_FAILED")
    one = {"callback_type": "dlr", "sid": a.uuid, "to": f"+{a.phone}", "exo_detailed_status": name, "description": text}
    return {"whatsapp": {"messages": [{**one, "timestamp": a.iso}]}}


def _karix(a: At) -> object:
    to = {"to": a.phone, "recipient_type": "individual", "reference": {"cust_ref": f"ref-{a.n}5"}}
    events = {"eventType": "DELIVERY EVENTS", "timestamp": str(a.ms), "date": a.iso[:10]}
    said = {
        "status": _lower(a),
        "reason": "no" if a.status == "error" else "",
        "code": "131026" if a.status == "error" else "000",
    }
    return {
        "channel": "WABA",
        "recipient": to,
        "sender": {"from": OWN},
        "events": events,
        "notificationAttributes": said,
        "mid": a.uuid,
    }


def _netcore(a: At) -> object:
    one = {
        "ncmessage_id": a.uuid,
        "recipient": a.phone,
        "status": _lower(a),
        "status_remark": "",
        "received_at": str(a.s),
    }
    return {"delivery_status": [{**one, "source": "461089f9-1000-4211-b182-c7f0291f3d45"}]}


def _gupshup_enterprise(a: At) -> object:
    code = "131026" if a.status == "error" else "000"
    one = {
        "srcAddr": OWN,
        "channel": "WHATSAPP",
        "externalId": f"3063{a.n:04d}-98{a.n:03d}",
        "errorCode": code,
        "destAddr": a.phone,
    }
    return [{**one, "cause": "SUCCESS" if code == "000" else "OTHER", "eventType": _upper(a), "eventTs": a.ms}]


def _eight(a: At) -> object:
    detail = {"state": word(a, "sent", "delivered", "read", "undelivered"), "timestamp": a.iso}
    who = {"msisdn": f"+{a.phone}", "channelUserId": a.phone}
    payload = {"umid": a.uuid, "subAccountId": "loja_77", "timestamp": a.made, "user": who, "status": detail}
    return {"namespace": "ChatApps", "eventType": "outbound_message_status_changed", "payload": payload}


def _smooch(a: At) -> object:
    last = word(a, "channel", "user", "user", "failure")
    payload = {"conversation": {"id": "c0ffee01"}, "message": {"id": a.uuid}, "destination": {"type": "whatsapp"}}
    return {
        "app": {"id": "app01"},
        "events": [
            {"id": a.new, "createdAt": a.iso, "type": f"conversation:message:delivery:{last}", "payload": payload}
        ],
    }


def _messente(a: At) -> object:
    status = word(a, "SENT", "DELIVRD", "READ", "UNDELIV")
    code = {"err": 7, "error": "unknown"} if a.status == "error" else {"err": 0, "error": None}
    return {
        "sender": OWN,
        "channel": "whatsapp",
        "timestamp": a.iso,
        "status": status,
        "to": a.phone,
        "message_id": a.uuid,
        **code,
    }


def _tyntec(a: At) -> object:
    event = f"MessageStatus::{_lower(a)}"
    return {
        "status": _lower(a),
        "messageId": a.uuid,
        "timestamp": a.iso,
        "channel": "whatsapp",
        "event": event,
        "from": OWN,
        "to": a.phone,
    }


def _kaleyra(a: At) -> object:
    said = {
        "status": _lower(a),
        "recipient": a.phone,
        "id": f"wa{a.n:05d}-kl",
        "created_at": a.made,
        "status_at": a.iso,
    }
    return {"type": "dlr", "channel": "whatsapp", "wanumber": OWN, "data": said}


def _meta_shaped(batch: list[At]) -> object:
    statuses = [
        {"id": f"wamid.HBgNN{a.n:04d}==", "status": _lower(a), "timestamp": str(a.s), "recipient_id": a.phone}
        for a in batch
    ]
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": OWN, "phone_number_id": "400500600700"},
    }
    changes = [{"field": "messages", "value": {**value, "statuses": [one]}} for one in statuses[:1]]
    more = [{"field": "messages", "value": {**value, "statuses": statuses[1:]}}] if statuses[1:] else []
    return {"object": "whatsapp_business_account", "entry": [{"id": "300100200300", "changes": changes + more}]}


def _meta_batches() -> Told:
    one_by_one = told(
        "Meta's shape at another provider",
        lambda a: [a],
        lambda a: f"wamid.HBgNN{a.n:04d}==",
        connection="400500600700",
    )
    steps = [body[0] for body in one_by_one.bodies]
    return one_by_one._replace(bodies=[_meta_shaped(steps[:1]), _meta_shaped(steps[1:4]), _meta_shaped(steps[4:])])


SHAPES: Final = (
    told("Bird", _bird, connection=f"{OWN}|ch-1"),
    told(
        "Sinch Conversation, accepted_time beside event_time",
        _sinch,
        connection="01APP",
        code="RECIPIENT_NOT_REACHABLE",
        steps=((0, "delivered"), (0, "read"), (1, "delivered"), (1, "read"), (2, "error")),
    ),
    told("Wati", _wati),
    told("Telnyx, status under each recipient", _telnyx, connection=OWN),
    told("Plivo, a form with the message's time", _plivo, time=lambda _: None, connection=OWN, code="30"),
    told("Clickatell, delivered to the gateway is not delivered", _clickatell, connection=OWN),
    told("AiSensy", _aisensy, lambda a: f"wamid.HBgM{a.n:05d}"),
    told("Interakt", _interakt),
    told("Whapi, code and status", _whapi, lambda a: f"PsqX{a.n:06d}-gEU", connection="NEBULA-77"),
    told("Exotel, the status in a sentence", _exotel),
    told("Karix", _karix, connection=OWN, code="131026"),
    told("Netcore", _netcore),
    told(
        "Gupshup Enterprise", _gupshup_enterprise, lambda a: f"3063{a.n:04d}-98{a.n:03d}", connection=OWN, code="131026"
    ),
    told("8x8, the status's time inside", _eight),
    told("Sunshine, delivery told by a type", _smooch, recipient=lambda _: "", connection="app01"),
    told("Messente", _messente, connection=OWN, code="7"),
    told("tyntec", _tyntec, connection=OWN),
    told("Kaleyra", _kaleyra, lambda a: f"wa{a.n:05d}-kl", connection=OWN),
    _meta_batches(),
)
