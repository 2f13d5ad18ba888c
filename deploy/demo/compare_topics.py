"""Pure: holds the derived topics to the truth: every message, every event, every outcome, every count."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from deploy.demo.difference import Difference, bare, fields_that_differ
from deploy.demo.observed import Coordinate, Derived, Observed
from deploy.demo.said import RANKS
from deploy.demo.truth import Subject, Truth


def compare_topics(truth: Truth, observed: Observed) -> list[Difference]:
    """Return every way in which the derived topics contradict the truth."""
    return [
        *_compare_events("message.events", truth, observed.message_events, is_message=True),
        *_compare_events("connection.events", truth, observed.connection_events, is_message=False),
        *_compare_states("message.state", truth, observed.message_states, is_message=True),
        *_compare_states("connection.state", truth, observed.connection_states, is_message=False),
        *_never_downgraded(observed.message_states),
        *_compare_outcomes(truth, observed),
    ]


def subject_text(subject: Subject) -> str:
    """Return a subject as people look it up: `account/id`."""
    return f"{subject[0]}/{subject[1]}"


def _compare_events(where: str, truth: Truth, found: Iterable[Derived], *, is_message: bool) -> Iterable[Difference]:
    """Compare by (subject, id): a value may be there several times (at least once), never two values under one id."""
    by_id: dict[tuple[Subject, str], dict[str, Any]] = {}
    for record in found:
        value = bare(record.value)
        subject = (value["data"]["account"], value["subject"], is_message)
        known = by_id.setdefault((subject, value["id"]), value)
        name = subject_text(subject)
        if known != value:
            what = "; ".join(fields_that_differ(value, known))
            yield Difference(where, name, f"event {value['id']} has two values: {what}")
        if record.key != name.encode():
            yield Difference(where, name, f"event {value['id']} is keyed {record.key!r}")
    true = {key: bare(value) for key, value in truth.events.items() if key[0][2] == is_message}
    for (subject, event_id), value in true.items():
        known = by_id.pop((subject, event_id), {})
        if not known:
            yield Difference(where, subject_text(subject), f"event {event_id} ({value['data']['status']}) is missing")
        elif known != value:
            what = "; ".join(fields_that_differ(known, value))
            yield Difference(where, subject_text(subject), f"event {event_id}: {what}")
    for (subject, event_id), value in by_id.items():
        what = f"event {event_id} ({value['data']['status']}) is there and never happened"
        yield Difference(where, subject_text(subject), what)


def _compare_states(where: str, truth: Truth, found: Sequence[Derived], *, is_message: bool) -> Iterable[Difference]:
    """Compare the last value of each key, bookkeeping (`_…`) left out."""
    last = {record.key: record.value for record in found}
    for subject, history in truth.histories.items():
        if subject[2] != is_message:
            continue
        name = subject_text(subject)
        value = last.pop(name.encode(), None)
        if value is None:
            yield Difference(where, name, "is missing")
            continue
        public = {field: inner for field, inner in value.items() if not field.startswith("_")}
        wrong = fields_that_differ(bare(public), bare(history.state()))
        if wrong:
            yield Difference(where, name, "; ".join(wrong))
    for key in last:
        yield Difference(where, key.decode(errors="replace"), "is there, and nothing was ever said of it")


def _never_downgraded(states: Sequence[Derived]) -> Iterable[Difference]:
    """Look at every value a message ever had: its status may only rise."""
    highest: dict[bytes, str] = {}
    for record in states:
        if record.value is None:
            continue
        status = record.value["status"]
        before = highest.get(record.key, status)
        if RANKS[status] < RANKS[before]:
            name = record.key.decode(errors="replace")
            yield Difference("message.state", name, f"its status went down from {before} to {status}")
        else:
            highest[record.key] = status


def _compare_outcomes(truth: Truth, observed: Observed) -> Iterable[Difference]:
    """Every processed coordinate has exactly one outcome, and it is the true one."""
    found: dict[Coordinate, set[tuple[str, str]]] = defaultdict(set)
    for event in (*observed.message_events, *observed.connection_events):
        data = event.value["data"]
        found[Coordinate(data["raw"]["partition"], data["raw"]["offset"])].add((data["outcome"], event.value["id"]))
    for record in observed.set_aside:
        value = record.value
        at = Coordinate(value["partition"], value["offset"])
        found[at].add((value["outcome"], value.get("event_id", "")))
        if at in truth.keys and truth.keys[at] != record.key:
            yield Difference("webhook.set_aside", f"{at.partition}:{at.offset}", f"is keyed {record.key!r}")
    for at, true in truth.outcomes.items():
        outcomes = found.pop(at, set())
        if outcomes != {true}:
            name = f"{truth.keys[at].decode()} at {at.partition}:{at.offset}"
            yield Difference("outcome", name, f"is {sorted(outcomes) or 'missing'}, the truth is {true}")
    for at, outcomes in found.items():
        yield Difference(
            "outcome", f"{at.partition}:{at.offset}", f"is {sorted(outcomes)} of no record that was posted"
        )
