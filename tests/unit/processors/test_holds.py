"""What a worker takes of the topic `processors.holds`."""

from types import SimpleNamespace
from typing import Any

import pytest

from processors.holds import Holds
from runtime.kafka.settings import KafkaSettings
from schemas.hold import Hold, HoldAt, Release, encode, hold_key, read_key, release_key

AT = HoldAt(7, 1, 42)
HELD = Hold(b"acme/m1".hex(), 3, "a bug", is_held=True)


def record(key: bytes | None, value: bytes | None) -> Any:
    """Return a record of the topic."""
    return SimpleNamespace(key=key, value=value, offset=0)


def test_keys_are_read_back() -> None:
    """The two keys of a coordinate are told apart; any other is refused."""
    assert read_key(hold_key(AT)) == (AT, False)
    assert read_key(release_key(AT)) == (AT, True)
    for other in (b"7/1", b"7/1/x", b"7/1/42/other", b"\xff"):
        with pytest.raises(ValueError):  # noqa: PT011 - any of them
            read_key(other)


def test_only_what_is_understood_and_of_this_generation_counts() -> None:
    """Strange records are passed over; those of another generation hold nothing back; a deleted hold is gone."""
    holds = Holds(KafkaSettings(), "processors.holds", 7, 2)
    for strange in (record(b"?", b"{}"), record(None, b""), record(hold_key(AT), b"{"), record(b"7/9/1", encode(HELD))):
        holds._take(strange)
    holds._take(record(hold_key(AT._replace(generation=8)), encode(HELD)))
    assert holds.of(1).stretches == {}
    holds._take(record(hold_key(AT), encode(HELD)))
    holds._take(record(release_key(AT), encode(Release())))
    assert (holds.of(1).holds(b"acme/m1", 42), holds.of(1).is_asked, holds.of(0).stretches) == (True, True, {})
    holds._take(record(hold_key(AT), None))
    assert holds.of(1).stretches == {}
