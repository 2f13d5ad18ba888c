"""Walking the arrays that hold a body's events, at any depth, and wrapping one element as if it had come alone.

Every element that is reached is found, so none is dropped in silence: one in which a deeper array has elements stands
for those, any other (a change without statuses, say) is an element itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from schemas.providers.paths import EACH, Path, prefixes, value_at
from schemas.providers.reading import dump

_AROUND_BYTES_MAX: Final = 4_096
"""What surrounds an array is repeated in every part as it is up to this size."""


class Element(NamedTuple):
    """One event of a body."""

    path: Path
    """The arrays it lies in; () where it is the whole body."""
    scopes: tuple[Any, ...]
    """The body (or, where that is an array, its element), then what holds the event in each array, last the event."""


@dataclass(slots=True)
class _Node:
    """A place on the way to an array."""

    keys: "dict[str, _Node]" = field(default_factory=dict)
    each: "_Node | None" = None
    holds_ids: bool = False
    """Whether texts and numbers in this array are events themselves (ids)."""


class Arrays:
    """The arrays of a mapping's events."""

    def __init__(self, arrays: Iterable[Path], read: Iterable[Path]) -> None:
        """Prepare to walk `arrays`, each ending with its `[]`; `read` are all paths that are read of events."""
        self._root = _Node()
        self._read = tuple(dict.fromkeys(read))
        ids = {path for path in self._read if path and path[-1] == EACH}
        for path in arrays:
            node = self._root
            for place, key in enumerate(path, 1):
                if key == EACH:
                    node.holds_ids = node.holds_ids or path[:place] in ids
                    node.each = node.each or _Node()
                    node = node.each
                else:
                    node = node.keys.setdefault(key, _Node())
        self.first_keys = frozenset(self._root.keys)
        self._only = _only_array(self._root)

    def elements(self, document: Any, at_most: int) -> list[Element]:
        """Return the events of a body, in order; no more than `at_most` and one."""
        if self._only is not None and type(document) is dict:
            return self._elements_of_only(document)
        found: list[Element] = []
        for one in document if type(document) is list and document else (document,):
            _reach(self._root, one, (), (), found)
            if len(found) > at_most:
                break
        return found

    def _elements_of_only(self, document: dict[str, Any]) -> list[Element]:
        """Return the events of a body where the mapping has one array and no deeper one: as `_reach` finds them."""
        path, node = self._only  # type: ignore[misc]  # there is one
        value: Any = document
        for key in path[:-1]:
            value = value.get(key) if type(value) is dict else None
        if not _is_walked(node, value):
            return [Element((), (document,))]
        return [Element(path, (document, element)) for element in value]

    def wrapped(self, document: Any, elements: Iterable[Element]) -> Iterator[bytes]:
        """Return for each element the body that says nothing but it."""
        is_array = type(document) is list
        known: dict[int, Any] = {}
        path: Path = ()
        ends = [0]
        for element in elements:
            inner = element.scopes[-1]
            if element.path is not path:
                path, ends = element.path, prefixes(element.path)
            for level in range(len(ends) - 2, -1, -1):
                scope, segment = element.scopes[level], element.path[ends[level] : ends[level + 1]]
                around = known.get(id(scope))
                if around is None:
                    around = known[id(scope)] = self._around(scope, element.path[: ends[level]])
                inner = _with(around, segment, inner)
            yield dump([inner] if is_array else inner)

    def _around(self, scope: Any, path: Path) -> Any:
        """Return what every part repeats of a scope: all that surrounds its arrays, or, where that is much, only what
        the mapping reads, so that parts together do not outgrow their body by more than a little each.
        """
        node = self._node(path)
        bare = _bare(node, scope)
        if type(bare) is not dict or len(dump(bare)) <= _AROUND_BYTES_MAX:
            return bare
        kept: dict[str, Any] = {}
        for whole in self._read:
            steps = whole[len(path) :] if path and whole[: len(path)] == path else whole
            value = value_at(bare, steps)
            if EACH in steps or value in (None, ""):
                continue
            if type(value) in (dict, list):
                value = True  # all that can be read of it is that it is there
            if len(str(value)) <= _AROUND_BYTES_MAX:
                _place(kept, steps, value)
        return kept

    def _node(self, path: Path) -> _Node:
        node = self._root
        for key in path:
            following = node.each if key == EACH else node.keys.get(key)
            assert following is not None, "the path was walked"
            node = following
        return node


def _only_array(root: _Node) -> tuple[Path, _Node] | None:
    """Return the array of a tree that has no other, and its place in it; None where there are several, or deeper ones."""
    node, path = root, Path()
    while len(node.keys) == 1 and node.each is None:
        ((key, node),) = node.keys.items()
        path = (*path, key)
    if path and node.each is not None and not (node.keys or node.each.keys or node.each.each):
        return (*path, EACH), node
    return None


def _reach(node: _Node, element: Any, path: Path, scopes: tuple[Any, ...], found: list[Element]) -> None:
    """Add an element, or the elements of the arrays in it."""
    before = len(found)
    if node.keys or node.each:
        _descend(node, element, path, (*scopes, element), found)
    if len(found) == before:
        found.append(Element(path, (*scopes, element)))


def _descend(node: _Node, value: Any, path: Path, scopes: tuple[Any, ...], found: list[Element]) -> None:
    if type(value) is dict:
        for key, below in node.keys.items():
            if key in value:
                _descend(below, value[key], (*path, key), scopes, found)
    elif _is_walked(node, value):
        path = (*path, EACH)
        if not (node.each.keys or node.each.each):  # type: ignore[union-attr]  # said by _is_walked
            found += [Element(path, (*scopes, element)) for element in value]
            return
        for element in value:
            _reach(node.each, element, path, scopes, found)  # type: ignore[arg-type]  # said by _is_walked


def _is_walked(node: _Node, value: Any) -> bool:
    """Return whether a value is an array of events: one of texts alone is none, unless ids are read there."""
    if node.each is None or type(value) is not list or not value:
        return False
    return node.holds_ids or type(value[0]) is dict or any(type(v) in (dict, list) for v in value)


def _bare(node: _Node, value: Any) -> Any:
    """Return a value without the arrays of events in it."""
    if type(value) is not dict or not node.keys:
        return value
    bare = {}
    for key, inner in value.items():
        below = node.keys.get(key)
        if below is None:
            bare[key] = inner
        elif not _is_walked(below, inner):
            bare[key] = _bare(below, inner)
    return bare


def _with(around: Any, segment: Path, inner: Any) -> Any:
    """Return `around` with an array that holds `inner` alone at `segment`, which ends with its `[]`."""
    if segment[0] == EACH:
        return [inner]
    below = around.get(segment[0]) if type(around) is dict else None
    return {**(around if type(around) is dict else {}), segment[0]: _with(below, segment[1:], inner)}


def _place(document: dict[str, Any], path: Path, value: Any) -> None:
    """Put `value` at `path`, making the objects on the way; a place taken by a value is left as it is."""
    for key in path[:-1]:
        document = document.setdefault(key, {})
        if type(document) is not dict:
            return
    if path:
        document.setdefault(path[-1], value)


def level_of(path: Path, element: Path) -> tuple[int, Path] | None:
    """Return (which scope of an element a path is read from, the path from there); None where it names no array that the
    element lies in, so that it is looked for in every scope.
    """
    ends = prefixes(element)
    for level in range(len(ends) - 1, 0, -1):
        if path[: ends[level]] == element[: ends[level]]:
            return level, path[ends[level] :]
    return None
