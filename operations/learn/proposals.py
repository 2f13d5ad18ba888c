"""How the bodies of each shape may be read, from all captures together. Pure."""

import itertools
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from operations.learn import candidates
from operations.learn.candidates import Choice, Shape
from operations.learn.evidence import Repeats, evidence_of, is_id, own_name
from operations.learn.meanings import parts_of
from operations.learn.readings import Reading, reading_of
from operations.learn.rows import Row, rows_of
from operations.learn.shapes import Group
from operations.learn.statuses import other_array
from schemas.providers.condition import Condition
from schemas.providers.paths import Path, dotted_of
from schemas.providers.recipients import recipient_of
from schemas.status import RANK

ORDER: Final = (
    "status",
    "message_id",
    "time",
    "recipient",
    "event_id",
    "tracking_id",
    "connection_id",
    "client_ref",
    "campaign",
    "participant",
    "error_code",
    "error_title",
    "identities",
)
"""Fields that are looked for, in the order in which they are shown."""

_ENOUGH: Final = 3.0
_CLEARLY: Final = 2.5
"""Points by which an id must lead another that would make other messages."""
_SHOWN: Final = 4
_COMBINATIONS_MAX: Final = 1_000
_ALL_OF_OTHERS: Final = Condition((), "", ignored="inbound_message_status")


@dataclass(slots=True)
class Proposal:
    """How to read the bodies of one shape."""

    items: Path | None = None
    """The array that events are in; None: a body is one event (or an array of them)."""
    paths: dict[str, Path] = field(default_factory=dict)
    others: dict[str, list[Path]] = field(default_factory=dict)
    """Further places of a field, in order after its first."""
    choices: dict[str, list[Choice]] = field(default_factory=dict)
    """Field → the best places, best first."""
    when: list[Condition] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    """Provider's word → status, or → kind of what is no status."""
    unknown_words: list[str] = field(default_factory=list)
    samples: dict[Path, str] = field(default_factory=dict)
    """Place → one value of it, for people."""
    remark: str = ""
    """Why something cannot be said of these bodies."""
    expected: list[set[tuple[str, str]]] = field(default_factory=list)
    """For each body, the (message id, status) that it says by this proposal."""


class _Source(NamedTuple):
    """What is known over all shapes."""

    repeats: Repeats
    varied: Mapping[Path, int]
    total: int
    items: Path | None
    """The array that a person said the events are in."""


def proposals_for(
    groups: Sequence[Group], now_ms: int, given: Mapping[str, Path], items: Path | None = None
) -> list[Proposal]:
    """Return how each shape may be read.

    Args:
        groups: the bodies, by shape.
        now_ms: the time, UTC ms: no event is later.
        given: places that a person has settled: for the shapes that have them.
        items: the array that a person said the events are in.
    """
    readings = [reading_of(group, now_ms, given, items) for group in groups]
    pooled = [pair for reading in readings for pair in reading.pairs]
    words = [(row, status or row.text(reading.told.path)) for reading in readings for row, status in reading.pairs]
    repeats = Repeats([(row, word) for row, word in words if word])
    varied: dict[Path, set[str]] = defaultdict(set)
    for row, _ in pooled:
        for path in row.values:
            varied[path].add(row.text(path))
    source = _Source(repeats, {path: len(values) for path, values in varied.items()}, len(pooled), items)
    proposals = [_proposal(reading, source, now_ms, given) for reading in readings]
    if "message_id" not in given:
        _unify(proposals, readings)
    return proposals


def _unify(proposals: Sequence[Proposal], readings: Sequence[Reading]) -> None:
    """Take those ids, among the likely ones of each shape, under which the shapes tell of the fewest messages.

    A provider may report a message under one id first and under another later, with the first beside it.
    """
    texts = [_names_of(proposal, reading) for proposal, reading in zip(proposals, readings, strict=True)]
    asked = [number for number, names in enumerate(texts) if names]
    if len(asked) < 2 or math.prod(len(texts[number]) for number in asked) > _COMBINATIONS_MAX:  # noqa: PLR2004 - shapes
        return
    best = min(
        itertools.product(*(texts[number] for number in asked)),
        key=lambda paths: len(set[str]().union(*(texts[n][path] for n, path in zip(asked, paths, strict=True)))),
    )
    for number, path in zip(asked, best, strict=True):
        proposal, reading = proposals[number], readings[number]
        current = proposal.paths["message_id"]
        if path != current:
            proposal.paths["message_id"], proposal.paths["tracking_id"] = path, current
            _expect(proposal, reading.pairs, len(reading.group.documents))


def _names_of(proposal: Proposal, reading: Reading) -> dict[Path, frozenset[str]]:
    """Return the places that tell the same messages apart as the one chosen, which comes first, and the ids there."""
    chosen = proposal.paths.get("message_id")
    if chosen is None:
        return {}
    rows = [row for row, status in reading.pairs if status]
    own = [row.text(chosen) for row in rows]
    taken = {proposal.paths.get(name) for name in ("event_id", "recipient", "client_ref")}
    names = {chosen: frozenset(own)}
    for path in (choice.path for choice in proposal.choices.get("message_id", []) if choice.path not in taken):
        other = [row.text(path) for row in rows]
        if len(set(zip(own, other, strict=True))) == len(set(own)) == len(set(other)):
            names.setdefault(path, frozenset(other))
    return names


def _proposal(reading: Reading, source: _Source, now_ms: int, given: Mapping[str, Path]) -> Proposal:
    told = reading.told
    array = reading.array if told.points else ()
    pairs = reading.pairs or [(row, "") for row in rows_of(reading.group.documents, ())]
    proposal = Proposal(
        items=array or None, words=dict(told.words), unknown_words=list(told.unknown), when=list(told.when)
    )
    for row, _ in pairs:
        for path in row.values:
            proposal.samples.setdefault(path, str(row.values[path])[:60])
    if not told.points:
        return proposal
    other = other_array(reading.group.documents, array, now_ms) if source.items is None else None
    if other is not None:
        proposal.remark = (
            f"statuses with ids stand in {dotted_of(array) or 'the body itself'} and in {dotted_of(other)}: reading one would lose "
            "the other; say which with --items, or write the mapping for both"
        )
        return proposal
    evidence = evidence_of([row for row, _ in pairs], now_ms)
    shape = Shape(pairs, evidence, told.path, source.repeats, source.varied, source.total)
    if told.path is not None:
        proposal.paths["status"] = told.path
        proposal.choices["status"] = [Choice(told.path, told.points, "status words")]
    settled = {name: path for name, path in given.items() if path in proposal.samples}
    if any(meaning in RANK for meaning in told.words.values()) or told.when:
        _place_message(proposal, shape, settled)
    else:
        _choose(proposal, "connection_id", candidates.connections(shape, None, None), settled)
    proposal.paths.update(settled)
    theirs = _of_others([row for row, _ in pairs])
    if theirs == _ALL_OF_OTHERS:
        proposal.remark = "fromMe is false in all of them: whose messages these are cannot be told; let others come too"
        proposal.paths, proposal.when = {}, []
        return proposal
    if theirs is not None:
        proposal.when.append(theirs)
        pairs = [(row, "" if theirs.holds(row.values.get(theirs.path)) else status) for row, status in pairs]
    _expect(proposal, pairs, len(reading.group.documents))
    return proposal


def _of_others(rows: Sequence[Row]) -> Condition | None:
    """Return what tells a status of a message that a person wrote to us: `fromMe` is false there, and true elsewhere.

    `IsFromMe` of a receipt says whose the receipt is, and so the opposite: it is left alone.
    """
    for path in dict.fromkeys(path for row in rows for path in row.values):
        values = {row.values[path] for row in rows if type(row.values.get(path)) is bool}
        if parts_of(own_name(path)) == ["from", "me"] and False in values:
            theirs = Condition(path, "", equals=False, ignored="inbound_message_status")
            return theirs if True in values else _ALL_OF_OTHERS
    return None


def _place_message(proposal: Proposal, shape: Shape, given: Mapping[str, Path]) -> None:
    """Place the fields of a message's events, its id first: the others are judged by it."""
    found = candidates.ids(shape)
    if "message_id" not in given and _is_open(shape, found):
        proposal.remark = (
            f"{' and '.join('.'.join(c.path) for c in found[:2])} could both be the message's id: the captures are too few "
            "to tell; let several messages come with two statuses each, or say --field message_id=PATH"
        )
        return
    _choose(proposal, "message_id", found, given)
    message_id = proposal.paths.get("message_id")
    if message_id is None:
        proposal.remark = "no id of a message is found"
        return
    _add_changed_ids(proposal, shape, message_id)
    people = candidates.recipients(shape, message_id)
    _choose(proposal, "recipient", people, given)
    recipient = proposal.paths.get("recipient")
    _choose(proposal, "time", candidates.times(shape, message_id), given)
    _choose(proposal, "event_id", candidates.event_ids(shape), given)
    _choose(proposal, "connection_id", candidates.connections(shape, recipient, message_id), given)
    for name in ("tracking_id", "client_ref", "campaign", "participant"):
        _choose(proposal, name, candidates.references(shape, name, message_id), given)
    codes, titles = candidates.causes(shape)
    _choose(proposal, "error_code", codes, given)
    _choose(proposal, "error_title", titles, given)
    names = [c.path for c in people if c.path != recipient and c.path not in proposal.paths.values()]
    others = [
        path
        for path in names
        if {recipient_of(v)[1] for v in [proposal.samples[path]]} & {"lid", "bsuid", "parent_bsuid"}
    ]
    if others:
        proposal.paths["identities"], proposal.others["identities"] = others[0], others[1:]


def _is_open(shape: Shape, found: Sequence[Choice]) -> bool:
    """Return whether two ids that would make other messages of these events are equally likely."""
    if len(shape.rows) == 1 and len(found) > 1 and not candidates.is_called_its_id(found[0].path):
        return True  # nothing repeats or differs in one event: a name alone says which is the message's
    if len(found) < 2 or found[1].points < _ENOUGH or found[0].points - found[1].points >= _CLEARLY:  # noqa: PLR2004 - two
        return False
    first, second = ([row.text(choice.path) for row, _ in shape.rows] for choice in found[:2])
    if not any(shape.repeats.repeated(shape.rows, choice.path) for choice in found[:2]):
        return True  # each is new with every body: one of them may be the status's own
    if all(shape.same_for_all(choice.path) for choice in found[:2]):
        return True  # each is the same in every body: one of them may be the same for every message
    return len(set(zip(first, second, strict=True))) != len(set(first)) or len(set(first)) != len(set(second))


def _choose(proposal: Proposal, name: str, found: Sequence[Choice], given: Mapping[str, Path]) -> None:
    free = [choice for choice in found if choice.path not in proposal.paths.values() and choice.points >= _ENOUGH]
    proposal.choices[name] = free[:_SHOWN]
    if name in given:
        proposal.paths[name] = given[name]
    elif free and free[0].path not in given.values():
        proposal.paths[name] = free[0].path


def _add_changed_ids(proposal: Proposal, shape: Shape, message_id: Path) -> None:
    """Add as an alias the id beside it that is a message's id in other events: one message under two ids."""
    own = {row.text(message_id) for row, _ in shape.rows} - {""}
    for e in shape.evidence:
        if e.path in proposal.paths.values() or not all(map(is_id, e.values)) or e.times > 0.5:  # noqa: PLR2004 - most
            continue
        again = shape.repeats.repeated(shape.rows, e.path)
        is_another = again > 0.5 and not {str(v) for v in e.values} & own  # noqa: PLR2004 - most
        is_one_each = e.distinct >= len(own) / max(len(shape.rows), 1) and not shape.same_for_all(e.path)
        is_called_so = "id" in parts_of(own_name(e.path)) and not e.phones
        if is_another and is_called_so and is_one_each and candidates.is_of_message(shape, message_id, e.path):
            proposal.paths.setdefault("tracking_id", e.path)


def _expect(proposal: Proposal, pairs: Sequence[tuple[Row, str]], bodies: int) -> None:
    """Note what each body says by this proposal."""
    proposal.expected = [set() for _ in range(bodies)]
    message_id = proposal.paths.get("message_id")
    for row, status in pairs:
        if status in RANK and row.text(message_id):
            proposal.expected[row.body].add((row.text(message_id), status))
