"""Splitting, provider by provider: each status of a body is in exactly one part, in order, and says what it said."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.event import Event
from schemas.providers import PROVIDERS
from schemas.providers.mapping import merged
from schemas.record import SourceContext
from tests.support.samples import RECEIVED_AT_MS

Said = Sequence[tuple[str, str]]
"""(message id, status) of each callback of a body."""
_GENERIC: Final = {"paths": {"message_id": ["ref"], "status": ["estado"]}, "items": ["lote.itens"]}


class Shape(NamedTuple):
    """How a provider writes a body."""

    write: Callable[[Said, Mapping[str, Any]], Any]
    """(what it says, what else stands around it) → the body: JSON, or bytes."""
    words: Mapping[str, str]
    """Status → the provider's word."""
    several: bool = False
    """Whether one body may say several things."""
    one_status: bool = False
    """Whether all of a body's messages have the same status."""


def _meta(said: Said, more: Mapping[str, Any]) -> Any:
    metadata = {"phone_number_id": "1"}
    changes = [
        {
            "field": "messages",
            "value": {"metadata": metadata, "messages": [{"id": "in"}], **more, "statuses": [{"id": i, "status": w}]},
        }
        for i, w in said[::2]
    ]
    rest = [{"id": i, "status": w} for i, w in said[1::2]]
    return {
        "entry": [{"id": "1", "changes": changes}, {"changes": [{"value": {"metadata": metadata, "statuses": rest}}]}]
    }


def _evolution(said: Said, more: Mapping[str, Any]) -> Any:
    updates = [{"keyId": i, "status": w, "fromMe": True} for i, w in said]
    data = updates if len(updates) > 1 else updates[0]
    return {**more, "event": "messages.update", "instance": "i", "data": data}


def _z_api(said: Said, more: Mapping[str, Any]) -> Any:
    ids = [i for i, _ in said]
    return {**more, "type": "MessageStatusCallback", "instanceId": "i", "status": said[0][1], "ids": ids}


def _ack(said: Said, more: Mapping[str, Any]) -> Any:
    identity = {"fromMe": True, "id": said[0][0]}
    return {**more, "event": "onack", "session": "s", "id": identity, "ack": int(said[0][1])}


def _waha(said: Said, more: Mapping[str, Any]) -> Any:
    payload = {"id": f"true_1@c.us_{said[0][0]}", "fromMe": True, "ackName": said[0][1]}
    return {**more, "event": "message.ack", "session": "s", "payload": payload}


def _twilio(said: Said, more: Mapping[str, Any]) -> bytes:
    return urlencode({**more, "MessageSid": said[0][0], "MessageStatus": said[0][1]}).encode()


_WORDS: Final = {"sent": "sent", "delivered": "delivered", "read": "read"}
_META: Final = Shape(_meta, {**_WORDS, "error": "failed"}, several=True)
SHAPES: Final[dict[str, Shape]] = {
    "wpp_marketing": Shape(
        lambda said, more: {**more, "eventos": [{"evento": w, "id_mensagem": i} for i, w in said]},
        {"queued": "Fila", "delivered": "Entrega", "read": "Leitura"},
        several=True,
    ),
    "meta_cloud": _META,
    "360dialog": _META,
    "twilio": Shape(_twilio, {**_WORDS, "error": "undelivered"}),
    "evolution": Shape(_evolution, {"sent": "SERVER_ACK", "delivered": "DELIVERY_ACK", "read": "READ"}, several=True),
    "z_api": Shape(_z_api, {"sent": "SENT", "delivered": "RECEIVED", "read": "PLAYED"}, several=True, one_status=True),
    "wppconnect": Shape(_ack, {"sent": "1", "delivered": "2", "read": "3", "expired": "-2"}),
    "waha": Shape(_waha, {"sent": "SERVER", "delivered": "DEVICE", "read": "READ"}),
    "generic": Shape(
        lambda said, more: {**more, "lote": {"itens": [{"ref": i, "estado": w} for i, w in said], "n": 1}},
        _WORDS,
        several=True,
    ),
    "cloudevents": Shape(
        lambda said, _: [
            {"specversion": "1.0", "id": f"e{n}", "data": {"message_id": i, "status": w}}
            for n, (i, w) in enumerate(said)
        ],
        _WORDS,
        several=True,
    ),
}


def test_every_provider_is_tried() -> None:
    """A new provider has a shape here."""
    assert set(SHAPES) == set(PROVIDERS)


@pytest.mark.parametrize("name", SHAPES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_what_split_makes_keeps_every_status_exactly_once(name: str, data: st.DataObject) -> None:
    """The parts of a body say, in order, exactly what the body said; whatever else stands around it is no matter."""
    shape = SHAPES[name]
    statuses = st.sampled_from(sorted(shape.words))
    first = data.draw(statuses)
    told = st.tuples(st.from_regex("[a-z0-9]{1,8}", fullmatch=True), st.just(first) if shape.one_status else statuses)
    meant = data.draw(st.lists(told, min_size=1, max_size=12 if shape.several else 1))
    more = data.draw(st.dictionaries(st.sampled_from(["x1", "x2", "contacts"]), st.text(max_size=5), max_size=2))
    written = shape.write([(i, shape.words[status]) for i, status in meant], more)
    body = written if isinstance(written, bytes) else json.dumps(written).encode()
    parser = PROVIDERS[name].parser(merged(PROVIDERS[name].mapping, _GENERIC) if name == "generic" else None)  # type: ignore[arg-type]
    content_type = PROVIDERS[name].content_types[0]
    parts = parser.split(body, content_type)
    said = [parser.normalize(part.body, SourceContext("s", "a", name, content_type), RECEIVED_AT_MS) for part in parts]
    events = [(one.message_id, one.status) for one in said if isinstance(one, Event)]
    assert sorted(events) == sorted(meant)
    assert [part.subject for part in parts if part.subject] == [i for i, _ in events]
    if len(parts) == 1:
        assert parts[0].body == body
    if name not in ("meta_cloud", "360dialog"):  # whose statuses this test spreads over two entries
        assert events == meant
