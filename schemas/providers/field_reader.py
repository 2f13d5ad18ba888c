"""Reading many candidate paths from one document quickly: a function for each shape of document, made once.

A candidate whose path a document of this shape does not have cannot give a value, so it is left out, and what is left
is straight-line code: a tenth of the cost of looking at every candidate. Bodies of one provider have few shapes;
functions are kept up to a bound, and an unusually wide document is read by the one that looks at everything.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple

from schemas.providers.paths import Path, value_at
from schemas.providers.provider import SUBJECT_LENGTH_MAX

_PLANS_MAX: Final = 1_000
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


class _Shapes(NamedTuple):
    """Documents of the same keys: which of these may hold others that matter, and the plan for each of their shapes."""

    containers: tuple[str, ...]
    plans: dict[tuple[Any, ...], Plan]


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
        self._shapes: dict[tuple[str, ...], _Shapes] = {}
        self._everything = self._plan_for(None)

    def plan(self, document: Document) -> Plan:
        """Return how to read `document`."""
        keys = tuple(document)
        known = self._shapes.get(keys)
        if known is None:
            if len(keys) > _KEYS_MAX:
                return self._everything
            known = _Shapes(tuple(key for key in keys if key in self._containers), {})
            _remember(self._shapes, keys, known)
        below: tuple[Any, ...] = ()
        for key in known.containers:
            value = document[key]
            below = (*below, tuple(value) if type(value) is dict else type(value) is list)
        plan = known.plans.get(below)
        if plan is None:
            plan = self._plan_for(document)
            _remember(known.plans, below, plan)
        return plan

    def _plan_for(self, document: Document | None) -> Plan:
        """Make the plan of a document's shape; of None, the plan that looks at everything."""
        candidates = {name: self._candidates(name, document) for name in (*self._texts, "status", "time")}
        looks = {name: [_look(document, path) for path in paths] for name, paths in candidates.items()}
        texts = [looks[name] for name in self._texts]
        statuses, times = (tuple(_looker(document, p) for p in candidates[name]) for name in ("status", "time"))
        return Plan(_compile([*texts, looks["status"][:1]], looks["time"][:1]), statuses, times)

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


def _remember(known: dict[Any, Any], shape: Any, what: Any) -> None:
    """Keep what was made for a shape, in bounded memory."""
    if len(known) >= _PLANS_MAX:
        known.clear()
    known[shape] = what
