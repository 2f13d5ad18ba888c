"""A record that fails three times is held back with what follows of its key, and nothing else is."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from processors.batch import Stuck, fold_batch, keys_of, read_batch
from processors.old_holds import put_away, read_old_holds
from processors.quarantine import Quarantine
from schemas.event import Event, Normalized
from schemas.hold import ATTEMPTS_MAX, Hold, Release, decode_hold, encode
from schemas.providers import PROVIDERS
from schemas.record import SourceContext
from tests.support.raw import event_record

POISON = b"poison"


class BreakingParser:
    """Reads as WPP Marketing does, and raises for a body that says `poison`."""

    def __init__(self) -> None:
        self._sound = PROVIDERS["wpp_marketing"].parser(None)

    def split(self, body: bytes, content_type: str) -> Any:
        """Split as the sound parser does."""
        return self._sound.split(body, content_type)

    def normalize(self, body: bytes, context: SourceContext, received_at_ms: int) -> Normalized:
        """Break."""
        if POISON in body:
            raise RuntimeError("this parser has a bug")
        return self._sound.normalize(body, context, received_at_ms)


PARSER = BreakingParser()


def outcomes(records: list[Any], quarantine: Quarantine) -> dict[int, str]:
    """Return offset → outcome of a batch that meets no state."""
    understood = read_batch(records, lambda *_: PARSER, quarantine.holds)
    messages, connections = keys_of(understood)
    folded = fold_batch(understood, 0, dict.fromkeys(messages), dict.fromkeys(connections))
    found = {}
    for _, value, _ in folded.messages.events:
        assert value is not None
        data = json.loads(value)["data"]
        found[data["raw"]["offset"]] = data["outcome"]
    for _, value, _ in folded.set_aside:
        assert value is not None
        document = json.loads(value)
        found[document["offset"]] = document["outcome"]
    return found


RECORDS = [
    event_record(0, "m1", "queued"),
    event_record(1, "m2", "queued"),
    event_record(2, "m1", "created", campaign="poison"),
    event_record(3, "m1", "delivered"),
    event_record(4, "m2", "delivered"),
]


def failed(quarantine: Quarantine, offset: int, key: bytes = b"acme/m1") -> bool:
    """Let a record fail, as its partition writes it down; return whether its key is held now."""
    hold = quarantine.failed(key, offset, "a bug")
    quarantine.take(offset, hold)
    return hold.is_held


def moved(quarantine: Quarantine) -> Quarantine:
    """Return what another host knows, which reads the topic alone."""
    other = Quarantine()
    for offset, hold in quarantine.stretches.items():
        other.take(offset, decode_hold(encode(hold)))
    return other


def test_held_from_the_record_that_failed_three_times() -> None:
    """Wherever the partition was when it failed: then the record and what follows of its key are quarantined, nothing else."""
    quarantine = Quarantine()
    for attempt in range(1, ATTEMPTS_MAX + 1):
        quarantine = moved(quarantine)
        with pytest.raises(Stuck) as stuck:
            outcomes(RECORDS, quarantine)
        assert failed(quarantine, stuck.value.offset, stuck.value.key) == (attempt == ATTEMPTS_MAX)
    assert outcomes(RECORDS, moved(quarantine)) == {
        0: "advanced",
        1: "advanced",
        2: "quarantined",
        3: "quarantined",
        4: "advanced",
    }


def test_release() -> None:
    """A release that was asked for ends the hold at the log's end; what was held before stays quarantined, also elsewhere."""
    quarantine = Quarantine()
    for _ in range(ATTEMPTS_MAX):
        failed(quarantine, 2)
    asked = [quarantine.is_asked]
    quarantine.take(2, Release())
    asked.append(quarantine.is_asked)
    for offset, hold in quarantine.ended(10).items():
        quarantine.take(offset, hold)
    assert [*asked, quarantine.is_asked] == [False, True, False]
    assert quarantine.ended(20) == {}
    assert [moved(quarantine).holds(b"acme/m1", offset) for offset in (1, 2, 9, 10)] == [False, True, True, False]


def test_what_can_never_succeed_is_held_at_once() -> None:
    """A record that Kafka refuses is not tried three times."""
    assert Quarantine().failed(b"k", 7, "too large", for_good=True).is_held


def test_other_offsets_count_apart() -> None:
    """Three different records that each failed once hold nothing back."""
    quarantine = Quarantine()
    assert [failed(quarantine, offset) for offset in range(3)] == [False] * 3


def test_a_file_of_an_older_release_is_read_once(tmp_path: Path) -> None:
    """What it held and what it had released are taken over; afterwards it is not there."""
    path = tmp_path / "0.json"
    assert read_old_holds(path) == {}
    held = {"key": b"acme/m1".hex(), "since": 2, "why": "a bug"}
    path.write_text(json.dumps({"failures": {"2": 3}, "holds": [held, {**held, "since": 9, "until": 12}]}))
    assert read_old_holds(path) == {
        2: Hold(b"acme/m1".hex(), 3, "a bug", is_held=True),
        9: Hold(b"acme/m1".hex(), 0, "a bug", is_held=True, until=12),
    }
    put_away(path)
    assert read_old_holds(path) == {}


def test_unwritable_text_is_stuck_too() -> None:
    """A value that JSON cannot carry names its record, so that it can be quarantined rather than stop the worker for ever."""

    class Surrogates(BreakingParser):
        def normalize(self, body: bytes, context: SourceContext, received_at_ms: int) -> Normalized:
            said = self._sound.normalize(body, context, received_at_ms)
            assert isinstance(said, Event)
            return msgspec.structs.replace(said, recipient="\ud800")

    understood = read_batch(RECORDS[:1], lambda *_: Surrogates(), lambda *_: False)
    with pytest.raises(Stuck) as stuck:
        fold_batch(understood, 0, {b"acme/m1": None}, {})
    assert (stuck.value.key, stuck.value.offset) == (b"acme/m1", 0)
