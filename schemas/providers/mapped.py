"""The parser that a mapping drives: used by WPP Marketing and the generic provider."""

from collections.abc import Sequence
from typing import Any, Final

import orjson

from schemas.error_category import category_of
from schemas.event import ErrorDetail, Event, Ignored, Normalized, Unmapped, event_id, trusted_time
from schemas.providers.mapping import FIELDS, Mapping, Path, fold_word, value_at
from schemas.providers.provider import SUBJECT_LENGTH_MAX, Part
from schemas.providers.recipients import recipient_of
from schemas.providers.times import parse_time_ms, zone
from schemas.record import SourceContext
from schemas.status import RANK

_WORDS_REMEMBERED_MAX: Final = 10_000


def _text(value: Any) -> str:
    """Return an id or word as text; "" for what cannot be one (objects, booleans, too long a text)."""
    kind = type(value)
    if kind is str:
        return value if len(value) <= SUBJECT_LENGTH_MAX else ""
    return str(value) if kind is int else ""


class MappedParser:
    """Reads bodies as a `Mapping` says. Stateless but for a bounded memory of words."""

    def __init__(self, mapping: Mapping) -> None:
        """Compile `mapping` once, so that a body costs dictionary look-ups only. Raises for an unknown time zone."""
        self._mapping = mapping
        self._paths: dict[str, tuple[Path, ...]] = {name: tuple(mapping.paths.get(name, ())) for name in FIELDS}
        self._zone = zone(mapping.time_zone)
        self._statuses: dict[str, str] = {}

    def split(self, body: bytes, content_type: str) -> Sequence[Part]:
        """Return the events of a body. An array's elements are re-wrapped in what surrounded the array."""
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError:
            return [Part(None, body)]
        where = self._array_path(document)
        if where is None:
            return [Part(self._subject(document, document), body)]
        elements = value_at(document, where)
        if len(elements) == 1:
            return [Part(self._subject(elements[0], document), body)]
        return [Part(self._subject(e, document), orjson.dumps(_rewrap(document, where, e))) for e in elements]

    def normalize(self, body: bytes, context: SourceContext, received_at_ms: int) -> Normalized:
        """Return what one part says (see `Parser.normalize`)."""
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            return Unmapped(f"not JSON: {error}")
        element = document
        where = self._array_path(document)
        if where is not None:
            element = value_at(document, where)[0]
        if type(element) is not dict:
            return Unmapped("not a JSON object")
        return self._event(element, document, context, received_at_ms)

    def _array_path(self, document: Any) -> Path | None:
        """Return where the body's array of events is, or None; () is the body itself."""
        if type(document) is list:
            return () if document else None
        for path in self._mapping.items:
            found = value_at(document, path)
            if type(found) is list and found and type(found[0]) is dict:
                return path
        return None

    def _first(self, name: str, element: Any, outer: Any) -> str:
        for path in self._paths[name]:
            text = _text(value_at(element, path))
            if text:
                return text
        return self._first(name, outer, outer) if outer is not element else ""

    def _subject(self, element: Any, outer: Any) -> str | None:
        if type(element) is not dict:
            return None
        word, status = self._status(element, outer)
        if status in RANK:
            return self._first("message_id", element, outer) or None
        return (self._first("connection_id", element, outer) or None) if status else None

    def _status(self, element: Any, outer: Any) -> tuple[str, str]:
        """Return (the provider's word, our status): the first candidate whose word is known, else ("", "")."""
        unknown = ""
        for document in (element,) if outer is element else (element, outer):
            for path in self._paths["status"]:
                word = _text(value_at(document, path))
                if not word:
                    continue
                status = self._meaning(word)
                if status:
                    return word, status
                unknown = unknown or word
        return unknown, ""

    def _meaning(self, word: str) -> str:
        status = self._statuses.get(word)
        if status is None:
            status = self._mapping.words.get(fold_word(word), "")
            if len(self._statuses) >= _WORDS_REMEMBERED_MAX:
                self._statuses.clear()
            self._statuses[word] = status
        return status

    def _time(self, element: Any, outer: Any) -> int | None:
        for document in (element,) if outer is element else (element, outer):
            for path in self._paths["time"]:
                at = parse_time_ms(value_at(document, path), self._zone)
                if at is not None:
                    return at
        return None

    def _event(self, element: Any, outer: Any, context: SourceContext, received_at_ms: int) -> Normalized:
        word, status = self._status(element, outer)
        if not status:
            kind = self._mapping.ignored.get(fold_word(word)) if word else None
            return Ignored(kind) if kind else Unmapped(f"unknown status {word[:80]!r}" if word else "no status found")
        is_message = status in RANK
        message_id = self._first("message_id", element, outer) if is_message else ""
        connection_id = self._first("connection_id", element, outer)
        if is_message and not message_id:
            return Unmapped("no message id found")
        if not is_message and not connection_id:
            return Unmapped("no connection id found")
        provider_ms = self._time(element, outer)
        at_ms, is_theirs, absurd = trusted_time(provider_ms, received_at_ms)
        error = self._error(status, element, outer) if is_message else None
        recipient, recipient_kind = recipient_of(self._first("recipient", element, outer))
        tracking_id = self._first("tracking_id", element, outer)
        participant = self._first("participant", element, outer)
        theirs = self._first("event_id", element, outer)
        return Event(
            id=event_id(
                theirs,
                status,
                context.provider,
                connection_id,
                message_id,
                participant,
                word,
                str(provider_ms or ""),
                error.code if error else "",
            ),
            account=context.account,
            source=context.source,
            provider=context.provider,
            connection_id=connection_id,
            message_id=message_id,
            status=status,
            provider_status=word,
            occurred_at_ms=at_ms,
            time_source="provider" if is_theirs else "received",
            absurd_time=absurd,
            received_at_ms=received_at_ms,
            recipient=recipient,
            recipient_kind=recipient_kind,
            participant=participant,
            client_ref=self._first("client_ref", element, outer),
            provider_event_id=theirs,
            aliases=(tracking_id,) if tracking_id and tracking_id != message_id else (),
            campaign=self._first("campaign", element, outer),
            reason="" if is_message else self._first("reason", element, outer),
            error=error,
        )

    def _error(self, status: str, element: Any, outer: Any) -> ErrorDetail | None:
        code = self._first("error_code", element, outer)
        title = self._first("error_title", element, outer)
        detail = self._first("error_detail", element, outer)
        if not (code or title or detail) and status not in ("error", "expired", "number_not_found"):
            return None
        stage = self._first("error_stage", element, outer)
        return ErrorDetail(category_of(status, code, stage), code, title, detail)


def _rewrap(document: Any, where: Path, element: Any) -> Any:
    """Return `document` with the array at `where` holding `element` alone."""
    if not where:
        return [element]
    key, *rest = where
    if type(document) is list:
        return [_rewrap(v, tuple(rest), element) if str(i) == key else v for i, v in enumerate(document)]
    return {k: (_rewrap(v, tuple(rest), element) if k == key else v) for k, v in document.items()}
