"""A record that stops the worker three times is held back with what follows of its key, and nothing else is."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from processors.batch import Stuck, fold_batch, keys_of, read_batch
from processors.quarantine import ATTEMPTS_MAX, Quarantine
from schemas.event import Event, Normalized
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


def test_held_from_the_record_that_stopped_the_worker(tmp_path: Path) -> None:
    """After three stops the record and what follows of its key are quarantined; the rest is decided as ever."""
    path = tmp_path / "0.json"
    for attempt in range(1, ATTEMPTS_MAX + 1):
        quarantine = Quarantine(path)  # the worker stopped in between
        with pytest.raises(Stuck) as stuck:
            outcomes(RECORDS, quarantine)
        held = quarantine.failed(stuck.value.key, stuck.value.offset, str(stuck.value))
        assert held == (attempt == ATTEMPTS_MAX)
    assert outcomes(RECORDS, Quarantine(path)) == {
        0: "advanced",
        1: "advanced",
        2: "quarantined",
        3: "quarantined",
        4: "advanced",
    }


def test_release(tmp_path: Path) -> None:
    """A release that was asked for ends the hold at the log's end; what was held before stays quarantined, also after a restart."""
    path = tmp_path / "0.json"
    for _ in range(ATTEMPTS_MAX):
        Quarantine(path).failed(b"acme/m1", 2, "a bug")
    Quarantine(path).ask_release()
    assert Quarantine(path).end_released(lambda: 10)
    again = Quarantine(path)
    assert [again.holds(b"acme/m1", offset) for offset in (1, 2, 9, 10)] == [False, True, True, False]
    assert not again.stretches[0].redriven


def test_a_release_by_command_reaches_a_running_worker(tmp_path: Path) -> None:
    """A worker sees that another process asks to release what it holds, and alone says from where on."""
    running = Quarantine(tmp_path / "0.json")
    for _ in range(ATTEMPTS_MAX):
        running.failed(b"acme/m1", 2, "a bug")
    Quarantine(tmp_path / "0.json").ask_release()
    assert running.holds(b"acme/m1", 10)
    assert running.end_released(lambda: 12)
    assert [running.holds(b"acme/m1", offset) for offset in (11, 12)] == [True, False]
    assert not running.end_released(lambda: 20)


def test_other_offsets_count_apart(tmp_path: Path) -> None:
    """Three different records that each stopped the worker once hold nothing back."""
    quarantine = Quarantine(tmp_path / "0.json")
    assert [quarantine.failed(b"acme/m1", offset, "a bug") for offset in range(3)] == [False] * 3


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
