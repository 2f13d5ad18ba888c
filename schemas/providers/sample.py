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
from schemas.providers.mapping import FieldMapping, Path
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
    """Return the shape that a mapping reads; None where it reads no message id or no delivery yet."""
    words: dict[str, str] = {}
    for word, status in mapping.words.items():
        if status in RANK:
            words.setdefault(status, word)
    if "delivered" not in words or not mapping.paths.get("message_id") or not mapping.paths.get("status"):
        return None
    return Sample(lambda said: _document(mapping, said), words, several=True)


def _document(mapping: FieldMapping, said: Sequence[Said]) -> Any:
    elements = [_element(mapping, one) for one in said]
    if len(elements) == 1:
        return elements[0]
    if not mapping.items:
        return elements
    document: dict[str, Any] = {}
    _place(document, mapping.items[0], elements)
    return document


def _element(mapping: FieldMapping, said: Said) -> dict[str, Any]:
    values = {
        "message_id": said.message_id,
        "status": said.word,
        "event_id": f"evt_{said.message_id}_{said.word}",
        "time": rfc3339(said.at_ms),
        "connection_id": CONNECTION,
        "recipient": RECIPIENT,
    }
    element: dict[str, Any] = {}
    for field, value in values.items():
        for path in mapping.paths.get(field, ()):
            if _place(element, path, value):
                break
    return element


def _place(document: dict[str, Any], path: Path, value: Any) -> bool:
    """Put `value` at `path` where nothing is in the way; say whether it could be."""
    if any(key.isdecimal() for key in path):
        return False
    place: Any = document
    for key in path[:-1]:
        place = place.setdefault(key, {})
        if not isinstance(place, dict):
            return False
    return bool(place.setdefault(path[-1], value) == value)
