"""Reading many candidate paths from one document quickly: a function for each shape of document that comes again.

A candidate whose path a document of this shape does not have cannot give a value, so it is left out, and what is left
is straight-line code: a tenth of the cost of looking at every candidate. Making such a function costs ten times as much as
looking at every candidate does once, so that it is made where a shape was seen a few times: bodies of one provider have
few, and whoever makes up a new one each time gains nothing. Documents of a new shape, and unusually wide ones, are read by
the function that looks at everything. What is remembered is bounded.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, Generic, NamedTuple, TypeVar

from schemas.providers.paths import Path, value_at
from schemas.providers.provider import SUBJECT_LENGTH_MAX

_PLANS_MAX: Final = 1_000
_SHAPES_MAX: Final = 10_000
"""Of which it is remembered how often they were seen."""
_SEEN_MIN: Final = 4
"""Times that a shape must be seen until a plan is made for it."""
_KEYS_MAX: Final = 64

Document = dict[str, Any]


class Plan(NamedTuple):
    """How to read documents of one shape."""

    values: Callable[[Document], tuple[Any, ...]]
    """Returns the text of each field (its first candidate that has one, else ""), then of the first place where a status
    may stand, then the value at the first place where a time may stand."""
    statuses: tuple[Callable[[Document], Any], ...]
    """Each looks where a status may stand."""
    times: tuple[Callable[[Document], Any], ...]
    """Each looks where a time may stand."""
    slots: tuple[int, ...] = ()
    """Which of `values` may be there at all."""


Shape = tuple[tuple[str, ...], tuple[Any, ...]]
"""Of a document its keys, and of each that may hold others that matter the keys below, or whether it is a list."""

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A mapping of what was used lately: at most so many, and as many again on their way to be forgotten."""

    def __init__(self, count_max: int) -> None:
        """Begin empty."""
        self._count_max = count_max
        self.now: dict[K, V] = {}
        """Looked at first, without a call, where each look counts."""
        self._before: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """Return what is remembered, for longer from now on; None where there is nothing."""
        value = self.now.get(key)
        if value is None:
            value = self._before.get(key)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: K, value: V) -> None:
        """Remember it, and forget what was not used since long."""
        if len(self.now) >= self._count_max:
            self._before, self.now = self.now, {}
        self.now[key] = value


def text_of(value: Any) -> str:
    """Return an id or word as text; "" for what cannot be one (objects, booleans, too long a text)."""
    kind = type(value)
    if kind is str:
        return value if len(value) <= SUBJECT_LENGTH_MAX else ""
    return str(value) if kind is int else ""


class FieldReader:
    """Reads the fields of a mapping from documents."""

    def __init__(self, paths: Mapping[str, tuple[Path, ...]], texts: Sequence[str]) -> None:
        """Prepare to read the fields `texts` (ids and words), `status` and `time`, by their candidates."""
        self._paths = paths
        self._texts = texts
        self._containers = frozenset(path[0] for name in paths for path in paths[name] if len(path) > 1)
        self._containers_of: Recent[tuple[str, ...], tuple[str, ...]] = Recent(_SHAPES_MAX)
        self._plans: Recent[Shape, Plan] = Recent(_PLANS_MAX)
        self._seen: Recent[Shape, int] = Recent(_SHAPES_MAX)
        self._everything = self._plan_for(None)

    def plan(self, document: Document) -> Plan:
        """Return how to read `document`."""
        keys = tuple(document)
        containers = self._containers_of.now.get(keys)
        if containers is None:
            if len(keys) > _KEYS_MAX:
                return self._everything
            containers = tuple([key for key in keys if key in self._containers])
            self._containers_of.put(keys, containers)
        below: tuple[Any, ...] = ()
        for key in containers:
            value = document[key]
            below = (*below, tuple(value) if type(value) is dict else type(value) is list)
        shape = (keys, below)
        return self._plans.now.get(shape) or self._plans.get(shape) or self._learn(shape, document)

    def _learn(self, shape: Shape, document: Document) -> Plan:
        """Return the plan of a shape that has none yet: its own from the time on when it has been seen often enough."""
        seen = (self._seen.get(shape) or 0) + 1
        if seen < _SEEN_MIN:
            self._seen.put(shape, seen)
            return self._everything
        plan = self._plan_for(document)
        self._plans.put(shape, plan)
        return plan

    def _plan_for(self, document: Document | None) -> Plan:
        """Make the plan of a document's shape; of None, the plan that looks at everything."""
        candidates = {name: self._candidates(name, document) for name in (*self._texts, "status", "time")}
        looks = {name: [_look(document, path) for path in paths] for name, paths in candidates.items()}
        texts = [looks[name] for name in self._texts]
        statuses, times = (tuple(_looker(document, p) for p in candidates[name]) for name in ("status", "time"))
        columns = [*texts, looks["status"][:1], looks["time"][:1]]
        slots = tuple(slot for slot, listed in enumerate(columns) if listed)
        return Plan(_compile(columns[:-1], columns[-1]), statuses, times, slots)

    def _candidates(self, name: str, document: Document | None) -> list[Path]:
        return [p for p in self._paths.get(name, ()) if document is None or _may_have(document, p)]


def _may_have(document: Document, path: Path) -> bool:
    """Return whether a document of this shape can have a value at `path` (its first two keys are there)."""
    if path[0] not in document:
        return False
    below = document[path[0]]
    return len(path) == 1 or type(below) is list or (type(below) is dict and path[1] in below)


def _look(document: Document | None, path: Path) -> str:
    """Return the expression that reads `path` from documents `d` of this shape. Keys come from configuration only."""
    if document is not None and len(path) == 1:
        return f"d[{path[0]!r}]"
    if document is not None and len(path) == 2 and type(document[path[0]]) is dict:  # noqa: PLR2004 - two keys
        return f"d[{path[0]!r}][{path[1]!r}]"
    return f"value_at(d, {path!r})"


def _looker(document: Document | None, path: Path) -> Callable[[Document], Any]:
    if document is not None and len(path) == 1:
        return itemgetter(path[0])
    return lambda d: value_at(d, path)


def _compile(texts: list[list[str]], value: list[str]) -> Callable[[Document], tuple[Any, ...]]:
    """Return the function that gives each field the text of its first candidate that has one, and `value` as it is."""
    lines = ["def values(d):"]
    for slot, looks in enumerate(texts):
        for i, look in enumerate(looks):
            indent = "    " * (i + 1)
            lines += [
                f"{indent}v = {look}",
                f"{indent}s{slot} = v if type(v) is str and len(v) <= {SUBJECT_LENGTH_MAX} else text_of(v)",
            ]
            if i + 1 < len(looks):
                lines.append(f"{indent}if not s{slot}:")
    slots = [f"s{slot}" if looks else "''" for slot, looks in enumerate(texts)]
    lines.append(f"    return ({', '.join([*slots, *value] if value else [*slots, 'None'])})")
    names: dict[str, Any] = {"value_at": value_at, "text_of": text_of}
    exec("\n".join(lines), names)  # noqa: S102 - generated above from configured paths, as literals
    values: Callable[[Document], tuple[Any, ...]] = names["values"]
    return values
