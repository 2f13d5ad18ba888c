"""What counts as a time, and which id a message is called by: the same for every provider."""

from typing import Any

import msgspec
import pytest

from schemas.event import Event, Unmapped
from schemas.providers import PROVIDERS
from schemas.record import SourceContext

RECEIVED_AT_MS = 1_790_000_000_000
ABSURD = [0, "0", -1, "-5", 10**18, str(10**18), 1e300, "9" * 30, "1970-01-01T00:00:00Z"]

BODIES: dict[str, tuple[dict[str, Any], str]] = {
    "wpp_marketing": ({"event": "delivered", "message": {"id": "m-1"}}, "timestamp"),
    "z_api": ({"type": "MessageStatusCallback", "status": "RECEIVED", "ids": ["m-1"], "instanceId": "i"}, "momment"),
}
"""Provider → a status without a time, and the field that the time is in."""


def read(provider: str, document: dict[str, Any], received_at_ms: int = RECEIVED_AT_MS) -> Any:
    """Return what a provider's parser makes of a document."""
    context = SourceContext("s", "acme", provider, "application/json")
    parser = PROVIDERS[provider].parser(None)
    return parser.normalize(msgspec.json.encode(document), context, received_at_ms)


@pytest.mark.parametrize("provider", BODIES)
@pytest.mark.parametrize("time", ABSURD, ids=[repr(time)[:24] for time in ABSURD])
def test_zero_negative_and_overflowing_times_are_absurd(provider: str, time: Any) -> None:
    """The time of receipt stands in, flagged; the same status without a time is another event, with a time twice the same."""
    document, field = BODIES[provider]
    told, silent = read(provider, {**document, field: time}), read(provider, document)
    assert isinstance(told, Event)
    assert (told.absurd_time, told.time_source, told.occurred_at_ms) == (True, "received", RECEIVED_AT_MS)
    assert (silent.absurd_time, silent.time_source) == (False, "received")
    assert told.id != silent.id
    assert told.id == read(provider, {**document, field: time}, RECEIVED_AT_MS + 9).id


@pytest.mark.parametrize("provider", BODIES)
def test_different_absurd_times_are_different_events(provider: str) -> None:
    """0 and -5 are not one repeat."""
    document, field = BODIES[provider]
    assert len({read(provider, {**document, field: time}).id for time in (0, -5, 10**18, 3 * 10**18)}) == 4


@pytest.mark.parametrize("time", [0, -1, 10**18])
def test_a_connection_closes_twice_under_an_absurd_time(time: Any) -> None:
    """A provider that always says 0 reports two logouts, not one and its repeat: receipt distinguishes them."""
    body = {"event": "logout", "connection_id": "c", "timestamp": time}
    one, other = read("wpp_marketing", body), read("wpp_marketing", body, RECEIVED_AT_MS + 60_000)
    assert one.absurd_time
    assert one.id != other.id
    assert one.id == read("wpp_marketing", body).id


def test_a_time_that_may_be_told_comes_before_an_absurd_one() -> None:
    """Of several places of a body that hold a time, one with 0 does not hide the next."""
    body = {"event": "read", "message_id": "m", "occurred_at": 0, "timestamp": RECEIVED_AT_MS - 1_000}
    event = read("wpp_marketing", body)
    assert (event.occurred_at_ms, event.absurd_time) == (RECEIVED_AT_MS - 1_000, False)


def test_what_is_no_time_at_all_is_absent() -> None:
    """A word, an empty text, a truth value and null say nothing of a time: nothing is flagged."""
    for nothing in ("soon", "", True, None, "nan", "inf"):
        event = read("wpp_marketing", {"event": "read", "message_id": "m", "timestamp": nothing})
        assert (event.absurd_time, event.time_source) == (False, "received"), nothing


def test_a_message_is_called_by_the_first_id_there_is() -> None:
    """Without a message id the tracking id is the key and the id, and no alias of itself."""
    body = {"event": "created", "message": {"tracking_id": "T1"}}
    event = read("wpp_marketing", body)
    assert isinstance(event, Event)
    assert (event.message_id, event.aliases) == ("T1", ())
    (part,) = PROVIDERS["wpp_marketing"].parser(None).split(msgspec.json.encode(body), "application/json")
    assert part.subject == "T1"
    both = read("wpp_marketing", {"event": "created", "message": {"id": "M1", "tracking_id": "T1"}})
    assert (both.message_id, both.aliases) == ("M1", ("T1",))


def test_an_id_around_several_events_is_none_of_theirs() -> None:
    """A campaign's tracking id beside a list of statuses does not make them one message."""
    body = {"tracking_id": "campaign-7", "events": [{"event": "created"}, {"event": "read", "tracking_id": "T2"}]}
    parts = PROVIDERS["wpp_marketing"].parser(None).split(msgspec.json.encode(body), "application/json")
    assert [part.subject for part in parts] == [None, "T2"]
    context = SourceContext("s", "acme", "wpp_marketing", "application/json")
    first, second = (PROVIDERS["wpp_marketing"].parser(None).normalize(p.body, context, RECEIVED_AT_MS) for p in parts)
    assert isinstance(first, Unmapped)
    assert isinstance(second, Event)
    assert second.message_id == "T2"
