"""A sample's body with one field more, and with each of its fields missing."""

import json
from collections.abc import Iterator
from typing import Any

from tests.support.samples import Sample


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return where every field of a document is, down to the innermost; of an array the first element is looked into."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield (*path, key)
            yield from places(value, (*path, key))
    elif isinstance(document, list) and document:
        yield from places(document[0], (*path, 0))


def without(document: Any, path: tuple[Any, ...]) -> Any:
    """Return the document with one field missing."""
    key, *rest = path
    if isinstance(document, list):
        return [without(document[0], tuple(rest)), *document[1:]]
    if rest:
        return {**document, key: without(document[key], tuple(rest))}
    return {name: value for name, value in document.items() if name != key}


def with_one_more(document: Any) -> Any:
    """Return the document with a field nobody knows in each of its objects."""
    if isinstance(document, dict):
        return {**{name: with_one_more(value) for name, value in document.items()}, "one_more_field": [1]}
    return [with_one_more(value) for value in document] if isinstance(document, list) else document


def variants(sample: Sample) -> list[bytes]:
    """Return the body with one more field, and with each of its fields missing, however deep."""
    if sample.file.endswith(".form"):
        pairs = sample.body.split(b"&")
        fewer = [b"&".join(pair for pair in pairs if pair is not left_out) for left_out in pairs]
        return [sample.body + b"&OneMoreField=1", *fewer]
    document = json.loads(sample.body)
    changed = [with_one_more(document), *(without(document, path) for path in places(document))]
    return [json.dumps(one).encode() for one in changed]
