"""The events of a shape's bodies as rows: for each event, the values at every place that can be read of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from operations.learn.shapes import events_of, places
from schemas.providers.arrays import Arrays, Element, level_of
from schemas.providers.paths import EACH, Path, array_prefix, value_at
from schemas.providers.provider import PARTS_MAX

_SCALARS: Final = (str, int, float, bool, type(None))


@dataclass(frozen=True, slots=True)
class Row:
    """One event."""

    body: int
    """Which body it is in."""
    values: dict[Path, Any]
    """Place → its value; of an array inside the event, the first element's."""

    def text(self, path: Path | None) -> str:
        """Return the value at a place as text; "" where there is none."""
        value = self.values.get(path) if path is not None else None
        return str(value) if type(value) in (str, int) else ""


def arrays_in(documents: Sequence[Any]) -> list[Path]:
    """Return every array that events may lie in, () among them, the outer ones first."""
    found = {
        array_prefix(path) for document in documents for one in events_of(document) for path, _ in places(one, _SCALARS)
    }
    every = {path[:place] for path in found for place in range(1, len(path) + 1) if path[place - 1] == EACH}
    return [(), *sorted(every, key=lambda path: (path.count(EACH), path))]


def rows_of(documents: Sequence[Any], array: Path) -> list[Row]:
    """Return the events of bodies whose events lie in `array` (() for whole bodies)."""
    everywhere = list(
        dict.fromkeys(
            path for document in documents for one in events_of(document) for path, _ in places(one, _SCALARS)
        )
    )
    readable = [path for path in everywhere if _is_readable(path, array)]
    walker = Arrays([array], readable) if array else None
    rows: list[Row] = []
    for body, document in enumerate(documents):
        for one in events_of(document):
            elements = walker.elements(one, PARTS_MAX) if walker else [Element((), (one,))]
            rows += [Row(body, _values(readable, array, e.scopes)) for e in elements if e.path == array]
    return rows


def _is_readable(path: Path, array: Path) -> bool:
    """Return whether a place is the event's own, or of what surrounds it: not of another array, or another element."""
    own = array_prefix(path)
    return own == array[: len(own)] or own[: len(array)] == array


def _values(readable: Sequence[Path], array: Path, scopes: tuple[Any, ...]) -> dict[Path, Any]:
    values: dict[Path, Any] = {}
    for path in readable:
        level, steps = level_of(path, array) or (0, path)
        value = value_at(scopes[level], steps)
        if type(value) in _SCALARS and value is not None:
            values[path] = value
    return values
