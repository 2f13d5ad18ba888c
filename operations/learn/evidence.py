"""What the values at one place look like: times, numbers of people, ids; and how they repeat over a message's events. Pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from operations.learn.meanings import meaning_at, parts_of
from operations.learn.rows import Row
from schemas.event import AHEAD_MS_MAX, EARLIEST_MS
from schemas.providers.paths import EACH, Path
from schemas.providers.recipients import recipient_of
from schemas.providers.times import parse_time_ms, zone

_PHONE_DIGITS: Final = range(10, 16)
_ID: Final = re.compile(r"(?=.*\d)[A-Za-z0-9._:=@+/\-]{1,512}$")
_WORD_LENGTH_MAX: Final = 60


def own_name(path: Path) -> str:
    """Return the last key of a place, the arrays it ends with aside."""
    return next((key for key in reversed(path) if key != EACH), "")


def name_parts(path: Path) -> frozenset[str]:
    """Return the parts of a place's name: `dadosMensagem.id_envio` has dados, mensagem, id, envio."""
    return frozenset(part for key in path for part in parts_of(key))


@dataclass(frozen=True)
class Evidence:
    """The values at one place of a shape's events."""

    path: Path
    values: Sequence[Any]
    now_ms: int
    """No event is later: what looks later is no time."""
    total: int
    """Events of the shape, with or without a value here."""

    def share(self, is_so: Callable[[Any], bool]) -> float:
        """Return which part of the values is so, 0 to 1."""
        return sum(map(is_so, self.values)) / len(self.values) if self.values else 0.0

    @property
    def coverage(self) -> float:
        """Share of the events that have a value here."""
        return len(self.values) / self.total if self.total else 0.0

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
        name = own_name(self.path)
        return self.share(lambda value: bool(meaning_at(value, name)))

    @cached_property
    def ids(self) -> float:
        """Share of what could be an id."""
        return self.share(lambda value: is_id(value) and not is_time(value, self.now_ms))

    @cached_property
    def distinct(self) -> float:
        """Distinct values for each event, 0 to 1."""
        return len(set(map(str, self.values))) / self.total if self.total else 0.0

    @cached_property
    def is_constant(self) -> bool:
        """Whether several events have all the same value here."""
        return len(self.values) > 1 and len(set(map(str, self.values))) == 1

    def words(self) -> Counter[str]:
        """Return the words here and how often each came."""
        return Counter(str(value) for value in self.values if is_word(value) or is_number(value))


def evidence_of(rows: Sequence[Row], now_ms: int) -> list[Evidence]:
    """Return what stands at each place of some events."""
    values: dict[Path, list[Any]] = defaultdict(list)
    for row in rows:
        for path, value in row.values.items():
            if type(value) is not bool and value != "":
                values[path].append(value)
    return [Evidence(path, found, now_ms, len(rows)) for path, found in values.items()]


class Repeats:
    """How ids repeat over all events of all shapes: an id of a message comes with several statuses, each once."""

    def __init__(self, rows: Iterable[tuple[Row, str]]) -> None:
        """Note every id-like value of (event, its status)."""
        self._seen: dict[str, Counter[str]] = defaultdict(Counter)
        self._bodies: dict[str, int] = defaultdict(int)
        for row, status in rows:
            for value in {str(value) for value in row.values.values() if is_id(value)}:
                self._seen[value][status] += 1
                self._bodies[value] += 1

    def repeated(self, rows: Sequence[tuple[Row, str]], path: Path) -> float:
        """Return which part of the events has an id here that comes with another status elsewhere."""
        texts = [row.text(path) for row, _ in rows]
        return sum(len(self._seen.get(text, ())) > 1 for text in texts) / len(texts) if texts else 0.0

    def doubled(self, rows: Sequence[tuple[Row, str]], path: Path) -> float:
        """Return which part of the events shares id and status with another one of these."""
        pairs = Counter((row.text(path), status) for row, status in rows if row.text(path))
        return sum(count for count in pairs.values() if count > 1) / max(sum(pairs.values()), 1)


def is_number(value: Any) -> bool:
    """Tell whether a value is a small whole number, as a number or as text."""
    text = str(value) if type(value) in (int, str) else ""
    return text.lstrip("-").isdecimal() and len(text) <= 4  # noqa: PLR2004 - digits of a code


def is_time(value: Any, now_ms: int) -> bool:
    """Tell whether a value is a plausible time of an event."""
    at = parse_time_ms(value, zone("UTC"))
    return at is not None and EARLIEST_MS <= at <= now_ms + AHEAD_MS_MAX


def is_person(value: Any) -> bool:
    """Tell whether a value could be whom a message went to."""
    recipient, kind = recipient_of(str(value)) if type(value) in (str, int) else ("", "")
    return kind in ("lid", "group", "bsuid", "parent_bsuid") or (kind == "phone" and len(recipient) in _PHONE_DIGITS)


def is_name(value: Any) -> bool:
    """Tell whether a value is no number of a person."""
    return not is_person(value)


def is_id(value: Any) -> bool:
    """Tell whether a value could be an id: a number or a text with a digit in it, and no spaces."""
    return type(value) in (str, int) and bool(_ID.match(str(value)))


def is_word(value: Any) -> bool:
    """Tell whether a value is a short text with a letter in it."""
    return type(value) is str and len(value) <= _WORD_LENGTH_MAX and any(c.isalpha() for c in value)
