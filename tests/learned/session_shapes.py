"""Shapes of servers that drive a WhatsApp session, and of older gateways, after their public pages; values are invented."""

from typing import Any, Final

from tests.learned.truth import OWN, STEPS, At, Told, Truth, told, word


def _ack(a: At) -> str:
    return word(a, "server", "device", "read", "error")


def _number(a: At) -> int:
    return {"sent": 1, "delivered": 2, "read": 3, "error": -1}[a.status]


def _blip(a: At) -> object:
    event = word(a, "dispatched", "received", "consumed", "failed")
    return {"id": a.uuid, "from": f"{a.phone}@wa.gw.msging.net", "to": "loja@msging.net", "event": event}


def _respond(a: At) -> object:
    history = [{"value": "sent", "timestamp": a.made_s}]
    if a.status != "sent":
        history.append({"value": word(a, "sent", "delivered", "read", "failed"), "timestamp": a.s})
    who = {"id": 4000 + a.n, "phone": f"+{a.phone}"}
    return {
        "event_type": "message.status",
        "event_id": a.new,
        "contact": who,
        "message": {"messageId": 126296521 + a.n, "status": history},
    }


def _respond_shape() -> Told:
    steps = [(0, "delivered"), (0, "read"), (1, "delivered"), (2, "error")]
    shape = told("respond.io, a history of statuses", _respond, lambda a: str(126296521 + a.n), steps=steps)
    sent = {
        one._replace(status="sent", at_ms=At(n, "sent", 0).made_s * 1000, code="")
        for n, one in ((int(t.message_id) - 126296521, t) for t in shape.truth)
    }
    return shape._replace(truth=shape.truth | sent)


def _wassenger(a: At) -> object:
    data = {
        "id": f"5f{a.n:010d}",
        "waId": f"3EB0WAS{a.n:05d}",
        "deliveryStatus": word(a, "sent", "delivered", "read", "failed"),
    }
    rest = {"toNumber": f"+{a.phone}", "fromNumber": f"+{OWN}", "date": a.made, "body": "oi", "ackAt": a.iso}
    return {
        "id": a.new,
        "object": "event",
        "event": "message:update",
        "device": {"id": "dev77a", "phone": f"+{OWN}"},
        "data": {**data, **rest},
    }


def _maytapi(a: At) -> object:
    one = {
        "ackType": word(a, "sent", "delivered", "seen", "failed"),
        "ackCode": _number(a),
        "chatId": f"{a.phone}@c.us",
    }
    return {
        "product_id": "prod-9",
        "phone_id": 12345,
        "type": "ack",
        "data": [{**one, "msgId": f"true_{a.phone}@c.us_3EB{a.n}9A", "time": a.ms}],
    }


def _baileys_words(batch: list[At]) -> object:
    words = {"sent": "SERVER_ACK", "delivered": "DELIVERY_ACK", "read": "READ", "error": "ERROR"}
    data = [
        {
            "key": {"remoteJid": f"{a.phone}@s.whatsapp.net", "fromMe": True, "id": f"3EB0BAI{a.n:04d}"},
            "update": {"status": words[a.status]},
        }
        for a in batch
    ]
    return {"event": "messages.update", "sessionId": "loja-1", "data": data}


def _baileys_numbers(a: At) -> object:
    status = {"sent": 2, "delivered": 3, "read": 4, "error": 0}[a.status]
    key = {"remoteJid": f"{a.phone}@s.whatsapp.net", "fromMe": True, "id": f"3EB0NUM{a.n:04d}"}
    return {"instance": "loja", "type": "messages.update", "body": [{"key": key, "update": {"status": status}}]}


def _zoko(a: At) -> object:
    said = word(a, "sent", "delivered", "read", "failed")
    return {
        "event": f"message:store:{said}",
        "id": a.uuid,
        "platform": "whatsapp",
        "platformSenderId": a.phone,
        "deliveryStatus": said,
        "statusTimestamp": a.iso,
    }


def _chat_api(a: At) -> object:
    one = {"id": f"true_{a.phone}@c.us_3EB0CA{a.n:03d}", "queueNumber": 100 + a.n, "chatId": f"{a.phone}@c.us"}
    return {"ack": [{**one, "status": word(a, "sent", "delivered", "viewed", "failed")}], "instanceId": "123456"}


def _waboxapp(a: At) -> object:
    return f"event=ack&token=fake&uid={OWN}&muid=3EB0WBX{a.n:04d}&cuid=&ack={_number(a)}"


def _web_js(a: At, *, from_me: bool = True) -> dict[str, Any]:
    serialized = f"{str(from_me).lower()}_{a.phone}@c.us_3EB0WJS{a.n:04d}"
    identity = {"fromMe": from_me, "remote": f"{a.phone}@c.us", "id": f"3EB0WJS{a.n:04d}", "_serialized": serialized}
    data = {
        "id": identity,
        "ack": _number(a),
        "body": "oi",
        "timestamp": a.made_s,
        "hasMedia": False,
        "to": f"{a.phone}@c.us",
    }
    return {"event": "message_ack", "session": "loja", "data": data}


def _portuguese(a: At) -> object:
    status = word(a, "enviada", "entregue", "lida", "falha no envio")
    day, clock = a.iso[:10].split("-"), a.iso[11:19]
    data = {
        "id_mensagem": f"MS{a.n:05d}",
        "situacao": status,
        "data_hora_evento": f"{day[2]}/{day[1]}/{day[0]} {clock}",
        "telefone": a.phone,
    }
    return {"evento": "status_mensagem", "dados": data, "conexao": "loja-07"}


def _old_zenvia(a: At) -> object:
    text = word(a, "Sent", "Delivered", "Read", "Not Delivered")
    code = {"sent": "02", "delivered": "03", "read": "04", "error": "10"}[a.status]
    said = {"status": code, "statusMessage": text, "statusDetail": "120", "id": f"hs{a.n:08d}", "received": a.iso}
    return {"callbackMtRequest": said}


def _bandwidth(a: At) -> object:
    message = {
        "id": f"15{a.n:06d}abc",
        "owner": f"+{OWN}",
        "time": a.made,
        "to": [f"+{a.phone}"],
        "from": f"+{OWN}",
        "text": "",
    }
    kind = word(a, "message-sent", "message-delivered", "message-read", "message-failed")
    return [{"type": kind, "time": a.iso, "description": "ok", "to": f"+{a.phone}", "message": message}]


def _africa(a: At) -> object:
    status = word(a, "Sent", "Success", "Read", "Failed")
    return f"id=ATXid_{a.n:05d}&status={status}&phoneNumber=%2B{a.phone}&networkCode=62002"


def _twilio_like(a: At) -> object:
    return {
        "MessageSid": f"SM{a.n:030d}",
        "MessageStatus": word(a, "sent", "delivered", "read", "undelivered"),
        "To": f"whatsapp:+{a.phone}",
        "From": f"whatsapp:+{OWN}",
    }


def _link(a: At) -> object:
    said = word(a, "SENT", "DELIVERED", "READ", "FAILED")
    return {
        "refId": f"pedido-{a.n}3",
        "id": a.uuid,
        "operator": "no.tel",
        "sentTimestamp": a.made,
        "timestamp": a.iso,
        "status": said,
    }


def _flags(a: At) -> object:
    told_now = ("sent", "delivered", "read").index(a.status)
    times = {f"{name}At": a.ms if n <= told_now else None for n, name in enumerate(("sent", "delivered", "read"))}
    flags = {f"is{name.title()}": n <= told_now for n, name in enumerate(("sent", "delivered", "read"))}
    return {"msgRef": f"fl{a.n:05d}x", "numero": a.phone, **flags, **times}


def _ids_of_one_read(batch: list[str], phone: str, s: int) -> object:
    return {
        "type": "receipt",
        "instance": "loja-3",
        "receipt": {"status": "read", "ids": batch, "chat": f"{phone}@s.whatsapp.net", "timestamp": s},
    }


def _many_ids() -> Told:
    a, b = At(0, "read", 1_795_792_050), At(1, "read", 1_795_792_090)
    first, second = ["3EB0AA01", "3EB0AA02", "3EB0AA03"], ["3EB0BB01"]
    bodies = [_ids_of_one_read(first, a.phone, a.s), _ids_of_one_read(second, b.phone, b.s)]
    truth = [Truth(i, "read", a.ms, a.phone, "loja-3") for i in first] + [
        Truth(i, "read", b.ms, b.phone, "loja-3") for i in second
    ]
    return Told("a whatsmeow server, ids in an array", bodies, frozenset(truth))


def _baileys_batches() -> Told:
    shape = told(
        "a Baileys server, words",
        lambda a: [a],
        lambda a: f"3EB0BAI{a.n:04d}",
        time=lambda _: None,
        connection="loja-1",
    )
    steps = [body[0] for body in shape.bodies]
    return shape._replace(bodies=[_baileys_words(steps[:2]), _baileys_words(steps[2:3]), _baileys_words(steps[3:])])


def _inbound() -> object:
    return _web_js(At(8, "read", 1_795_799_000), from_me=False)


SHAPES: Final = (
    told("Take Blip, received is delivered and consumed read", _blip, time=lambda _: None),
    _respond_shape(),
    told("Wassenger", _wassenger, lambda a: f"5f{a.n:010d}", connection="dev77a"),
    told("Maytapi", _maytapi, lambda a: f"true_{a.phone}@c.us_3EB{a.n}9A", connection="12345"),
    _baileys_batches(),
    told(
        "a Baileys server, numbers",
        _baileys_numbers,
        lambda a: f"3EB0NUM{a.n:04d}",
        time=lambda _: None,
        connection="loja",
    ),
    told("Zoko", _zoko),
    told(
        "Chat-API",
        _chat_api,
        lambda a: f"true_{a.phone}@c.us_3EB0CA{a.n:03d}",
        time=lambda _: None,
        connection="123456",
    ),
    told(
        "Waboxapp, a form with a numeric ack",
        _waboxapp,
        lambda a: f"3EB0WBX{a.n:04d}",
        time=lambda _: None,
        recipient=lambda _: "",
        connection=OWN,
    ),
    told(
        "whatsapp-web.js, the message's time, one of theirs",
        _web_js,
        lambda a: f"3EB0WJS{a.n:04d}",
        time=lambda _: None,
        connection="loja",
        silent=[_inbound()],
    ),
    told("an own gateway in Portuguese", _portuguese, lambda a: f"MS{a.n:05d}", connection="loja-07"),
    told("Zenvia's old SMS", _old_zenvia, lambda a: f"hs{a.n:08d}", recipient=lambda _: ""),
    told("Bandwidth", _bandwidth, lambda a: f"15{a.n:06d}abc", connection=OWN),
    told("Africa's Talking, Success is delivered", _africa, lambda a: f"ATXid_{a.n:05d}", time=lambda _: None),
    told("Twilio's fields in JSON", _twilio_like, lambda a: f"SM{a.n:030d}", time=lambda _: None, connection=OWN),
    told("LINK Mobility", _link, recipient=lambda _: ""),
    told(
        "flags and times, all at once", _flags, lambda a: f"fl{a.n:05d}x", steps=[s for s in STEPS if s[1] != "error"]
    ),
    _many_ids(),
)
