"""One harmless element costs no other: bodies as senders write them, each with something that a strict parser refuses."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.event import Event
from schemas.providers import PROVIDERS
from schemas.providers.reading import dump, load
from schemas.record import SourceContext
from tests.support.samples import RECEIVED_AT_MS

JSON = "application/json"
ODD = "strange"


def deep(levels: int) -> str:
    """Return arrays within arrays, as text."""
    return "[" * levels + "1" + "]" * levels


ODDITIES = {
    "deep 240": deep(240),
    "deep 260": deep(260),
    "deep 900": deep(900),
    "objects 300": '{"a":' * 300 + "1" + "}" * 300,
    "half an emoji": r'"5511\ud83d"',
    "its other half": r'"\ude00 x \\ud83d"',
    "NaN": "NaN",
    "no double": "1e999",
    "minus infinity": "-Infinity",
    "long": "9" * 400,
    "longer": "9" * 5_000,
    "2^64": str(2**64),
    "a control character": '"a\x01\tb"',
}


def of_meta() -> dict[str, Any]:
    """Return a body with three statuses, something odd in the first."""
    statuses = [
        {"id": f"wamid.{n}", "status": "delivered", "timestamp": "1773144000", "recipient_id": "5511"} for n in range(3)
    ]
    value = {"metadata": {"phone_number_id": "1"}, "statuses": [{**statuses[0], "conversation": ODD}, *statuses[1:]]}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "0", "changes": [{"field": "messages", "value": value}]}],
    }


def of_evolution() -> dict[str, Any]:
    """Return a body with three updates, something odd beside them and in the first."""
    updates = [
        {"keyId": f"wamid.{n}", "remoteJid": "5511@s.whatsapp.net", "fromMe": True, "status": "DELIVERY_ACK"}
        for n in range(3)
    ]
    return {
        "event": "messages.update",
        "instance": "i",
        "odd": ODD,
        "data": [{**updates[0], "pushName": ODD}, *updates[1:]],
    }


def of_wpp_marketing() -> list[dict[str, Any]]:
    """Return three events, something odd in the first."""
    return [{"event": "delivered", "message": {"id": f"wamid.{n}"}, "odd": ODD if n == 0 else None} for n in range(3)]


BODIES = {"meta_cloud": of_meta, "evolution": of_evolution, "wpp_marketing": of_wpp_marketing}


@pytest.mark.parametrize("how", [*ODDITIES, "a byte order mark", "no UTF-8"])
@pytest.mark.parametrize("name", BODIES)
def test_something_odd_in_one_of_three_statuses_costs_none(name: str, how: str) -> None:
    """Each of the three is a part with its own key, and is understood."""
    text = json.dumps(BODIES[name]())
    if how == "a byte order mark":
        body = ("\ufeff" + text).encode()
    elif how == "no UTF-8":
        body = text.encode().replace(b"strange", b"strang\xff")
    else:
        body = text.replace(f'"{ODD}"', ODDITIES[how]).encode()
    parser, context = PROVIDERS[name].parser(None), SourceContext("s", "a", name)
    parts = parser.split(body, JSON)
    assert [part.subject for part in parts] == ["wamid.0", "wamid.1", "wamid.2"]
    for part in parts:
        event = parser.normalize(part.body, context, RECEIVED_AT_MS)
        assert isinstance(event, Event)
        assert event.message_id == part.subject
        json.dumps(load(part.body)).encode().decode("utf-8")


@given(
    text=st.lists(
        st.sampled_from(["\\\\", "\\ud83d", "\\ude00", "\\uD83D\\uDE00", "\\n", "\\u005c", "ud83d", "x", "é"]),
        max_size=12,
    ).map("".join)
)
def test_surrogates_that_are_alone_are_replaced_and_nothing_else(text: str) -> None:
    """Whole pairs and escaped backslashes stay what they are."""
    body = ('{"a":"' + text + '","b":NaN}').encode()
    expected = json.loads(f'"{text}"').encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert load(body) == {"a": expected, "b": None}


@pytest.mark.parametrize("body", [b"{", b"[1", b"x", b"", b"\xef\xbb\xbf", b"[" * 100_000, b'{"a":' * 100_000, b"[NaN"])
def test_what_is_no_json_stays_none(body: bytes) -> None:
    """Being lenient invents nothing, and raises nothing."""
    assert load(body) is None


def test_what_is_written_may_be_nested_as_deep_as_it_is_read() -> None:
    """Beyond what anybody reads it is null; what was given is not changed."""
    document = [load(deep(1_000).encode()), "kept"]
    assert json.loads(dump(document))[1] == "kept"
    assert dump(document[0][0]).count(b"[") == 200
    assert len(dump([load(deep(1_000).encode())])) < 1_000
