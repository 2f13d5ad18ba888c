"""Parsers under arbitrary input: they never raise, and what they split keeps every status exactly once."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.event import Event, Ignored, Pairing, Unmapped
from schemas.providers import PROVIDERS
from schemas.providers.provider import PARTS_MAX
from schemas.record import SourceContext
from tests.support.samples import RECEIVED_AT_MS, samples

EACH = pytest.mark.parametrize("name", PROVIDERS)

_KEYS = sorted(
    {"entry", "changes", "value", "statuses", "messages", "field", "id", "ids", "type", "status", "event", "events"}
    | {"data", "payload", "ack", "ackName", "fromMe", "key", "keyId", "session", "instance", "instanceId", "timestamp"}
    | {
        "momment",
        "phone",
        "state",
        "statusReason",
        "errors",
        "metadata",
        "recipient_id",
        "message",
        "connection",
        "_serialized",
    }
)
_WORDS = sorted(
    {"messages", "delivered", "READ", "messages.update", "connection.update", "message.ack", "onack"}
    | {
        "MessageStatusCallback",
        "DeliveryCallback",
        "session.status",
        "close",
        "status-find",
        "true_1@c.us_A",
        "1773144003",
    }
)
_leaf = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(_WORDS)
)
DOCUMENTS = st.recursive(
    _leaf,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_KEYS) | st.text(max_size=4), inner, max_size=6)
    ),
    max_leaves=40,
)


def _check(name: str, body: bytes) -> None:
    parser = PROVIDERS[name].parser(None)
    context = SourceContext("source", "account", name)
    parts = parser.split(body, "application/json")
    assert 1 <= len(parts) <= PARTS_MAX
    for part in parts:
        said = parser.normalize(part.body, context, RECEIVED_AT_MS)
        assert isinstance(said, Event | Ignored | Unmapped)
        event = said.logout if isinstance(said, Pairing) else said
        assert part.subject == ((event.message_id or event.connection_id) if isinstance(event, Event) else None)
    redact = PROVIDERS[name].redact
    if redact:
        assert redact(redact(body)) == redact(body)


@EACH
@given(DOCUMENTS)
@settings(max_examples=150, deadline=None)
def test_any_json_is_read_without_an_error(name: str, document: Any) -> None:
    """Arbitrary JSON gives at least one part, each an event, ignored or unmapped, keyed by the id it holds."""
    _check(name, json.dumps(document).encode())


@EACH
@given(st.binary(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_without_an_error(name: str, body: bytes) -> None:
    """Arbitrary bytes likewise."""
    _check(name, body)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_sample_with_anything_in_any_place_is_read_without_an_error(data: st.DataObject) -> None:
    """A documented body in which one value is missing or replaced by anything is still read."""
    sample = data.draw(st.sampled_from([s for s in samples() if s.file.endswith(".json")]))
    document = json.loads(sample.body)
    places = list(_places(document))
    container, key = data.draw(st.sampled_from(places))
    if data.draw(st.booleans()):
        del container[key]
    else:
        container[key] = data.draw(DOCUMENTS)
    _check(sample.provider, json.dumps(document).encode())


def _places(document: Any) -> Any:
    keys: Any = (
        document.keys() if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else ()
    )
    for key in list(keys):
        yield document, key
        yield from _places(document[key])


_STATUS = st.fixed_dictionaries(
    {
        "id": st.text("abc123", min_size=1, max_size=6),
        "status": st.sampled_from(["sent", "delivered", "read", "failed", "odd"]),
    }
)
_VALUE = st.fixed_dictionaries(
    {"metadata": st.just({"phone_number_id": "1"})},
    optional={"statuses": st.lists(_STATUS, max_size=6), "messages": st.lists(st.just({"id": "m"}), max_size=2)},
)


@given(st.lists(st.lists(_VALUE, max_size=3), max_size=3))
@settings(deadline=None)
def test_meta_keeps_every_status_exactly_once(entries: list[list[dict[str, Any]]]) -> None:
    """However a body spreads statuses over entries and changes, each is in exactly one part, in order."""
    body = {"entry": [{"changes": [{"field": "messages", "value": v} for v in values]} for values in entries]}
    sent = [s for values in entries for v in values for s in v.get("statuses", [])]
    parser = PROVIDERS["meta_cloud"].parser(None)
    kept = [
        status
        for part in parser.split(json.dumps(body).encode(), "application/json")
        for entry in json.loads(part.body)["entry"]
        for change in entry["changes"]
        for status in change["value"].get("statuses", [])
    ]
    assert kept == sent


def test_a_body_with_more_events_than_anyone_sends_is_kept_whole_and_not_half_read() -> None:
    """Beyond PARTS_MAX events a body is one unmapped part: nothing is dropped and nothing is guessed."""
    ids = [str(n) for n in range(PARTS_MAX + 1)]
    body = json.dumps({"type": "MessageStatusCallback", "status": "READ", "instanceId": "i", "ids": ids}).encode()
    parser = PROVIDERS["z_api"].parser(None)
    assert [part.body for part in parser.split(body, "application/json")] == [body]
    assert isinstance(parser.normalize(body, SourceContext("s", "a", "z_api"), RECEIVED_AT_MS), Unmapped)
