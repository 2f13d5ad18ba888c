"""Paths into documents: dotted keys, with `[]` for every element of an array (`entry[].changes[].value.statuses[].id`).

In a tuple an array's step is `EACH`; a number is the one element at that place, in arrays that never have more.
"""

from collections.abc import Iterator
from typing import Any, Final

EACH: Final = "[]"
Path = tuple[str, ...]


def path_of(dotted: str) -> Path:
    """Return a written path as its steps. `[].id`, of a body that is an array, is `id` of each of its elements."""
    steps: list[str] = []
    for part in dotted.split("."):
        key, arrays = part, 0
        while key.endswith(EACH):
            key, arrays = key[: -len(EACH)], arrays + 1
        if key or not arrays or steps:
            steps.append(key)
        steps += [EACH] * (arrays if steps else 0)
    return tuple(steps)


def dotted_of(path: Path) -> str:
    """Return a path as it is written."""
    text = ""
    for step in path:
        text += step if step == EACH or not text else f".{step}"
    return text


def value_at(document: Any, path: Path) -> Any:
    """Return what stands at `path`, or None. Of an array walked by `[]`, the first element's that has a value."""
    for place, key in enumerate(path):
        if type(document) is dict:
            document = document.get(key)
        elif type(document) is not list:
            return None
        elif key == EACH:
            return _first(document, path[place + 1 :])
        elif key.isdecimal() and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return document


def _first(array: list[Any], path: Path) -> Any:
    found = None
    for element in array:
        value = value_at(element, path)
        if value not in (None, ""):
            return value
        found = value if found is None else found
    return found


def values_at(document: Any, path: Path) -> Iterator[Any]:
    """Return every value at `path`, all elements of its arrays walked."""
    for place, key in enumerate(path):
        if type(document) is dict and key in document:
            document = document[key]
        elif type(document) is list and key == EACH:
            for element in document:
                yield from values_at(element, path[place + 1 :])
            return
        elif type(document) is list and key.isdecimal() and int(key) < len(document):
            document = document[int(key)]
        else:
            return
    yield document


def array_prefix(path: Path) -> Path:
    """Return the part of a path that ends with its last array; () where it walks none."""
    return path[: len(path) - path[::-1].index(EACH)] if EACH in path else ()


def prefixes(path: Path) -> list[int]:
    """Return where the arrays of a path end: 0 for the document, then one for each `[]`."""
    return [0, *(place + 1 for place, key in enumerate(path) if key == EACH)]


def left_out(document: Any, path: Path) -> int:
    """Return how many elements an array has, of which a path reads one by its place; 0 where none is left out."""
    for key in path:
        if type(document) is dict:
            document = document.get(key)
        elif type(document) is list and key.isdecimal():
            if len(document) > 1:
                return len(document)
            document = document[int(key)] if int(key) < len(document) else None
        else:
            return 0
    return 0
