"""Providers that no file knows, wholly described in `recibo.toml`."""

import json
from typing import Any

import pytest

from schemas.errors import ConfigurationError
from schemas.event import Event
from schemas.record import SourceContext
from schemas.sources import Source, parse_sources
from tests.support.samples import RECEIVED_AT_MS

INFOBIP = """
mapping.items = ["results"]
mapping.paths = { message_id = ["messageId"], status = ["status.groupName"], time = ["doneAt"], recipient = ["to"], error_code = ["error.id"] }
mapping.words = { created = ["PENDING"], delivered = ["DELIVERED"], error = ["UNDELIVERABLE", "REJECTED"], expired = ["EXPIRED"] }
"""
VONAGE = """
mapping.paths = { message_id = ["message_uuid"], status = ["status"], time = ["timestamp"], recipient = ["to"], connection_id = ["from"], error_code = ["error.title"] }
mapping.words = { created = ["submitted"], error = ["rejected", "undeliverable"] }
"""
GUPSHUP = """
mapping.paths = { message_id = ["payload.gsId", "payload.id"], status = ["payload.type"], time = ["payload.payload.ts", "timestamp"], recipient = ["payload.destination"], connection_id = ["app"], error_code = ["payload.payload.code"] }
mapping.words = { queued = ["enqueued"], error = ["failed"] }
"""
FORM = """
answer = 200
content_types = ["application/x-www-form-urlencoded"]
redact = ["token"]
mapping.paths = { message_id = ["id"], status = ["situacao"], recipient = ["fone"] }
mapping.words = { delivered = ["Entregue"] }
"""


def _source(more: str) -> Source:
    return parse_sources(f'[sources.s]\nprovider = "generic"\nauth = "none"\n{more}', {}).by_name["s"]


def _said(more: str, body: Any) -> list[tuple[str, str, int, str]]:
    source = _source(more)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    found = []
    for part in source.parser.split(raw, source.provider.content_types[0]):
        one = source.parser.normalize(part.body, SourceContext("s", "a", "generic"), RECEIVED_AT_MS)
        assert isinstance(one, Event), one
        assert part.subject == one.message_id
        found.append((one.message_id, one.status, one.occurred_at_ms, one.recipient))
    return found


def test_infobip() -> None:
    """Results in an array, group names as statuses, ISO times with an offset."""
    result = {"to": "5511987654321", "doneAt": "2026-03-10T09:00:03.000-0300"}
    body = {
        "results": [
            {**result, "messageId": "i1", "status": {"groupName": "DELIVERED"}},
            {**result, "messageId": "i2", "status": {"groupName": "EXPIRED"}, "error": {"id": 7032}},
        ]
    }
    at = 1_773_144_003_000
    assert _said(INFOBIP, body) == [("i1", "delivered", at, "5511987654321"), ("i2", "expired", at, "5511987654321")]


def test_vonage() -> None:
    """One status a body, words of its own for acceptance and failure."""
    body = {
        "message_uuid": "v1",
        "to": "5511987654321",
        "from": "1",
        "timestamp": "2026-03-10T12:00:03Z",
        "status": "submitted",
    }
    assert _said(VONAGE, body) == [("v1", "created", 1_773_144_003_000, "5511987654321")]
    assert _said(VONAGE, {**body, "status": "rejected"})[0][1] == "error"


def test_gupshup_is_one_message_while_its_id_changes_meaning() -> None:
    """`id` is Gupshup's own at first and WhatsApp's later: `gsId`, where it is there, stays; seconds inside, milliseconds around."""
    around = {"app": "loja", "timestamp": 1_773_144_004_000, "type": "message-event"}
    queued = {**around, "payload": {"id": "gs-1", "type": "enqueued", "destination": "5511987654321", "payload": {}}}
    read = {
        **around,
        "payload": {
            "id": "wa-1",
            "gsId": "gs-1",
            "type": "read",
            "destination": "5511987654321",
            "payload": {"ts": 1_773_144_003},
        },
    }
    assert _said(GUPSHUP, queued) == [("gs-1", "queued", 1_773_144_004_000, "5511987654321")]
    assert _said(GUPSHUP, read) == [("gs-1", "read", 1_773_144_003_000, "5511987654321")]


def test_a_form_and_what_it_is_answered() -> None:
    """A source of forms is read by the same mapping, and says its answer, its content types and what to redact."""
    source = _source(FORM)
    assert (source.provider.answer, source.provider.content_types) == (200, ("application/x-www-form-urlencoded",))
    assert _said(FORM, b"id=f1&situacao=Entregue&fone=%2B5511987654321")[0][::3] == ("f1", "5511987654321")
    assert source.provider.redact is not None
    assert source.provider.redact(b'{"token": "s3cret", "id": 1}') == b'{"token": "[redacted]", "id": 1}'


def test_what_a_source_redacts_comes_on_top_of_its_providers_own() -> None:
    """A source of a known provider may name further keys; the provider's own are redacted all the same."""
    text = '[sources.e]\nprovider = "evolution"\nauth = "none"\nredact = ["server_url"]\n'
    redact = parse_sources(text, {}).by_name["e"].provider.redact
    assert redact is not None
    assert (
        redact(b'{"apikey":"a","server_url":"b","x":"c"}')
        == b'{"apikey":"[redacted]","server_url":"[redacted]","x":"c"}'
    )


@pytest.mark.parametrize("more", ["answer = 500", 'content_types = ["JSON"]'])
def test_a_description_that_cannot_be_used_is_refused(more: str) -> None:
    """An answer that a provider would take for a failure, or a content type that is none, names its key."""
    with pytest.raises(ConfigurationError, match=more.partition(" ")[0]):
        _source(more)
