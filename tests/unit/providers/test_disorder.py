"""Histories that providers document, or that their users complain of: any order of them gives one truth."""

import itertools
import json
from typing import Any, NamedTuple

import pytest

from schemas import message_state
from schemas.event import Event
from schemas.message_state import MessageState
from schemas.providers import PROVIDERS
from schemas.record import SourceContext
from tests.support.samples import RECEIVED_AT_MS


class History(NamedTuple):
    """Words of one message's callbacks, in the order in which they were seen to come, and what is true of it."""

    seen_at: str
    provider: str
    words: tuple[str, ...]
    status: str
    conflict: bool = False
    delivered_inferred: bool = False


HISTORIES = (
    History("Meta leaves delivered out", "meta_cloud", ("sent", "read"), "read", delivered_inferred=True),
    History("chatwoot #14529", "meta_cloud", ("delivered", "sent"), "delivered"),
    History("whatsapp-api-manager PR 102", "meta_cloud", ("sent", "read", "delivered", "delivered"), "read"),
    History("several devices", "meta_cloud", ("sent", "failed", "delivered"), "delivered", conflict=True),
    History("several devices, the other way", "meta_cloud", ("delivered", "failed"), "delivered", conflict=True),
    History("failed after sent", "meta_cloud", ("sent", "failed"), "error"),
    History("sent after failed: green-api #557", "wppconnect", ("-1", "1"), "error"),
    History("Twilio keeps no order", "twilio", ("delivered", "sent", "queued"), "delivered"),
    History("Twilio's first status has no callback", "twilio", ("delivered",), "delivered"),
    History("Z-API says a status twice", "z_api", ("SENT", "SENT", "RECEIVED"), "delivered"),
    History("WAHA stays PENDING though delivered: #1379", "waha", ("DEVICE", "PENDING"), "delivered"),
    History("READ never comes: WAHA #565", "waha", ("SERVER", "DEVICE"), "delivered"),
    History("expired, then delivered", "wppconnect", ("-2", "2"), "delivered", conflict=True),
)


def _meta(word: str) -> bytes:
    status = {"id": "wamid.1", "status": word, "timestamp": "1773144003", "recipient_id": "5511987654321"}
    value = {"metadata": {"phone_number_id": "1"}, "statuses": [status]}
    return json.dumps({"entry": [{"changes": [{"field": "messages", "value": value}]}]}).encode()


def _body(provider: str, word: str) -> bytes:
    """Return a provider's body that says `word` of one message."""
    if provider == "meta_cloud":
        return _meta(word)
    if provider == "twilio":
        return f"MessageSid=SM1&MessageStatus={word}&From=%2B1&To=%2B5511987654321".encode()
    documents: dict[str, Any] = {
        "z_api": {
            "type": "MessageStatusCallback",
            "status": word,
            "ids": ["Z1"],
            "instanceId": "i",
            "momment": 1773144003000,
        },
        "waha": {
            "event": "message.ack",
            "session": "s",
            "payload": {"id": "true_1@c.us_A", "fromMe": True, "ackName": word},
        },
        "wppconnect": {"event": "onack", "session": "s", "id": {"fromMe": True, "id": "A"}, "ack": word},
    }
    return json.dumps(documents[provider]).encode()


def _folded(provider: str, words: tuple[str, ...]) -> MessageState:
    parser = PROVIDERS[provider].parser(None)
    events = []
    for place, word in enumerate(words):
        said = parser.normalize(_body(provider, word), SourceContext("s", "a", provider), RECEIVED_AT_MS + place)
        assert isinstance(said, Event)
        events.append(said)
    state = message_state.absent(events[0], RECEIVED_AT_MS)
    for event in events:
        message_state.join(state, event)
    return state


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.seen_at)
def test_a_documented_history_has_one_truth_in_any_order(history: History) -> None:
    """Late, repeated, missing and contradicting callbacks end in the status that is true, whatever order they come in."""
    for words in itertools.permutations(history.words):
        state = _folded(history.provider, words)
        found = (state.status, state.conflict, state.delivered_inferred)
        assert found == (history.status, history.conflict, history.delivered_inferred), words


def test_one_status_forwarded_twice_is_one_event() -> None:
    """Meta's status that 360dialog forwards as well has the same event id under both, so it counts once."""
    said = [
        PROVIDERS[name].parser(None).normalize(_meta("read"), SourceContext(name, "a", name), RECEIVED_AT_MS)
        for name in ("meta_cloud", "360dialog")
    ]
    assert len({one.id for one in said if isinstance(one, Event)}) == 1


def test_three_means_something_else_in_each_library() -> None:
    """Ack 3 is a delivery in Baileys' numbers (Evolution) and a read in those of WPPConnect and WAHA."""
    evolution = {"event": "messages.update", "instance": "i", "data": {"keyId": "A", "fromMe": True, "status": 3}}
    waha = {"event": "message.ack", "session": "s", "payload": {"id": "true_1@c.us_A", "fromMe": True, "ack": 3}}
    bodies = {"evolution": evolution, "waha": waha, "wppconnect": json.loads(_body("wppconnect", "3"))}
    found = {}
    for name, body in bodies.items():
        said = PROVIDERS[name].parser(None).normalize(json.dumps(body).encode(), SourceContext("s", "a", name), 1)
        assert isinstance(said, Event)
        found[name] = said.status
    assert found == {"evolution": "delivered", "waha": "read", "wppconnect": "read"}
