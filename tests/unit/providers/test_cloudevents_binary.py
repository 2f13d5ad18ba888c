"""CloudEvents in binary mode: the headers' attributes and the body's data are one event."""

import json

import pytest

from schemas.event import Event
from schemas.providers import PROVIDERS
from schemas.providers.cloudevents_binary import enveloped
from schemas.record import SourceContext

HEADERS = [
    (b"content-type", b"application/json; charset=utf-8"),
    (b"ce-specversion", b"1.0"),
    (b"ce-id", b"e-1"),
    (b"ce-source", b"/crm/S%C3%A3o%20Paulo"),
    (b"ce-type", b"whatsapp.delivered"),
    (b"ce-time", b"2026-03-10T12:00:00Z"),
    (b"webhook-signature", b"v1,AA"),
]
DATA = b'{ "message_id": "m-1", "status": "delivered",  "recipient": "5511987654321" }'


def test_it_is_the_event_that_structured_mode_is() -> None:
    """Attributes are decoded, the data's bytes stay as they are, and the event is the one of structured mode."""
    whole = enveloped(HEADERS, DATA)
    assert whole is not None
    assert DATA in whole.body
    document = json.loads(whole.body)
    assert document["source"] == "/crm/São Paulo"
    assert (document["id"], document["datacontenttype"]) == ("e-1", "application/json; charset=utf-8")
    assert (b"content-type", b"application/cloudevents+json") in whole.headers
    assert not any(name.startswith(b"ce-") for name, _ in whole.headers)
    said = (
        PROVIDERS["cloudevents"]
        .parser(None)
        .normalize(whole.body, SourceContext("s", "a", "cloudevents"), 1_773_144_100_000)
    )
    assert isinstance(said, Event)
    assert (said.message_id, said.status, said.provider_event_id) == ("m-1", "delivered", "e-1")
    assert (said.occurred_at_ms, said.recipient) == (1_773_144_000_000, "5511987654321")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([(b"content-type", b"application/cloudevents+json"), *HEADERS[1:]], DATA),
        ([one for one in HEADERS if one[0] != b"ce-specversion"], DATA),
        ([one for one in HEADERS if one[0] != b"ce-id"], DATA),
        (HEADERS, b"{broken"),
    ],
    ids=["structured", "no version", "no id", "no JSON"],
)
def test_anything_else_stays_as_it_came(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """What is structured already, is no CloudEvent, or has data that is no JSON is stored as it came."""
    assert enveloped(headers, body) is None


def test_an_event_without_data_is_its_attributes() -> None:
    """A body of nothing is an event of attributes alone; an attribute cannot stand in for data."""
    whole = enveloped([*HEADERS, (b"ce-data", b"x")], b"")
    assert whole is not None
    assert "data" not in json.loads(whole.body)
