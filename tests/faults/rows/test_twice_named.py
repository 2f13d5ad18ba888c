"""A name that is in one object twice: the part that chooses the key and the part that folds must read the same value."""

import itertools

import pytest

from schemas.event import Event
from schemas.providers import PROVIDERS
from schemas.record import SourceContext

PARSER = PROVIDERS["wpp_marketing"].parser(None)
CONTEXT = SourceContext("loja", "acme", "wpp_marketing")
MEMBERS = (
    ('"event_id":"e1"', '"event_id":"e2"'),
    ('"event":"read"', '"event":"delivered"'),
    ('"message":{"id":"m1"}', '"message":{"id":"m2"}'),
    ('"message":{"id":"m1","id":"m2"}', '"message":{"id":"m2","id":"m1"}'),
)


def body(first: str, second: str) -> bytes:
    others = ('"event_id":"e0"', '"event":"read"', '"message":{"id":"m0"}', '"connection":{"id":"c"}')
    name = first.partition(":")[0]
    return ("{" + ",".join([first, *(other for other in others if not other.startswith(name)), second]) + "}").encode()


@pytest.mark.parametrize(("first", "second"), [*MEMBERS, *((b, a) for a, b in MEMBERS)])
def test_the_key_and_the_fold_read_the_same_value(first: str, second: str) -> None:
    """A body is keyed by the message that is read from it, alone and among others in a batch, again and again."""
    one = body(first, second)
    several = b'{"events":[' + one + b"," + one + b"]}"
    for whole in (one, several):
        parts = PARSER.split(whole, "application/json")
        said = [PARSER.normalize(part.body, CONTEXT, 1_773_144_000_000) for part in parts for _ in range(2)]
        assert all(isinstance(event, Event) for event in said)
        subjects = [part.subject for part in parts for _ in range(2)]
        assert [event.message_id for event in said if isinstance(event, Event)] == subjects
    assert len({str(event) for event in itertools.chain(said)}) == 1
