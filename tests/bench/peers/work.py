"""The benchmark's work for the Python peers, as their users would write it: orjson, dictionaries, no Recibo.

What `schemas` and `processors` make of the benchmark's records, with this one provider's field names written out:
the same state, CloudEvent and set-aside record, to the field. Nothing but orjson and the standard library is imported,
since Quix Streams runs in an environment of its own.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

RANK = {"queued": 10, "created": 20, "delivered": 40, "read": 50}
BIT = {"queued": 1, "created": 2, "delivered": 64, "read": 128}
VERDICTS = ("", "advanced", "filled")


class Raw(NamedTuple):
    """A raw record with its coordinate, whichever client read it."""

    key: bytes
    value: bytes
    headers: Iterable[tuple[str, bytes]]
    partition: int
    offset: int
    at_ms: int


class Read(NamedTuple):
    """A raw record, read."""

    raw: Raw
    body: dict[str, Any]
    source: dict[str, Any]
    request_id: str
    position: int
    received_ms: int
    event_id: str
    at_ms: int


class Done(NamedTuple):
    """What a record led to: its event or its set-aside record (the other is None); a new state only with an event."""

    event: bytes | None
    set_aside: bytes | None


def fold(raw: Raw, state: dict[str, Any] | None) -> tuple[dict[str, Any], Done]:
    """Fold one record over its message's state; `state` is changed in place where there is one."""
    read = _read(raw)
    if state is None:
        state = _absent(read)
    book = state["_"]
    for known in book[2]:
        if known[0] == read.event_id:
            return state, Done(None, _set_aside(read))
    before = state["seen"].bit_length()
    _join(state, read)
    verdict = 1 if state["seen"].bit_length() > before else 2
    book[2].append([read.event_id, raw.offset, verdict])
    book[0] = raw.offset
    book[1] = max(book[1], raw.at_ms)
    return state, Done(_event(read, VERDICTS[verdict]), None)


def _read(raw: Raw) -> Read:
    body = orjson.loads(raw.value)
    headers = dict(raw.headers)
    source = orjson.loads(headers["source"])
    request_id, index, _, received_ms = orjson.loads(headers["request"])
    event_id = f"{body['event_id']}/{body['event']}"
    return Read(raw, body, source, request_id, index, received_ms, event_id, round(body["occurred_at"] * 1000))


def _absent(read: Read) -> dict[str, Any]:
    return {
        "_": [-1, read.raw.at_ms, []],
        "account": read.source["account"],
        "message_id": read.body["message_id"],
        "status": "",
        "seen": 0,
        "anchor_ms": read.raw.at_ms,
        "first_at_ms": {},
        "first_received_ms": read.received_ms,
        "last_received_ms": read.received_ms,
        "provider": read.source["provider"],
        "sources": [read.source["source"]],
        "connection_id": read.body["connection_id"],
        "recipient": "",
        "recipient_kind": "phone",
        "campaign": read.body["campaign"],
    }


def _join(state: dict[str, Any], read: Read) -> None:
    status, at_ms, source = read.body["event"], read.at_ms, read.source["source"]
    if not state["status"] or RANK[status] > RANK[state["status"]]:
        state["status"] = status
    state["seen"] |= BIT[status]
    first = state["first_at_ms"]
    if status not in first or at_ms < first[status]:
        first[status] = at_ms
    state["first_received_ms"] = min(state["first_received_ms"], read.received_ms)
    state["last_received_ms"] = max(state["last_received_ms"], read.received_ms)
    state["recipient"] = max(state["recipient"], read.body["to"])
    state["campaign"] = max(state["campaign"], read.body["campaign"])
    if source not in state["sources"]:
        state["sources"] = sorted([*state["sources"], source])


def _event(read: Read, outcome: str) -> bytes:
    raw, body, source = read.raw, read.body, read.source
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": read.event_id,
            "source": f"/{source['account']}/{body['connection_id']}",
            "type": "whatsapp.message.status.v1",
            "subject": body["message_id"],
            "data": {
                "account": source["account"],
                "source": source["source"],
                "provider": source["provider"],
                "connection_id": body["connection_id"],
                "message_id": body["message_id"],
                "status": body["event"],
                "provider_status": body["event"],
                "outcome": outcome,
                "occurred_at_ms": read.at_ms,
                "time_source": "provider",
                "received_at_ms": read.received_ms,
                "request_id": read.request_id,
                "index": read.position,
                "raw": {"partition": raw.partition, "offset": raw.offset, "at_ms": raw.at_ms},
                "recipient": body["to"],
                "recipient_kind": "phone",
                "provider_event_id": body["event_id"],
                "campaign": body["campaign"],
            },
            "time": datetime.fromtimestamp(read.at_ms / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
        }
    )


def _set_aside(read: Read) -> bytes:
    return orjson.dumps(
        {
            "partition": read.raw.partition,
            "offset": read.raw.offset,
            "raw_at_ms": read.raw.at_ms,
            "outcome": "repeat",
            "why": "",
            "source": read.source["source"],
            "account": read.source["account"],
            "provider": read.source["provider"],
            "request_id": read.request_id,
            "index": read.position,
            "received_at_ms": read.received_ms,
            "event_id": read.event_id,
        }
    )
