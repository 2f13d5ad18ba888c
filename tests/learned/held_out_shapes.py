"""Shapes held out: written from pages that were read for them alone, after learn was done, and never tuned on.

Names and nesting of fields, words and kinds of values are the pages'; every value is invented. Pages read 2026-11-28.
"""

from typing import Final

from tests.learned.truth import OWN, At, Told, told, word

NO_ERROR_STEPS: Final = ((0, "sent"), (0, "delivered"), (0, "read"), (1, "sent"), (1, "delivered"), (2, "sent"))


def _azure(a: At) -> object:
    """Event Grid's own schema: learn.microsoft.com, "Azure Communication Services - Advanced Messaging events"."""
    status = word(a, "Sent", "Delivered", "Read", "Failed")
    error = {"error": {"channelCode": "131026", "channelMessage": "Undeliverable"}} if a.status == "error" else {}
    data = {
        "messageId": a.uuid,
        "status": status,
        "channelType": "whatsapp",
        "from": "5a0c5f0e-0000-4000-8000-0000000000aa",
        "to": a.phone,
        "receivedTimestamp": a.iso,
        **error,
    }
    return [
        {
            "id": a.new,
            "topic": "/subscriptions/s-1/resourcegroups/g/providers/microsoft.communication/communicationservices/loja",
            "subject": f"advancedMessage/{a.uuid}/status/{status}",
            "data": data,
            "eventType": "Microsoft.Communication.AdvancedMessageDeliveryStatusUpdated",
            "dataVersion": "1.0",
            "metadataVersion": "1",
            "eventTime": a.iso,
        }
    ]


def _wasender(a: At) -> object:
    """Numbers for statuses (0 error … 4 read): wasenderapi.com, "Webhook: Message Status Update"."""
    code = {"error": 0, "sent": 2, "delivered": 3, "read": 4}[a.status]
    key = {"remoteJid": f"{a.phone}@s.whatsapp.net", "id": f"3EB0W{a.n:06d}", "fromMe": True}
    data = {"update": {"status": code}, "key": key}
    return {"event": "messages.update", "sessionId": "k3y-of-the-session", "data": data, "timestamp": a.ms}


def _infin8linx(a: At) -> object:
    """document.infin8linx.com, "Message Status Webhook"."""
    error = {"code": 131049, "title": "not delivered"} if a.status == "error" else None
    return {
        "event": "message_status_update",
        "business_phone": OWN,
        "message_id": f"wamid.HBgN{a.n:05d}QUNF",
        "message_status": word(a, "sent", "delivered", "read", "failed"),
        "error": error,
        "received_at": a.s,
    }


def _edna(a: At) -> object:
    """docs.edna.io, "Receiving Message Statuses": a request is a message, its price beside it."""
    price = {
        "@type": "WhatsAppConversationPaymentData",
        "conversationId": f"conv{a.n}",
        "conversationType": "marketing",
        "chargeable": True,
        "type": "WHATSAPP_CONVERSATION",
    }
    return {
        "requestId": f"pedido-{a.n:05d}",
        "cascadeId": 11,
        "cascadeStageUUID": "001-stage",
        "subject": "loja_wa",
        "subjectId": 2718,
        "status": word(a, "SENT", "DELIVERED", "READ", "UNDELIVERED"),
        "statusAt": a.iso,
        "error": "131026" if a.status == "error" else None,
        "comment": None,
        "paymentData": price,
    }


def _unifonic(a: At) -> object:
    """docs.unifonic.com, "Message Delivery Status": the status is the end of a type."""
    return {
        "messageId": a.uuid,
        "eventId": a.new,
        "eventType": f"message.{word(a, 'sent', 'delivered', 'read', 'rejected')}",
        "applicationId": "7d0dd3aa-2da0-4000-82a1-000000000019",
        "conversationId": f"dc223a{a.n:02d}-0000-4701-800b-000038000006",
        "recipient": {"channel": "whatsapp", "contact": f"+{a.phone}"},
        "timestamp": a.iso.replace("Z", ".000Z"),
        "receivedAt": a.iso.replace("Z", ".626Z"),
    }


def _whatsiplus(a: At) -> object:
    """docs.whatsiplus.com, "Delivery Status Update Payload": an id and a number."""
    return {"ID": str(542655 + a.n), "Delivery": {"sent": 1, "delivered": 2, "read": 3}[a.status]}


def _msgkart(a: At) -> object:
    """developers.msgkart.com, "Notification Webhook": each status's own time stays, beside those that came before."""
    began = a.made_s + 7
    times = {"sentAt": began, "deliveredAt": began + 7, "readAt": began + 14}
    order = ("sent", "delivered", "read")
    reached = order[: order.index(a.status) + 1] if a.status in order else ("sent",)
    said = {f"{status}At": times[f"{status}At"] for status in reached}
    failed = (
        {"failedAt": a.s, "failureReason": "131026", "failureDetails": "Undeliverable"} if a.status == "error" else {}
    )
    return {
        "messageId": f"wamid.HBgNMSG{a.n:04d}",
        "status": word(a, "sent", "delivered", "read", "failed"),
        **said,
        **failed,
    }


def _elks(a: At) -> str:
    """46elks.se, "SMS Delivery Reports": a form, with a time only where it was delivered."""
    status = word(a, "sent", "delivered", "delivered", "failed")
    at = f"&delivered={a.iso.removesuffix('Z')}.741000" if status == "delivered" else ""
    return f"id=s70df59406a1b4643b96f3f91e0bf{a.n:04d}&status={status}{at}"


def _lox24(a: At) -> object:
    """doc.lox24.eu, "SMS Delivery Report": the notification's id outside, the message's inside, numbers for statuses."""
    data = {
        "id": a.uuid,
        "key_id": 8207,
        "dlr_code": {"sent": 8, "delivered": 1, "error": 2}[a.status],
        "status_code": 100,
        "callback_data": f"pedido {a.n}",
    }
    return {
        "id": a.new,
        "api_version": "2022-05-25",
        "name": "sms.delivery",
        "created_at": a.s,
        "attempt_total": 4,
        "attempt_number": 1,
        "data": data,
        "notification_task_id": f"3378de83-de66-4de8-9d29-{a.s:012d}",
    }


def _serpro(a: At) -> object:
    """whatsapp.serpro.gov.br, "Status recebidos no Webhook": the inside of Meta's body, without what is around it."""
    errors = {"errors": [{"code": 131026, "title": "Message undeliverable"}]} if a.status == "error" else {}
    status = {
        "id": f"wamid.HBgNSERP{a.n:04d}",
        "status": word(a, "sent", "delivered", "read", "failed"),
        "timestamp": str(a.s),
        "recipient_id": a.phone,
        "conversation": {"id": f"conv{a.n}", "origin": {"type": "service"}},
        "pricing": {"billable": True, "pricing_model": "CBP", "category": "service"},
        **errors,
    }
    return {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": OWN, "phone_number_id": "400500600700"},
        "contacts": [],
        "messages": [],
        "errors": [],
        "statuses": [status],
        "delay": 0,
        "idRequisicao": f"req-{a.n:05d}",
    }


def _toplu(a: At) -> object:
    """toplusmsapi.com, "webhook": everything in one object, two ids of it, and no time."""
    report = {
        "id": 1599558518 + a.n,
        "packet_id": 104525848,
        "status": word(a, "accepted", "delivered", "delivered", "undelivered"),
        "to": f"+{a.phone}",
        "body": "Mensagem inventada",
    }
    return {"report": report}


_NO_READ: Final = ((0, "sent"), (0, "delivered"), (1, "sent"), (1, "delivered"), (2, "sent"), (2, "error"))
_ACCEPTED: Final = tuple((n, "created" if status == "sent" else status) for n, status in _NO_READ)


def _toplu_accepted(a: At) -> object:
    return _toplu(a._replace(status="sent") if a.status == "created" else a)


SHAPES: Final[tuple[Told, ...]] = (
    told(
        "Azure Communication Services, Event Grid",
        _azure,
        connection="5a0c5f0e-0000-4000-8000-0000000000aa",
        code="131026",
    ),
    told("WasenderApi, numbers", _wasender, lambda a: f"3EB0W{a.n:06d}", connection="k3y-of-the-session"),
    told(
        "Infin8Linx",
        _infin8linx,
        lambda a: f"wamid.HBgN{a.n:05d}QUNF",
        recipient=lambda _: "",
        connection=OWN,
        code="131049",
    ),
    told(
        "edna",
        _edna,
        lambda a: f"pedido-{a.n:05d}",
        recipient=lambda _: "",
        connection="loja_wa|2718",
        code="131026",
    ),
    told("Unifonic, the status ends a type", _unifonic, connection="7d0dd3aa-2da0-4000-82a1-000000000019"),
    told(
        "Whatsiplus, an id and a number",
        _whatsiplus,
        lambda a: str(542655 + a.n),
        time=lambda _: None,
        recipient=lambda _: "",
        steps=NO_ERROR_STEPS,
    ),
    told(
        "MsgKart, all times so far",
        _msgkart,
        lambda a: f"wamid.HBgNMSG{a.n:04d}",
        recipient=lambda _: "",
        code="131026",
    ),
    told(
        "46elks, a form with a time of deliveries alone",
        _elks,
        lambda a: f"s70df59406a1b4643b96f3f91e0bf{a.n:04d}",
        time=lambda a: a.ms + 741 if a.status == "delivered" else None,
        recipient=lambda _: "",
        steps=_NO_READ,
    ),
    told("LOX24, numbers, two ids", _lox24, recipient=lambda _: "", steps=_NO_READ),
    told(
        "Serpro, the inside of Meta's body",
        _serpro,
        lambda a: f"wamid.HBgNSERP{a.n:04d}",
        connection=f"{OWN}|400500600700",
        code="131026",
    ),
    told("TopluSMS", _toplu_accepted, lambda a: str(1599558518 + a.n), time=lambda _: None, steps=_ACCEPTED),
)
