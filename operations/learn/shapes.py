"""Bodies grouped by shape: two bodies that keep their values in the same places are of one shape. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from schemas.providers.paths import Path

_DEPTH_MAX: Final = 8
_PLACES_MAX: Final = 300
_VALUE_TYPES: Final = (str, int, float)

Shape = tuple[Path, ...]
"""The places of a body's values, sorted; every array is looked into at its first element only."""


@dataclass(slots=True)
class Group:
    """Bodies of one shape."""

    shape: Shape
    documents: list[Any] = field(default_factory=list)


def places(document: Any, depth: int = 0) -> Iterator[tuple[Path, Any]]:
    """Return (path, value) of every text and number that a mapping's path can name, depth first."""
    if depth > _DEPTH_MAX:
        return
    if type(document) is dict:
        for key, value in document.items():
            if key and "." not in key:
                yield from _below(key, value, depth)
    elif type(document) is list and document:
        yield from _below("0", document[0], depth)


def _below(key: str, value: Any, depth: int) -> Iterator[tuple[Path, Any]]:
    if type(value) in _VALUE_TYPES:
        yield (key,), value
    else:
        for path, inner in places(value, depth + 1):
            yield (key, *path), inner


def shape_of(document: Any) -> Shape:
    """Return the shape of a body. Values that are null or boolean do not count: they are there or not by chance."""
    found = {path for _, (path, _) in zip(range(_PLACES_MAX), places(document), strict=False)}
    return tuple(sorted(found))


def grouped(documents: Iterable[Any]) -> list[Group]:
    """Return the bodies by shape, the most frequent shape first.

    A body that has some places of another shape and no others is of that one: optional fields make no shape.
    """
    groups: dict[Shape, Group] = {}
    for document in documents:
        shape = shape_of(document)
        groups.setdefault(shape, Group(shape)).documents.append(document)
    merged: list[Group] = []
    for group in sorted(groups.values(), key=lambda g: -len(g.shape)):
        wider = next((m for m in merged if group.shape and _is_variant(group.shape, m.shape)), None)
        if wider is None:
            merged.append(group)
        else:
            wider.documents += group.documents
    return sorted(merged, key=lambda g: -len(g.documents))


def _is_variant(narrow: Shape, wide: Shape) -> bool:
    """Return whether a shape is the other with a few fields left out."""
    return set(narrow) <= set(wide) and len(narrow) * 2 >= len(wide)
