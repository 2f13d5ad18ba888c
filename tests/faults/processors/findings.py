"""Comparing what is in the topics with the truth, step by step as both grow."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final

from schemas.topics import RAW, Topics
from tests.faults.processors.truth import RING_MAX, Expected, Truth
from tests.faults.processors.truth_facts import Document

KEPT_MAX: Final = 20
"""Differences described in words; all are counted."""

Coordinate = tuple[int, int]


def canonical(document: Document) -> str:
    """Return a document's one spelling, so that key order does not count."""
    return json.dumps(document, sort_keys=True)


def _digest(*parts: bytes) -> bytes:
    return hashlib.blake2b(b"\x00".join(parts), digest_size=16).digest()


class Findings:
    """What was seen in the derived topics, what had to be seen, and every difference."""

    def __init__(self, generation: int) -> None:
        topics = Topics(generation)
        self._state_topics = (topics.message_state, topics.connection_state)
        self._event_topics = (topics.message_events, topics.connection_events)
        self._state_of = dict(zip(self._event_topics, self._state_topics, strict=True))
        self.truth = Truth(generation)
        self.differences: list[str] = []
        self.difference_count = 0
        self.records = 0
        self.reemitted = 0
        self._told: dict[int, int] = {}
        self._expected: dict[Coordinate, Expected] = {}
        self._seen: dict[Coordinate, bytes] = {}
        self._fresh: dict[Coordinate, Any] = {}
        self._ids: dict[tuple[str, bytes, str], bytes] = {}
        self._states: dict[tuple[str, bytes], tuple[bytes | None, int]] = {}
        self._touched: set[tuple[str, bytes]] = set()
        self._newest: dict[tuple[str, int], int] = {}
        self.in_order = True
        """Whether first appearances must be in the order of the log: not while two workers write."""

    def raw(self, records: Iterable[Any]) -> None:
        """Take new records of the raw log."""
        for record in records:
            assert record.topic == RAW
            assert record.offset == self._told.get(record.partition, 0), "the whole log, in order"
            self._told[record.partition] = record.offset + 1
            self.records += 1
            expected = self.truth.tell(record)
            if expected is not None:
                self._expected[record.partition, record.offset] = expected

    def outputs(self, records: Iterable[Any]) -> None:
        """Take new records of the event topics and of the set-aside topic."""
        for record in records:
            document = json.loads(record.value)
            is_event = record.topic in self._event_topics
            raw = document["data"]["raw"] if is_event else document
            coordinate = (raw["partition"], raw["offset"])
            digest = _digest(record.topic.encode(), record.key, record.value, b"%d" % record.timestamp)
            known = self._seen.get(coordinate)
            if is_event and self._ids.setdefault((record.topic, record.key, document["id"]), digest) != digest:
                self._differ(f"id {document['id']} of {record.key!r} has two values in {record.topic}")
            if known == digest:
                self.reemitted += 1
            elif known is not None:
                self._differ(f"{coordinate} has two outcomes or values; again in {record.topic}: {record.value!r}")
            elif coordinate not in self._expected:
                self._differ(f"{coordinate} must have no outcome, and has one in {record.topic}")
            else:
                self._seen[coordinate] = digest
                self._fresh[coordinate] = record
                self._check_order(record, coordinate)
            if record.partition != raw["partition"]:
                self._differ(f"{coordinate} came out in {record.topic}[{record.partition}]")

    def states(self, records: Iterable[Any]) -> None:
        """Take new records of the state topics."""
        for record in records:
            self._states[record.topic, record.key] = (record.value, record.partition)
            self._touched.add((record.topic, record.key))

    def check_written_ahead(self) -> None:
        """Whatever was published since the last check must stand in the journal of its key's state."""
        for coordinate, record in self._fresh.items():
            if record.topic not in self._event_topics:
                continue
            document = json.loads(record.value)
            state, _ = self._states.get((self._state_of[record.topic], record.key), (None, 0))
            journal = _journal_of(json.loads(state)) if state is not None else []
            entry = next(
                (e for e in journal if coordinate[1] in (e[1], *(e[2][1:] if isinstance(e[2], list) else ()))), None
            )
            is_past = len(journal) >= RING_MAX and coordinate[1] < journal[0][1]  # committed, and forgotten since
            if not is_past and (entry is None or entry[0] not in (document["id"], "")):
                self._differ(f"{coordinate} was published before its verdict was written: journal entry {entry}")

    def check_committed(self, committed: dict[int, int]) -> None:
        """Every coordinate below a committed offset must have its outcome."""
        for coordinate in self._expected:
            if coordinate[1] < committed.get(coordinate[0], 0) and coordinate not in self._seen:
                self._differ(f"{coordinate} is committed ({committed[coordinate[0]]}) and has no outcome")

    def check_seen(self) -> None:
        """Every outcome seen so far must be the true one."""
        for coordinate, record in self._fresh.items():
            expected = self._expected.pop(coordinate)
            document = json.loads(record.value)
            if record.topic not in self._event_topics:
                document.pop("why", None)
            found = Expected(record.topic, record.key, document, record.timestamp)
            if found[:2] != expected[:2] or found.at_ms != expected.at_ms:
                self._differ(f"{coordinate}: {found[:2]} at {found.at_ms}, not {expected[:2]} at {expected.at_ms}")
            elif canonical(document) != canonical(expected.document):
                self._differ(f"{coordinate}: {canonical(document)}, not {canonical(expected.document)}")
        self._fresh.clear()

    def check_finished(self) -> None:
        """After all work is done: no coordinate without outcome, and every state true."""
        self.check_seen()
        for coordinate, expected in self._expected.items():
            self._differ(f"{coordinate} has no outcome, not {expected.topic} {canonical(expected.document)}")
        for place in self._touched | self.truth.changed:
            value, partition = self._states.get(place, (None, 0))
            expected_state = self.truth.states.get(place)
            if value is None and expected_state is not None and self.truth.is_expired(expected_state, partition):
                continue
            found = json.loads(value) if value is not None else None
            if found is not None:
                found.pop("_former", None)  # of ended states, until their commit
            for state in (found, expected_state):
                if state is not None and "latest" in state:
                    state["_"][2] = state["_"][2][-RING_MAX:]  # what is older stays until its commit, whenever that was
            if found is None or expected_state is None or canonical(found) != canonical(expected_state):
                self._differ(f"state of {place}: {found}, not {expected_state}")
        self._touched.clear()
        self.truth.changed.clear()

    def leap(self) -> None:
        """After the horizon an event reported again is a new event: the same id may appear once more."""
        self._ids.clear()

    def _check_order(self, record: Any, coordinate: Coordinate) -> None:
        place = (record.topic, record.partition)
        if self.in_order and coordinate[1] < self._newest.get(place, -1):
            self._differ(f"{coordinate} first appeared in {record.topic} after {self._newest[place]}")
        self._newest[place] = max(coordinate[1], self._newest.get(place, -1))

    def _differ(self, what: str) -> None:
        self.difference_count += 1
        if len(self.differences) < KEPT_MAX:
            self.differences.append(what)


def _journal_of(state: Any) -> list[Any]:
    """Return what a state's journals list, those of ended states before it first."""
    return [entry for journal in (*state.get("_former", ()), state["_"][2]) for entry in journal]
