"""The parser that a mapping drives: used by WPP Marketing and the generic provider."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from schemas.error_category import category_of, is_documented, is_no_error
from schemas.event import (
    NOWHERE,
    UNDECIDED,
    ErrorDetail,
    Event,
    Ignored,
    Normalized,
    Unmapped,
    event_id,
    message_time,
    trusted_time,
)
from schemas.identity import Identity
from schemas.providers.arrays import Arrays, Element
from schemas.providers.building import connection_stamp
from schemas.providers.element_reader import ElementReader, Plans, element_of
from schemas.providers.extra_fields import with_extras
from schemas.providers.field_reader import text_of
from schemas.providers.mapping import FieldMapping, arrays_of
from schemas.providers.paths import Path, value_at
from schemas.providers.provider import PARTS_MAX, Part
from schemas.providers.reading import load_any
from schemas.providers.recipients import NO_PERSONS, SAID_ALREADY, identities_of, recipient_of
from schemas.providers.times import may_be_told, parse_time_ms, parse_written_ms, zone
from schemas.providers.words import fold_word
from schemas.record import SourceContext
from schemas.status import BIT, FAILURES, RANK

_WORDS_REMEMBERED_MAX: Final = 10_000

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
_MESSAGE_ID, _CONNECTION_ID, _TRACKING_ID = 0, 1, 5
_NOWHERE: Final[Sequence[tuple[int, Path]]] = ()
_STATUS, _TIME = len(_TEXTS), len(_TEXTS) + 1
"""Where the values of a reading stand."""


class MappedParser:
    """Reads bodies as a `FieldMapping` says. Stateless but for a bounded memory of words."""

    def __init__(self, mapping: FieldMapping) -> None:
        """Compile `mapping` once, so that a body costs dictionary look-ups only. Raises for an unknown time zone."""
        self._mapping = mapping
        read = [path for candidates in mapping.paths.values() for path in candidates]
        read += [path for condition in mapping.when for path in (condition.path, *condition.times)]
        self._arrays = Arrays(arrays_of(mapping), read)
        self._readers: dict[Path, ElementReader] = {}
        self._whole = self._reader(())
        self._zone = zone(mapping.time_zone)
        self._statuses: dict[str, str] = {}

    def split(self, body: bytes, content_type: str) -> Sequence[Part]:
        """Return the events of a body. Each of several is re-wrapped in what surrounded it."""
        document = load_any(body)
        if document is None:
            return [Part(None, body)]
        elements = self._elements(document)
        if len(elements) > PARTS_MAX:
            return [Part(None, body)]
        if len(elements) == 1:
            return [Part(self._subject(elements[0]), body)]
        bodies = self._arrays.wrapped(document, elements)
        return [Part(self._subject(element), one) for element, one in zip(elements, bodies, strict=True)]

    def normalize(self, body: bytes, context: SourceContext, received_at_ms: int) -> Normalized:
        """Return what one part says (see `Parser.normalize`)."""
        document = load_any(body)
        if document is None:
            return Unmapped("neither JSON nor a form")
        if type(document) is dict and self._arrays.first_keys.isdisjoint(document):  # the usual body: one event
            return self._event(self._whole, (document,), context, received_at_ms)
        elements = self._elements(document)
        if len(elements) > 1:
            return Unmapped(f"{len(elements)} events in one record")
        path, scopes = elements[0]
        if type(scopes[-1]) is not dict and (not path or type(scopes[-1]) not in (str, int)):
            return Unmapped("not a JSON object")
        return self._event(self._reader(path), scopes, context, received_at_ms)

    def _elements(self, document: Any) -> list[Element]:
        if type(document) is dict and self._arrays.first_keys.isdisjoint(document):
            return [element_of(document)]
        return self._arrays.elements(document, PARTS_MAX)

    def _reader(self, path: Path) -> ElementReader:
        reader = self._readers.get(path)
        if reader is None:  # as many as a mapping has arrays
            reader = self._readers[path] = ElementReader(self._mapping, path, _TEXTS)
        return reader

    def _subject(self, element: Element) -> str | None:
        """Return what a record is keyed by: what `normalize` will find, from the same reading."""
        path, scopes = element
        if type(scopes[-1]) is not dict and not path:
            return None
        reader = self._reader(path)
        plans, values = reader.read(scopes)
        status = "" if reader.conditions else self._statuses.get(values[_STATUS], "")
        if not status:
            status = self._decided(reader, scopes, plans, values)[1]
        if not status or reader.incomplete(scopes):
            return None
        if status not in RANK:
            return values[_CONNECTION_ID] or None
        return values[_MESSAGE_ID] or _tracked(plans, scopes) or None

    def _decided(
        self, reader: ElementReader, scopes: tuple[Any, ...], plans: Plans, values: tuple[Any, ...]
    ) -> tuple[str, str, str, Sequence[tuple[int, Path]]]:
        """Return (the provider's word, our status, kind of what is no status, where its own time is)."""
        word = values[_STATUS]
        status = self._statuses.get(word, "")
        if not status:
            word, status = self._status(plans) if plans else (word, self._meaning(word))
        kind = "" if status or not word else self._mapping.ignored.get(fold_word(word), "")
        told = reader.told(scopes) if reader.conditions else None
        if told is None:
            return word, status, kind, ()
        condition, times = told
        if condition.ignored:
            return word, "", condition.ignored, ()
        if (word and not status) or RANK.get(status, 0) > RANK.get(condition.status, 0):
            return word, status, kind, ()  # an unknown word may say anything; a known one that is higher says more
        return condition.told_by, condition.status, "", times

    def _status(self, plans: Plans) -> tuple[str, str]:
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

    def _time(self, plans: Plans, first: Any, scopes: tuple[Any, ...], own: Sequence[tuple[int, Path]]) -> int | None:
        """Return when it happened, UTC ms: by the status's own time, else by the mapping's places in order."""
        formats = self._mapping.time_formats
        if not (own or formats):  # the usual mapping
            at = parse_time_ms(first, self._zone)
            if at is not None and may_be_told(at):
                return at
        absurd: int | None = None
        for value in self._times(plans, first, scopes, own):
            at = parse_written_ms(value, self._zone, formats)
            if at is not None and may_be_told(at):
                return at
            absurd = at if absurd is None else absurd
        return absurd

    def _times(
        self, plans: Plans, first: Any, scopes: tuple[Any, ...], own: Sequence[tuple[int, Path]]
    ) -> Iterator[Any]:
        """Yield what may be the time, in order."""
        for level, steps in own:
            yield value_at(scopes[level], steps)
        yield first
        for plan, document in plans:
            for look in plan.times:
                yield look(document)

    def _event(
        self, reader: ElementReader, scopes: tuple[Any, ...], context: SourceContext, received_at_ms: int
    ) -> Normalized:
        plans, values = reader.read(scopes)
        word, kind, own_time = values[_STATUS], "", _NOWHERE
        status = "" if reader.conditions else self._statuses.get(word, "")
        if not status:
            word, status, kind, own_time = self._decided(reader, scopes, plans, values)
        if not status:
            return Ignored(kind) if kind else Unmapped(f"unknown status {word[:80]!r}" if word else "no status found")
        why = reader.incomplete(scopes)
        if why:
            return Unmapped(why)
        is_message = status in RANK
        message_id, connection_id, theirs, recipient, client_ref, tracking_id, participant, campaign, reason = values[
            :9
        ]
        message_id = message_id or _tracked(plans, scopes)
        if not (message_id if is_message else connection_id):
            return Unmapped("no message id found" if is_message else "no connection id found")
        provider_ms = self._time(plans, values[_TIME], scopes, own_time)
        at_ms, is_theirs, absurd = trusted_time(provider_ms, received_at_ms)
        first_at, is_old = message_time(at_ms if is_theirs else None, received_at_ms)
        error = None
        if is_message and (values[9] or status in FAILURES):
            error = self._error(context.provider, status, values[9:13])
        # A connection closes again and again: without a time of its own, receipt distinguishes it from the next.
        if is_message:
            stamp = "" if provider_ms is None else str(provider_ms)
        else:
            stamp = connection_stamp(provider_ms, received_at_ms)
        names = () if theirs else (context.provider, connection_id, message_id if is_message else "", participant)
        code = error.code if error else ""
        recipient, recipient_kind = recipient_of(recipient)
        if is_message and recipient_kind in NO_PERSONS:
            return Ignored(f"{recipient_kind}_status")
        event = Event(  # by position: twenty keywords cost as much as everything else that is done here (0.9 µs)
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
            recipient_kind,
            participant,
            client_ref,
            theirs,
            (tracking_id,) if tracking_id and tracking_id != message_id else (),
            campaign,
            "",
            "" if is_message else reason,
            error,
            first_at if is_message else 0,
            is_old,
            BIT[status] if is_message and not is_theirs else 0,
            identities=() if recipient_kind in SAID_ALREADY else identities_of(Identity(recipient_kind, recipient)),
            id=event_id(theirs, status, *names, word, stamp, code),
        )
        return with_extras(event, reader.extras, scopes) if reader.extras and is_message else event

    def _error(self, provider: str, status: str, failure: tuple[str, ...]) -> ErrorDetail | None:
        code, title, detail, stage = failure
        if is_no_error(code):
            if status not in FAILURES:
                return None
            code = code if is_documented(self._mapping.codes_of or provider, code) else ""
        mapping = self._mapping
        category = category_of(
            mapping.codes_of or provider, status, code, stage, own=mapping.codes, text=title or detail
        )
        return ErrorDetail(category, code, "" if is_no_error(title) else title, detail)


def _tracked(plans: Plans, scopes: tuple[Any, ...]) -> str:
    """Return the event's tracking id, which it is called by where it has no message id: its own, never one around several."""
    if type(scopes[-1]) is not dict:
        return ""
    plan, document = plans[0]
    found: str = plan.values(document)[_TRACKING_ID]
    return found
