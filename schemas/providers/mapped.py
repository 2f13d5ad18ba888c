"""The parser that a mapping drives: used by WPP Marketing and the generic provider."""

from collections.abc import Sequence
from typing import Any, Final

import orjson

from schemas.error_category import category_of
from schemas.event import (
    NOWHERE,
    UNDECIDED,
    ErrorDetail,
    Event,
    Ignored,
    Normalized,
    Unmapped,
    event_id,
    trusted_time,
)
from schemas.providers.field_reader import Document, FieldReader, Plan, text_of
from schemas.providers.mapping import FieldMapping, Path, fold_word, value_at
from schemas.providers.provider import PARTS_MAX, Part
from schemas.providers.reading import load_any
from schemas.providers.recipients import recipient_of
from schemas.providers.times import parse_time_ms, zone
from schemas.record import SourceContext
from schemas.status import FAILURES, RANK

_WORDS_REMEMBERED_MAX: Final = 10_000
_AROUND_BYTES_MAX: Final = 4_096
"""What surrounds an array is repeated in every part as it is up to this size."""

_TEXTS: Final = (
    "message_id",
    "connection_id",
    "event_id",
    "recipient",
    "client_ref",
    "tracking_id",
    "participant",
    "campaign",
    "reason",
    "error_code",
    "error_title",
    "error_detail",
    "error_stage",
)
_MESSAGE_ID, _CONNECTION_ID, _EVENT_ID = 0, 1, 2
_STATUS, _TIME = len(_TEXTS), len(_TEXTS) + 1
"""Where the values of a plan stand."""

_Plans = tuple[tuple[Plan, Document], ...]


class MappedParser:
    """Reads bodies as a `FieldMapping` says. Stateless but for a bounded memory of words."""

    def __init__(self, mapping: FieldMapping) -> None:
        """Compile `mapping` once, so that a body costs dictionary look-ups only. Raises for an unknown time zone."""
        self._mapping = mapping
        self._reader = FieldReader(mapping.paths, _TEXTS)
        self._item_keys = frozenset(path[0] for path in mapping.items)
        self._zone = zone(mapping.time_zone)
        self._statuses: dict[str, str] = {}

    def split(self, body: bytes, content_type: str) -> Sequence[Part]:
        """Return the events of a body. An array's elements are re-wrapped in what surrounded the array."""
        document = load_any(body)
        if document is None:
            return [Part(None, body)]
        where = self._array_path(document)
        if where is None:
            return [Part(self._subject(document, document), body)]
        elements = value_at(document, where)
        if len(elements) == 1:
            return [Part(self._subject(elements[0], document), body)]
        if len(elements) > PARTS_MAX:
            return [Part(None, body)]
        around = self._around(document, where)
        return [Part(self._subject(e, document), orjson.dumps(_rewrap(around, where, e))) for e in elements]

    def _around(self, document: Any, where: Path) -> Any:
        """Return what every part repeats of a body: all that surrounds the array, or, where that is much, only what
        the mapping reads, so that parts together do not outgrow their body by more than a little each.
        """
        bare = _rewrap(document, where, None)
        if len(orjson.dumps(bare)) <= _AROUND_BYTES_MAX:
            return bare
        kept: Document = {}
        _place(kept, where, None)
        for path in (path for candidates in self._mapping.paths.values() for path in candidates):
            text = text_of(value_at(bare, path))
            if text:
                _place(kept, path, text)
        return kept

    def normalize(self, body: bytes, context: SourceContext, received_at_ms: int) -> Normalized:
        """Return what one part says (see `Parser.normalize`)."""
        document = load_any(body)
        if document is None:
            return Unmapped("neither JSON nor a form")
        if type(document) is dict and self._item_keys.isdisjoint(document):  # the usual body: one event
            return self._event(document, document, context, received_at_ms)
        element = document
        where = self._array_path(document)
        if where is not None:
            elements = value_at(document, where)
            if len(elements) > 1:
                return Unmapped(f"{len(elements)} events in one record")
            element = elements[0]
        if type(element) is not dict:
            return Unmapped("not a JSON object")
        return self._event(element, document, context, received_at_ms)

    def _array_path(self, document: Any) -> Path | None:
        """Return where the body's array of events is, or None; () is the body itself."""
        if type(document) is list:
            return () if document else None
        if type(document) is not dict or self._item_keys.isdisjoint(document):
            return None
        for path in self._mapping.items:
            found = value_at(document, path)
            if type(found) is list and found and type(found[0]) is dict:
                return path
        return None

    def _subject(self, element: Any, outer: Any) -> str | None:
        if type(element) is not dict:
            return None
        plans, values = self._read(element, outer)
        status = self._statuses.get(values[_STATUS]) or self._status(plans)[1]
        if not status:
            return None
        return values[_MESSAGE_ID if status in RANK else _CONNECTION_ID] or None

    def _read(self, element: Document, outer: Any) -> tuple[_Plans, tuple[Any, ...]]:
        """Return what was looked at, in order (the event itself, then what surrounds it), and the values found there."""
        plan = self._reader.plan(element)
        values = plan.values(element)
        if outer is element or type(outer) is not dict:
            return ((plan, element),), values
        around = self._reader.plan(outer)
        merged = [own or other for own, other in zip(values, around.values(outer), strict=True)]
        merged[_EVENT_ID] = values[_EVENT_ID]  # an id around an array is that of the request, not of an event
        merged[_STATUS], merged[_TIME] = values[_STATUS], values[_TIME]  # the event's own candidates come first
        return ((plan, element), (around, outer)), tuple(merged)

    def _status(self, plans: _Plans) -> tuple[str, str]:
        """Return (the provider's word, our status): the first candidate whose word is known, else (a word or "", "")."""
        unknown = ""
        for plan, document in plans:
            for look in plan.statuses:
                word = text_of(look(document))
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

    def _time(self, plans: _Plans) -> int | None:
        for plan, document in plans:
            for look in plan.times:
                at = parse_time_ms(look(document), self._zone)
                if at is not None:
                    return at
        return None

    def _event(self, element: Any, outer: Any, context: SourceContext, received_at_ms: int) -> Normalized:
        plans, values = self._read(element, outer)
        word = values[_STATUS]
        status = self._statuses.get(word, "")
        if not status:
            word, status = self._status(plans)
        if not status:
            kind = self._mapping.ignored.get(fold_word(word)) if word else None
            return Ignored(kind) if kind else Unmapped(f"unknown status {word[:80]!r}" if word else "no status found")
        is_message = status in RANK
        message_id, connection_id, theirs, recipient, client_ref, tracking_id, participant, campaign, reason = values[
            :9
        ]
        if not (message_id if is_message else connection_id):
            return Unmapped("no message id found" if is_message else "no connection id found")
        provider_ms = parse_time_ms(values[_TIME], self._zone)
        if provider_ms is None:
            provider_ms = self._time(plans)
        at_ms, is_theirs, absurd = trusted_time(provider_ms, received_at_ms)
        error = None
        if is_message and (values[9] or values[10] or values[11] or status in FAILURES):
            error = _error(status, values[9:13])
        identity = () if theirs else (
            context.provider,
            connection_id,
            message_id if is_message else "",
            participant,
            word,
            # A connection closes again and again: without a time of its own, receipt distinguishes it from the next.
            str(provider_ms or ("" if is_message else received_at_ms)),
            error.code if error else "",
        )  # fmt: skip
        recipient, kind = recipient_of(recipient)
        return Event(  # by position: twenty keywords cost as much as everything else that is done here (0.9 µs)
            context.account,
            context.source,
            context.provider,
            connection_id,
            message_id if is_message else "",
            status,
            word,
            UNDECIDED,
            at_ms,
            "provider" if is_theirs else "received",
            received_at_ms,
            "",
            0,
            NOWHERE,
            absurd,
            recipient,
            kind,
            participant,
            client_ref,
            theirs,
            (tracking_id,) if tracking_id and tracking_id != message_id else (),
            campaign,
            "",
            "" if is_message else reason,
            error,
            id=event_id(theirs, status, *identity),
        )


def _error(status: str, failure: tuple[str, ...]) -> ErrorDetail:
    code, title, detail, stage = failure
    return ErrorDetail(category_of(status, code, stage), code, title, detail)


def _rewrap(document: Any, where: Path, element: Any) -> Any:
    """Return `document` with the array at `where` holding `element` alone."""
    if not where:
        return [element]
    key, *rest = where
    if type(document) is list:
        return [_rewrap(v, tuple(rest), element) if str(i) == key else v for i, v in enumerate(document)]
    return {k: (_rewrap(v, tuple(rest), element) if k == key else v) for k, v in document.items()}


def _place(document: Document, path: Path, value: Any) -> None:
    """Put `value` at `path`, making the objects on the way; a place taken by a value is left as it is."""
    for key in path[:-1]:
        document = document.setdefault(key, {})
        if type(document) is not dict:
            return
    document.setdefault(path[-1], value)
