"""Shapes made to mislead: each is learned right, or left unknown; none loses an element or takes one thing for another."""

from typing import Final

from tests.learned.truth import At, Told, Truth, at, told, word


def _beside_its_text(a: At) -> object:
    message = {"id": a.uuid, "to": a.phone, "text": "oi", "timestamp": a.made_s}
    return {"event": "ack", "message": message, "status": word(a, "sent", "delivered", "read", "failed")}


def _two_arrays() -> Told:
    steps = [at(n, "delivered", 0) for n in range(3)]
    bodies = [
        {
            "delivered": [{"id": a.uuid, "status": "delivered", "to": a.phone}],
            "failed": [{"id": f"{a.uuid}f", "status": "failed", "to": a.phone}],
        }
        for a in steps
    ]
    truth = {Truth(a.uuid, "delivered", None, a.phone) for a in steps}
    return Told(
        "two arrays in a body", bodies, frozenset(truth | {Truth(f"{a.uuid}f", "error", None, a.phone) for a in steps})
    )


RIGHT: Final = (
    told("the message's time, called timestamp", _beside_its_text, time=lambda _: None),
    told(
        "the status's id called id",
        lambda a: {
            "id": a.new,
            "message_id": a.uuid,
            "recipient": a.phone,
            "status": word(a, "SENT", "DELIVERED", "READ", "DELIVERY_FAILED"),
            "timestamp": a.s,
        },
    ),
    told(
        "a previous status beside it",
        lambda a: {"id": a.uuid, "to": a.phone, "previous_status": "sent", "status": a.status, "at": a.iso},
    ),
    told(
        "a word that says the opposite of another in it",
        lambda a: {"id": a.uuid, "to": a.phone, "st": word(a, "NOT_READ", "delivered", "READ", "NOT_SENT"), "ts": a.s},
        steps=((0, "delivered"), (0, "read"), (1, "delivered"), (2, "error")),
    ),
)
UNKNOWN: Final = (
    _two_arrays(),
    told(
        "ids and statuses in two arrays",
        lambda a: {"ids": [a.uuid], "sts": [{"s": a.status}], "to": a.phone, "ts": a.s},
    ),
    told("an object keyed by ids", lambda a: {"updates": {a.uuid: {"status": a.status, "to": a.phone}}}),
    told("numbers for statuses", lambda a: {"id": a.uuid, "to": a.phone, "status": len(a.status), "at": a.iso}),
)
