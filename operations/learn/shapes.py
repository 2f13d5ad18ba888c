"""Bodies grouped by shape: two bodies that keep their values in the same places are of one shape. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from schemas.providers.paths import EACH, Path

_DEPTH_MAX: Final = 10
_PLACES_MAX: Final = 300
_VALUE_TYPES: Final = (str, int, float)

Shape = tuple[Path, ...]
"""The places of a body's values, sorted; `[]` stands for every element of an array."""


@dataclass(slots=True)
class Group:
    """Bodies of one shape."""

    shape: Shape
    documents: list[Any] = field(default_factory=list)


def places(document: Any, types: tuple[type, ...] = _VALUE_TYPES, depth: int = 0) -> Iterator[tuple[Path, Any]]:
    """Return (path, value) of every text and number that a mapping's path can name, all elements of arrays included."""
    if depth > _DEPTH_MAX:
        return
    if type(document) is dict:
        for key, value in document.items():
            if key and "." not in key and not key.endswith(EACH):
                yield from _below(key, value, types, depth)
    elif type(document) is list:
        for value in document:
            yield from _below(EACH, value, types, depth)


def _below(key: str, value: Any, types: tuple[type, ...], depth: int) -> Iterator[tuple[Path, Any]]:
    if type(value) in types:
        yield (key,), value
    else:
        for path, inner in places(value, types, depth + 1):
            yield (key, *path), inner


def events_of(document: Any) -> list[Any]:
    """Return a body, or the elements of one that is an array: what paths begin from."""
    return document if type(document) is list else [document]


def shape_of(document: Any) -> Shape:
    """Return the shape of a body. Values that are null or boolean do not count: they are there or not by chance."""
    found: set[Path] = set()
    for one in events_of(document)[:_PLACES_MAX]:
        found.update(path for _, (path, _) in zip(range(_PLACES_MAX), places(one), strict=False))
    return tuple(sorted(found))


def grouped(documents: Iterable[Any]) -> list[Group]:
    """Return the bodies by shape, the most frequent shape first.

    A body that has some places of another shape and no others is of that one: optional fields make no shape.
    """
    groups: dict[tuple[bool, Shape], Group] = {}
    for document in documents:
        shape = shape_of(document)
        groups.setdefault((type(document) is list, shape), Group(shape)).documents.append(document)
    merged: list[tuple[bool, Group]] = []
    for (is_array, _), group in sorted(groups.items(), key=lambda g: -len(g[1].shape)):
        wider = next(
            (m for kind, m in merged if kind == is_array and group.shape and _is_variant(group.shape, m.shape)), None
        )
        if wider is None:
            merged.append((is_array, group))
        else:
            wider.documents += group.documents
    return sorted((group for _, group in merged), key=lambda g: -len(g.documents))


def _is_variant(narrow: Shape, wide: Shape) -> bool:
    """Return whether a shape is the other with a few fields left out."""
    return set(narrow) <= set(wide) and len(narrow) * 2 >= len(wide)
