"""Bodies that no provider sends: unseen names, other nesting, other words, and what they say."""

from typing import Any, NamedTuple

AT_S = 1_773_144_003
AT_MS = AT_S * 1000


def contact(message_id: str) -> str:
    """Return whom a message went to: each to another."""
    return f"55119876{sum(n * ord(c) for n, c in enumerate(message_id, 1)):05d}"


class Invented(NamedTuple):
    """A shape, as the bodies of one message's life, and what must be learned of it."""

    name: str
    bodies: list[Any]
    truth: set[tuple[str, str]]
    """(message id, status) that the bodies say."""
    has_time: bool = True
    has_recipient: bool = True


def _ids(prefix: str, count: int = 3) -> list[str]:
    return [f"{prefix}-{n:04d}-{n * 7919:x}" for n in range(1, count + 1)]


def _flat_epoch_s() -> Invented:
    words = {"DESPACHADO": "sent", "CHEGOU": "delivered", "VISTO": "read"}
    ids = _ids("fl")
    bodies = [
        {"protocolo": i, "situacao": w, "momento": AT_S + n, "celular": contact(i), "versao": 3}
        for i in ids
        for n, w in enumerate(words)
    ]
    return Invented("flat, epoch seconds, Portuguese words", bodies, {(i, s) for i in ids for s in words.values()})


def _nested() -> Invented:
    ids = _ids("ne")
    bodies = [
        {
            "meta": {"v": "2", "trace": f"t{n}"},
            "callback": {
                "sms": {"uuid": i},
                "change": {"state": w, "when": f"2026-03-10T12:00:0{n}Z"},
                "peer": {"msisdn": contact(i)},
            },
        }
        for i in ids
        for n, w in enumerate(("DISPATCHED", "DLVRD", "OPENED"))
    ]
    return Invented("nested, English", bodies, {(i, s) for i in ids for s in ("sent", "delivered", "read")})


def _array() -> Invented:
    ids = _ids("ar", 4)
    words = ("entregou", "leu")
    bodies = [
        [
            {"msgId": i, "estado": w, "hora": AT_MS + n, "para": f"{contact(i)}@s.whatsapp.net"}
            for n, w in enumerate(words)
        ]
        for i in ids
    ]
    return Invented("a bare array", bodies, {(i, s) for i in ids for s in ("delivered", "read")})


def _portuguese_list() -> Invented:
    ids = _ids("pt", 4)
    bodies = [
        {
            "conexao": {"codigo": "loja-07"},
            "lote": 91,
            "retornos": [
                {
                    "idMensagem": i,
                    "ocorrencia": w,
                    "dataHora": f"10/03/2026 09:00:0{n}",
                    "destinatario": f"(11) 98765-43{ids.index(i):02d}",
                }
                for i in ids
            ],
        }
        for n, w in enumerate(("Enfileirada", "Mensagem enviada", "Não entregue"))
    ]
    return Invented("a list inside, in Portuguese", bodies, {(i, s) for i in ids for s in ("queued", "sent", "error")})


def _names_that_tell_nothing() -> Invented:
    ids = _ids("zz", 5)
    bodies = [
        {"a": {"b": w, "c": AT_S + n}, "d": [i], "e": contact(i), "f": "pt-BR"}
        for i in ids
        for n, w in enumerate(("ENVIADO", "ENTREGUE"))
    ]
    return Invented("names that tell nothing", bodies, {(i, s) for i in ids for s in ("sent", "delivered")})


def _typed_by_event_name() -> Invented:
    ids = _ids("ev", 3)
    bodies = [
        {
            "kind": f"crm.whatsapp.{w}",
            "stamp": str(AT_MS + n),
            "object": {"message": {"key": i}, "customer": contact(i)},
            "failure": {"code": 470, "text": "out of window"},
        }
        for i in ids
        for n, w in enumerate(("message_rejected", "message_delivered"))
    ]
    return Invented("dotted event names", bodies, {(i, s) for i in ids for s in ("error", "delivered")})


def _camel_case() -> Invented:
    ids = _ids("cc", 3)
    bodies = [
        {
            "deliveryReport": {
                "messageIdentifier": i,
                "deliveryState": w,
                "occurredAt": f"2026-03-10 09:00:0{n}",
                "phoneNumber": "+" + contact(i),
            }
        }
        for i in ids
        for n, w in enumerate(("MessageExpired", "NumberNotFound"))
    ]
    return Invented("camel case", bodies, {(i, s) for i in ids for s in ("expired", "number_not_found")})


SHAPES = [
    _flat_epoch_s(),
    _nested(),
    _array(),
    _portuguese_list(),
    _names_that_tell_nothing(),
    _typed_by_event_name(),
    _camel_case(),
]
