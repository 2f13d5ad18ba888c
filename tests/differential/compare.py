"""Holds what was published to what the naive implementation says, record by record and fact by fact."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from schemas.event import RawReference, encode_cloud_event
from tests.differential.naive import Fields, Naive, Outcome, Place, connection, message

PUBLISHED: Final = ("advanced", "filled")
_OURS: Final = ("_", "_former", "generation", "latest")
"""Bookkeeping, and what only repeats another field."""
_NAMED: Final = ("source", "account", "request_id", "index")


@dataclass
class Published:
    """The derived topics of a log, in no order but that of their keys."""

    events: list[tuple[bytes, Any]] = field(default_factory=list)
    set_aside: list[tuple[bytes, Any]] = field(default_factory=list)
    messages: dict[bytes, bytes] = field(default_factory=dict)
    """Key → the last value of `message.state`."""
    connections: dict[bytes, bytes] = field(default_factory=dict)
    every: dict[tuple[bytes, int], bytes] = field(default_factory=dict)
    """Key and anchor → the last value of each state that a message had; empty where that was not looked at."""


def differences(naive: Naive, published: Published, at_ms: dict[Place, int]) -> Iterator[str]:
    """Yield every way in which the topics are not what the naive implementation says.

    Args:
        naive: which has read the whole log.
        published: what is in the topics.
        at_ms: place of a raw record → its append time.
    """
    wanted = naive.outcomes
    seen: Counter[Place] = Counter()
    for key, event in published.events:
        raw = event["data"]["raw"]
        place = raw["partition"], raw["offset"]
        seen[place] += 1
        yield from _event(place, key, event, wanted.get(place), at_ms.get(place, 0))
    for key, aside in published.set_aside:
        place = aside["partition"], aside["offset"]
        seen[place] += 1
        yield from _aside(place, key, aside, wanted.get(place))
    for place, outcome in wanted.items():
        if seen[place] != 1:
            yield f"{_where(place)}: {seen[place]} outcomes, and {outcome.outcome} once is right"
    yield from _states("message", naive, published.messages)
    yield from _states("connection", naive, published.connections)
    if published.every:
        yield from _ended(naive, published)


def _event(place: Place, key: bytes, event: Any, wanted: Outcome | None, at_ms: int) -> Iterator[str]:
    if wanted is None or wanted.event is None or wanted.stamp is None or wanted.outcome not in PUBLISHED:
        said = wanted.outcome if wanted else "nothing"
        yield f"{_where(place)}: published as {event['data']['outcome']}, and {said} is right"
        return
    stamp, raw = wanted.stamp, RawReference(*place, at_ms)
    right = json.loads(encode_cloud_event(wanted.event, wanted.outcome, stamp.request_id, stamp.index, raw))
    if (key, event) != (wanted.key, right):
        wrong = {n: (v, right["data"].get(n)) for n, v in event["data"].items() if v != right["data"].get(n)}
        yield f"{_where(place)}: event {event['id']} differs: {wrong or 'beside its data'}"


def _aside(place: Place, key: bytes, aside: Any, wanted: Outcome | None) -> Iterator[str]:
    if wanted is None or aside["outcome"] != wanted.outcome or key != wanted.key:
        yield f"{_where(place)}: set aside as {aside['outcome']}, and {wanted.outcome if wanted else 'nothing'} is right"
        return
    if wanted.context is not None and wanted.stamp is not None:
        context, stamp = wanted.context, wanted.stamp
        right = (context.source, context.account, stamp.request_id, stamp.index)
        if tuple(aside[name] for name in _NAMED) != right:
            yield f"{_where(place)}: set aside of another record: {aside}"
        if aside.get("event_id", "") != (wanted.event.id if wanted.event else ""):
            yield f"{_where(place)}: set aside with event id {aside.get('event_id')!r}"


def _states(what: str, naive: Naive, found: dict[bytes, bytes]) -> Iterator[str]:
    lives = naive.messages if what == "message" else naive.connections
    for key in sorted(lives.keys() | found.keys()):
        if key not in found or key not in lives:
            yield f"{what} {key!r}: {'no state' if key in lives else 'a state of nothing'}"
            continue
        life = lives[key]
        right = message(life.events, life.anchor_ms) if what == "message" else connection(life)
        yield from facts_that_differ(f"{what} {key!r}", json.loads(found[key]), right)


def _ended(naive: Naive, published: Published) -> Iterator[str]:
    """Yield how a message's states differ, those too that ended at the horizon."""
    right = {(life.key, life.anchor_ms): life for life in naive.lives if life.events[0].message_id}
    for place in sorted(right.keys() | published.every.keys()):
        if place not in right or place not in published.every:
            yield f"state {place}: {'not written' if place in right else 'nobody had it'}"
            continue
        facts = message(right[place].events, place[1])
        yield from facts_that_differ(f"state {place}", json.loads(published.every[place]), facts)


def facts_that_differ(where: str, found: Fields, right: Fields) -> Iterator[str]:
    """Yield each fact that is not the right one."""
    for name in sorted((found.keys() | right.keys()) - set(_OURS)):
        if (found.get(name) or None) != (right.get(name) or None):
            yield f"{where}: {name} is {found.get(name)!r}, and {right.get(name)!r} is right"


def _where(place: Place) -> str:
    return f"record {place[0]}:{place[1]}"
