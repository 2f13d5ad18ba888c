"""A parser of JSON bodies, made of the two pure functions a provider's file gives."""

from collections.abc import Callable, Sequence
from typing import Any

from schemas.event import Event, Normalized, Pairing, Unmapped
from schemas.providers.learned import Learned
from schemas.providers.mapping import FieldMapping
from schemas.providers.provider import NOBODY, PARTS_MAX, Parser, Part
from schemas.providers.reading import dump, load
from schemas.record import SourceContext

Read = Callable[[dict[str, Any], SourceContext, int], Normalized]
"""What a document with one event says: (document, context, received-at UTC ms) → event, ignored or unmapped."""

Explode = Callable[[dict[str, Any]], Sequence[dict[str, Any]]]
"""The documents, one for each event, of a document with several; empty where there is but one (or none)."""


def subject_of(normalized: Normalized) -> str | None:
    """Return what a record is keyed by: its message, else its connection; None where it is no event."""
    event = normalized.logout if isinstance(normalized, Pairing) else normalized
    return (event.message_id or event.connection_id) if isinstance(event, Event) else None


class JsonParser:
    """Reads a provider's JSON. The key of a part is by construction the id that `normalize` will find in it."""

    def __init__(self, read: Read, explode: Explode | None = None) -> None:
        """Make a parser of `read`, and of `explode` for a provider that puts several events into one body."""
        self._read = read
        self._explode = explode

    def split(self, body: bytes, content_type: str) -> Sequence[Part]:
        """Return the events of a body (see `Parser.split`)."""
        document = load(body)
        if type(document) is not dict:
            return [Part(None, body)]
        several = self._explode(document) if self._explode else ()
        if len(several) > PARTS_MAX:
            return [Part(None, body)]
        if several:
            return [Part(self._subject(one), dump(one)) for one in several]
        return [Part(self._subject(document), body)]

    def normalize(self, body: bytes, context: SourceContext, received_at_ms: int) -> Normalized:
        """Return what one part says (see `Parser.normalize`)."""
        document = load(body)
        if type(document) is not dict:
            return Unmapped("not a JSON object")
        return self._read(document, context, received_at_ms)

    def _subject(self, document: dict[str, Any]) -> str | None:
        return subject_of(self._read(document, NOBODY, 0))


def fixed(parser: Parser) -> Callable[[FieldMapping | None], Parser]:
    """Return the `Provider.parser` of a fixed shape: a source's own mapping is asked what `parser` does not understand."""
    return lambda mapping: parser if mapping is None else Learned(parser, mapping)
