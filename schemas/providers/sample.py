"""How a provider writes a body, for a body of our own making: what `recibo source test` sends. Pure.

Each provider's file has its own shape beside the code that reads it. For a provider that is read by a mapping, the
mapping is the shape (`sample_of`).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from schemas.event import rfc3339
from schemas.providers.mapping import FieldMapping
from schemas.providers.paths import EACH, Path, array_prefix
from schemas.status import RANK

RECIPIENT: Final = "5511900000001"
CONNECTION: Final = "recibo-test"


class Said(NamedTuple):
    """One thing that a body says."""

    message_id: str
    word: str
    """The status, in the provider's word."""
    at_ms: int


@dataclass(frozen=True, slots=True)
class Sample:
    """A provider's shape, as it is written."""

    document: Callable[[Sequence[Said]], Any]
    """What is said → the body's document: JSON, or the fields of a form."""
    words: Mapping[str, str]
    """Status → the provider's word for it; some statuses are enough, `delivered` among them."""
    several: bool = False
    """Whether one body may say several things."""
    one_status: bool = False
    """Whether all that one body says has the same status."""

    def body(self, content_type: str, message_id: str, status: str, at_ms: int) -> bytes:
        """Return the body that says that a message has a status since `at_ms` (UTC ms)."""
        return encoded(self.document([Said(message_id, self.words[status], at_ms)]), content_type)


def encoded(document: Any, content_type: str) -> bytes:
    """Return a document as the bytes of a body: a form, or JSON."""
    if content_type == "application/x-www-form-urlencoded":
        return urlencode(document).encode()
    return json.dumps(document, separators=(",", ":")).encode()


def sample_of(mapping: FieldMapping) -> Sample | None:
    """Return the shape that a mapping reads; None where it reads no message id or no word for a delivery yet."""
    words: dict[str, str] = {}
    for word, status in mapping.words.items():
        if status in RANK:
            words.setdefault(status, word)
    if "delivered" not in words or not mapping.paths.get("message_id") or not mapping.paths.get("status"):
        return None
    array = _array(mapping)
    one_status = bool(array) and array_prefix(mapping.paths["status"][0]) != array and array not in mapping.items
    return Sample(lambda said: _document(mapping, array, said), words, several=True, one_status=one_status)


def _array(mapping: FieldMapping) -> Path:
    """Return the array in which a body of this shape has its events; () where a body is one event, or an array itself."""
    return array_prefix(mapping.paths["message_id"][0]) or (mapping.items[0] if mapping.items else ())


def _document(mapping: FieldMapping, array: Path, said: Sequence[Said]) -> Any:
    around: dict[str, Any] = {}
    elements = [_element(mapping, array, one, around) for one in said]
    if not array:
        return elements[0] if len(elements) == 1 else elements
    if not around and len(elements) == 1 and array in mapping.items:
        return elements[0]
    _place(around, array, elements)
    return around


def _element(mapping: FieldMapping, array: Path, said: Said, around: dict[str, Any]) -> Any:
    """Return one event; what the mapping reads outside the array is put `around` it."""
    values = {
        "status": said.word,
        "event_id": f"evt_{said.message_id}_{said.word}",
        "time": rfc3339(said.at_ms),
        "connection_id": CONNECTION,
        "recipient": RECIPIENT,
        "message_id": said.message_id,
    }
    element: dict[str, Any] = {}
    for field, value in values.items():
        for path in mapping.paths.get(field, ()):
            if path == array and array:
                return value  # the array is of ids; what else is read stands around it
            inside = not array or path[: len(array)] == array
            if inside or (array in mapping.items and EACH not in path):
                placed = _place(element, path[len(array) :] if inside else path, value)
            else:
                placed = _place(around, path, value)
            if placed:
                break
    return element


def _place(document: dict[str, Any], path: Path, value: Any) -> bool:
    """Put `value` at `path` where nothing is in the way; say whether it could be. Arrays on the way get one element."""
    if any(key.isdecimal() for key in path):
        return False
    place: Any = document
    for place_of, key in enumerate(path[:-1]):
        if key == EACH:
            continue
        is_array = path[place_of + 1] == EACH
        if is_array and place_of + 2 == len(path):
            return type(place) is dict and place.setdefault(key, value) == value
        below = place.setdefault(key, [{}] if is_array else {}) if type(place) is dict else None
        place = below[0] if is_array and type(below) is list else below
        if type(place) is not dict:
            return False
    return bool(place.setdefault(path[-1], value) == value)
