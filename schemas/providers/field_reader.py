"""Reading many candidate paths from one document quickly: a plan for each shape of document, made once.

A candidate whose path a document of this shape does not have cannot give a value, so a plan leaves it out. Bodies of
one provider have few shapes; plans are kept up to a bound, and an unusually wide document is read without one.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from schemas.providers.mapping import Path, value_at
from schemas.providers.provider import SUBJECT_LENGTH_MAX

_PLANS_MAX: Final = 1_000
_KEYS_MAX: Final = 64


class _Step(NamedTuple):
    """Look at one candidate: at `key`, or below it at `inner`, or (neither: None) along the whole `path`."""

    slot: int
    key: str
    inner: str | None
    path: Path | None


class Plan(NamedTuple):
    """What to look at in documents of one shape."""

    texts: tuple[_Step, ...]
    statuses: tuple[Path, ...]
    times: tuple[Path, ...]


def text_of(value: Any) -> str:
    """Return an id or word as text; "" for what cannot be one (objects, booleans, too long a text)."""
    kind = type(value)
    if kind is str:
        return value if len(value) <= SUBJECT_LENGTH_MAX else ""
    return str(value) if kind is int else ""


class FieldReader:
    """Reads the fields of a mapping from documents."""

    def __init__(self, paths: Mapping[str, tuple[Path, ...]], texts: Sequence[str]) -> None:
        """Prepare to read `texts` (fields with ids and words, one slot each), `status` and `time` by their candidates."""
        self._paths = paths
        self._texts = texts
        self._blank = [""] * len(texts)
        self._plans: dict[tuple[Any, ...], Plan] = {}
        self._everything = self._plan_for(None)

    def plan(self, document: dict[str, Any]) -> Plan:
        """Return what to look at in `document`."""
        if len(document) > _KEYS_MAX:
            return self._everything
        shape = (*document, *[tuple(v) if type(v) is dict else type(v) is list for v in document.values()])
        plan = self._plans.get(shape)
        if plan is None:
            if len(self._plans) >= _PLANS_MAX:
                self._plans.clear()
            plan = self._plans[shape] = self._plan_for(document)
        return plan

    def read(self, plan: Plan, document: dict[str, Any]) -> list[str]:
        """Return the text of each slot: its first candidate that has one, else ""."""
        found = self._blank.copy()
        for slot, key, inner, path in plan.texts:
            if found[slot]:
                continue
            if path is not None:
                value = value_at(document, path)
            elif inner is None:
                value = document[key]
            else:
                value = document[key][inner]
            if type(value) is str and len(value) <= SUBJECT_LENGTH_MAX:
                found[slot] = value
            elif type(value) is int:
                found[slot] = str(value)
        return found

    def _plan_for(self, document: dict[str, Any] | None) -> Plan:
        """Make the plan of a document's shape; of None, the plan that looks at everything."""
        texts = []
        for slot, name in enumerate(self._texts):
            for path in self._candidates(name, document):
                straight = document is not None and _is_straight(document, path)
                inner = path[1] if straight and len(path) > 1 else None
                texts.append(_Step(slot, path[0], inner, None if straight else path))
        statuses = tuple(self._candidates("status", document))
        return Plan(tuple(texts), statuses, tuple(self._candidates("time", document)))

    def _candidates(self, name: str, document: dict[str, Any] | None) -> list[Path]:
        return [p for p in self._paths.get(name, ()) if document is None or _may_have(document, p)]


def _may_have(document: dict[str, Any], path: Path) -> bool:
    """Return whether a document of this shape can have a value at `path` (its first two keys are there)."""
    if path[0] not in document:
        return False
    below = document[path[0]]
    if len(path) == 1:
        return True
    return type(below) is list or (type(below) is dict and path[1] in below)


def _is_straight(document: dict[str, Any], path: Path) -> bool:
    """Return whether `path` is one or two dictionary keys in documents of this shape."""
    return len(path) == 1 or (len(path) == 2 and type(document[path[0]]) is dict)  # noqa: PLR2004 - two keys
