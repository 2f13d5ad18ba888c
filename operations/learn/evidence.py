"""What the values at one place of a shape look like: times, numbers of people, status words, ids. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from operations.learn.vocabulary import WORDS
from schemas.event import AHEAD_MS_MAX, EARLIEST_MS
from schemas.providers.paths import Path
from schemas.providers.recipients import recipient_of
from schemas.providers.times import parse_time_ms, zone
from schemas.providers.words import fold_word

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PHONE_DIGITS: Final = range(10, 16)
_ID: Final = re.compile(r"(?=.*\d)[A-Za-z0-9._:=@+/\-]{1,512}$")
_WORD_LENGTH_MAX: Final = 60
_PHRASES: Final = sorted(
    ((tuple(fold_word(phrase).split("_")), status) for status, listed in WORDS.items() for phrase in listed.split(",")),
    key=lambda entry: -len(entry[0]),
)


def name_parts(path: Path) -> frozenset[str]:
    """Return the parts of a place's name: `dadosMensagem.id_envio` has dados, mensagem, id, envio."""
    return frozenset(part for key in path for part in fold_word(_CAMEL.sub("_", key)).split("_") if part)


def meaning_of(word: str) -> str:
    """Return the status that a provider's word seems to mean, `inbound_message`, or "" where nothing is like it."""
    parts = fold_word(_CAMEL.sub("_", word)).split("_")
    for phrase, status in _PHRASES:
        if any(tuple(parts[i : i + len(phrase)]) == phrase for i in range(len(parts) - len(phrase) + 1)):
            return status
    return ""


@dataclass(frozen=True)
class Evidence:
    """The values at one place."""

    path: Path
    values: Sequence[Any]
    now_ms: int
    """No event is later: what looks later is no time."""
    total: int
    """Events of the shape, with or without a value here."""

    def share(self, is_so: Callable[[Any], bool]) -> float:
        """Return which part of the values is so, 0 to 1."""
        return sum(map(is_so, self.values)) / len(self.values) if self.values else 0.0

    @cached_property
    def times(self) -> float:
        """Share of plausible times."""
        return self.share(lambda value: is_time(value, self.now_ms))

    @cached_property
    def phones(self) -> float:
        """Share of what could be a person: a number, a JID, a lid, a group."""
        return self.share(lambda value: is_person(value) and not is_time(value, self.now_ms))

    @cached_property
    def statuses(self) -> float:
        """Share of words that mean a status."""
        return self.share(lambda value: is_word(value) and bool(meaning_of(value)))

    @cached_property
    def ids(self) -> float:
        """Share of what could be an id."""
        return self.share(lambda value: is_id(value) and not is_time(value, self.now_ms))

    @cached_property
    def distinct(self) -> float:
        """Distinct values for each event, 0 to 1."""
        return len(set(map(str, self.values))) / self.total if self.total else 0.0

    def words(self) -> Counter[str]:
        """Return the words here and how often each came."""
        return Counter(str(value) for value in self.values if is_word(value) or type(value) is int)


def is_time(value: Any, now_ms: int) -> bool:
    """Tell whether a value is a plausible time of an event."""
    at = parse_time_ms(value, zone("UTC"))
    return at is not None and EARLIEST_MS <= at <= now_ms + AHEAD_MS_MAX


def is_person(value: Any) -> bool:
    """Tell whether a value could be whom a message went to."""
    recipient, kind = recipient_of(str(value)) if type(value) in (str, int) else ("", "")
    return kind in ("lid", "group", "bsuid") or (kind == "phone" and len(recipient) in _PHONE_DIGITS)


def is_id(value: Any) -> bool:
    """Tell whether a value could be an id: a number or a text with a digit in it, and no spaces."""
    return type(value) in (str, int) and bool(_ID.match(str(value)))


def is_word(value: Any) -> bool:
    """Tell whether a value is a short text with a letter in it."""
    return type(value) is str and len(value) <= _WORD_LENGTH_MAX and any(c.isalpha() for c in value)
