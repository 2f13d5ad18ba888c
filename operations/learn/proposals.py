"""Where a shape keeps each field, proposed by names, values and formats, with the reasons. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from operations.learn.evidence import Evidence, meaning_of, name_parts
from operations.learn.shapes import Group, places
from operations.learn.vocabulary import DISCOURAGED, NAMES
from schemas.providers.paths import Path, value_at

ORDER: Final = (
    "status",
    "time",
    "recipient",
    "event_id",
    "tracking_id",
    "message_id",
    "connection_id",
    "client_ref",
    "campaign",
    "participant",
    "error_code",
    "error_title",
)
"""Fields in the order in which they choose: those that values give away first."""

_ENOUGH: Final = 7.0
_ENOUGH_FOR_NEEDED: Final = 3.0
_NEEDED: Final = frozenset({"status", "message_id"})
_FORMAT_POINTS: Final = 8.0
_SOME_WORDS: Final = 3.0
"""For any status word at all: a provider's others may be unknown."""
_AGAINST: Final = 6.0
_MOST: Final = 0.5
_SHOWN: Final = 4
_IDS: Final = ("message_id", "event_id", "tracking_id")


class Choice(NamedTuple):
    """A place that could hold a field."""

    path: Path
    points: float
    why: str


@dataclass(slots=True)
class Proposal:
    """How to read the bodies of one shape."""

    items: Path | None = None
    """Where the array of events is; () the body itself; None: a body is one event."""
    paths: dict[str, Path] = field(default_factory=dict)
    choices: dict[str, list[Choice]] = field(default_factory=dict)
    """Field → the best places, best first."""
    words: dict[str, str] = field(default_factory=dict)
    """Provider's word → status, or → `inbound_message`."""
    unknown_words: list[str] = field(default_factory=list)
    samples: dict[Path, str] = field(default_factory=dict)
    """Place → one value of it, for people."""


def propose(group: Group, now_ms: int, given: Mapping[str, Path] | None = None) -> Proposal:
    """Return how the bodies of one shape may be read.

    Args:
        group: the bodies.
        now_ms: the time, UTC ms: no event is later.
        given: places that a person has settled: for the shapes that have them.
    """
    proposal = Proposal(items=_items(group.documents, now_ms))
    evidence = _evidence(group.documents, proposal.items, now_ms)
    there = {e.path for e in evidence}
    given = {name: path for name, path in (given or {}).items() if path in there}
    proposal.samples = {e.path: str(e.values[0])[:60] for e in evidence if e.values}
    taken: set[Path] = set(given.values())
    for name in ORDER:
        ranked = sorted((_judged(name, e) for e in evidence), key=lambda choice: -choice.points)
        proposal.choices[name] = [choice for choice in ranked[:_SHOWN] if choice.points > 0]
        if name in given:
            proposal.paths[name] = given[name]
            continue
        enough = _ENOUGH_FOR_NEEDED if name in _NEEDED else _ENOUGH
        best = next((c for c in ranked if c.path not in taken and c.points >= enough), None)
        if best is not None:
            proposal.paths[name] = best.path
            taken.add(best.path)
    _read_words(proposal, evidence)
    return proposal


def _read_words(proposal: Proposal, evidence: Sequence[Evidence]) -> None:
    status = next((e for e in evidence if e.path == proposal.paths.get("status")), None)
    for word, _ in status.words().most_common() if status else ():
        meaning = meaning_of(word)
        if meaning:
            proposal.words[word] = meaning
        else:
            proposal.unknown_words.append(word)


def _items(documents: Sequence[Any], now_ms: int) -> Path | None:
    """Return the array whose elements hold the status words, where those say more than the rest of the body."""
    if documents and all(type(d) is list for d in documents):
        return ()
    arrays = {path for d in documents for path in _arrays_of_objects(d)}
    best, best_share = None, _status_share(_evidence(documents, None, now_ms, without=arrays))
    for path in sorted(arrays):
        share = _status_share(_evidence(documents, path, now_ms, only_elements=True))
        if share > best_share:
            best, best_share = path, share
    return best


def _arrays_of_objects(document: Any, path: Path = ()) -> list[Path]:
    if type(document) is not dict or len(path) > 4:  # noqa: PLR2004 - deeper arrays are no lists of events
        return []
    found = []
    for key, value in document.items():
        if type(value) is list and value and type(value[0]) is dict and "." not in key:
            found.append((*path, key))
        else:
            found += _arrays_of_objects(value, (*path, key))
    return found


def _status_share(evidence: Sequence[Evidence]) -> float:
    return max((e.statuses for e in evidence), default=0.0)


def _evidence(
    documents: Sequence[Any],
    items: Path | None,
    now_ms: int,
    *,
    without: set[Path] = frozenset(),  # type: ignore[assignment]  # never changed
    only_elements: bool = False,
) -> list[Evidence]:
    """Return what stands where in the events of these bodies, and around them."""
    values: dict[Path, list[Any]] = {}
    total = 0
    for document in documents:
        elements = [document] if items is None else value_at(document, items) or []
        total += len(elements)
        for element in elements if type(elements) is list else []:
            for path, value in places(element):
                values.setdefault(path, []).append(value)
        if items and not only_elements:
            for path, value in places(document):
                if path[: len(items)] != items:
                    values.setdefault(path, []).append(value)
    hidden = tuple(without)
    return [
        Evidence(path, found, now_ms, total)
        for path, found in values.items()
        if not any(path[: len(array)] == array for array in hidden)
    ]


def _judged(name: str, evidence: Evidence) -> Choice:
    """Return how much speaks for a place holding the field."""
    parts = name_parts(evidence.path)
    own_parts = name_parts(evidence.path[-1:])
    by_name = max((points for sets, points in NAMES[name] if all(parts & wanted for wanted in sets)), default=0)
    if by_name and not any(own_parts & wanted for sets, _ in NAMES[name] for wanted in sets):
        by_name = 0  # only what surrounds it is called so
    against = _AGAINST if parts & DISCOURAGED.get(name, frozenset()) else 0.0
    by_value, what = _by_value(name, evidence)
    reasons = [f"called {'.'.join(evidence.path)}"] if by_name else []
    reasons += [what] if by_value > 0 else []
    return Choice(evidence.path, by_name + by_value - against, ", ".join(reasons))


def _by_value(name: str, e: Evidence) -> tuple[float, str]:
    """Return (points, reason) of the values; clearly the wrong kind of value outweighs any name."""
    wrong = (-2 * _FORMAT_POINTS, "")
    if name == "time":
        return (_FORMAT_POINTS * e.times, "times") if e.times > _MOST else wrong
    if e.times > _MOST:
        return wrong
    if name == "status":
        return (_SOME_WORDS + (_FORMAT_POINTS - _SOME_WORDS) * e.statuses, "status words") if e.statuses else wrong
    if name == "recipient":
        return (_FORMAT_POINTS * e.phones, "numbers of people") if e.phones > _MOST else wrong
    if name in _IDS:
        is_possible = e.ids > _MOST and (name != "event_id" or e.distinct == 1)
        return (2 * e.ids + 2 * e.distinct - 3 * e.phones, "ids") if is_possible else wrong
    return 0.0, ""
