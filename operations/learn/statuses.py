"""How the bodies of a shape tell a status: by a word somewhere, or by fields that are there or true. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from operations.learn.evidence import Evidence, evidence_of, is_time, name_parts, own_name
from operations.learn.meanings import is_noun, meaning_at, meaning_of, parts_of
from operations.learn.rows import Row, arrays_in, rows_of
from schemas.providers.condition import Condition
from schemas.providers.paths import Path, array_prefix, dotted_of
from schemas.status import RANK, ConnectionStatus

_NAMED: Final = frozenset({"status", "situacao", "estado", "state", "ack", "receipt", "statustext", "ocorrencia"})
_HALF_NAMED: Final = frozenset({"event", "evento", "type", "tipo", "kind", "code", "codigo", "name", "group"})
_ELSEWHERE: Final = frozenset(
    {"description", "descricao", "previous", "anterior", "old", "http", "reason", "motivo", "cause", "causes", "detail"}
    | {"details", "error", "erro", "errors", "title", "template", "conversation", "connection", "conexao", "history"}
)
_PASSIVE: Final = frozenset({"is", "was", "has", "flag", "foi"})
_WHEN: Final = frozenset({"at", "time", "date", "on", "timestamp", "em", "hora", "data", "ts"})
_TELLING_TIMES: Final = ("sent", "delivered", "read", "error", "expired")
"""Statuses that a time of their name tells. Being created, queued or scheduled is told of any message."""
_STATUSES: Final = frozenset({*RANK, *map(str, ConnectionStatus)})


@dataclass(slots=True)
class Telling:
    """How a status is told, and the events that tell one."""

    array: Path = ()
    """The arrays that the status lies in."""
    path: Path | None = None
    """Where the word is."""
    when: list[Condition] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    """Provider's word → status, or kind of what is no status."""
    unknown: list[str] = field(default_factory=list)
    points: float = 0.0

    def status_of(self, row: Row) -> str:
        """Return what an event's status is; "" where that is not known."""
        if self.path is not None:
            return self.words.get(row.text(self.path), "")
        held = [one.status for one in self.when if one.holds(row.values.get(one.path))]
        return max(held, key=lambda status: RANK[status], default="")


def telling(documents: Sequence[Any], now_ms: int, given: Path | None = None, items: Path | None = None) -> Telling:
    """Return how a status is told.

    Args:
        documents: the bodies of a shape.
        now_ms: the time, UTC ms.
        given: where a person said that the word is.
        items: the array that a person said the events are in.
    """
    best = Telling()
    arrays = [items] if items is not None else arrays_in(documents)
    for array in arrays:
        rows = rows_of(documents, array)
        evidence = [e for e in evidence_of(rows, now_ms) if array_prefix(e.path) == array or e.path == given]
        for one in evidence:
            points = _points(one) if given is None else float(one.path == given)
            if points > best.points:
                best = Telling(array, one.path, points=points)
                _read_words(best, one)
        if given is None:
            told = _by_fields(rows, array, now_ms)
            if told.points > best.points:
                best = told
    return best


def other_array(documents: Sequence[Any], array: Path, now_ms: int) -> Path | None:
    """Return another array whose elements have an id and a status word of their own: reading `array` alone would lose them."""
    for other in arrays_in(documents):
        if other == array[: len(other)]:
            continue
        evidence = [e for e in evidence_of(rows_of(documents, other), now_ms) if array_prefix(e.path) == other]
        has_id = any("id" in parts_of(own_name(e.path)) and e.ids > 0.5 for e in evidence)  # noqa: PLR2004 - most of them
        if has_id and any(_points(e) for e in evidence):
            return other
    return None


def _points(e: Evidence) -> float:
    """Return how much speaks for a place's telling the status by a word; 0 where nothing does."""
    if not e.statuses or e.times > 0.5:  # noqa: PLR2004 - most of them
        return 0.0
    said = set(map(str, e.values))
    if len(said) == 1 and is_noun(min(said)):
        return 0.0
    own, parts = frozenset(parts_of(own_name(e.path))), name_parts(e.path)
    meanings = {meaning_at(value, own_name(e.path)) for value in e.values} - {""}
    points = 10 * e.statuses * e.coverage + 2.0 * min(len(meanings), 4)
    points += 4.0 if own & _NAMED else 1.0 if own & _HALF_NAMED else 0.0
    points += 1.0 if parts & _NAMED else 0.0
    points -= 5.0 if own & _ELSEWHERE else 3.0 if parts & _ELSEWHERE else 0.0
    points -= 5.0 if any(meaning_of(part) in _STATUSES for part in own) else 0.0  # `sentStatus` is of one status only
    points -= 2.0 if any(" " in str(value) for value in e.values) else 0.0
    points -= 6.0 if len(meanings) == 1 and len(said) == 1 and not own & _NAMED else 0.0
    return points if points > 3 else 0.0  # noqa: PLR2004 - a known word, in a place that is not against it


def _read_words(told: Telling, e: Evidence) -> None:
    for word, _ in e.words().most_common():
        meaning = meaning_at(int(word) if word.lstrip("-").isdecimal() else word, own_name(e.path))
        if meaning:
            told.words[word] = meaning
        else:
            told.unknown.append(word)


def _by_fields(rows: Sequence[Row], array: Path, now_ms: int) -> Telling:
    """Return the statuses that flags tell, else those that times of their names tell."""
    places = {path for row in rows for path in row.values if array_prefix(path) == array}
    flags: dict[Path, str] = {}
    times: dict[Path, str] = {}
    for path in sorted(places):
        name = [part for part in parts_of(own_name(path)) if part not in _PASSIVE]
        values = [row.values[path] for row in rows if path in row.values]
        if all(type(value) is bool for value in values):
            flags[path] = meaning_of(" ".join(name))
        elif (
            len(name) > 1 and name[-1] in _WHEN and all(value in ("", 0) or is_time(value, now_ms) for value in values)
        ):
            times[path] = meaning_of(" ".join(part for part in name if part not in _WHEN))
    flags = {path: status for path, status in flags.items() if status in RANK}
    times = {path: status for path, status in times.items() if status in _TELLING_TIMES}
    if len(set(flags.values())) > 1:
        when = [
            Condition(path, status, equals=True, times=_times_of(status, path, times)) for path, status in flags.items()
        ]
        made = Telling(array, when=when)
        told = [made.status_of(row) for row in rows]
        made.points = 12.0 * sum(map(bool, told)) / max(len(rows), 1) + 2.0 * min(len(set(flags.values())), 4)
        return made
    return _by_times(rows, array, times)


def _by_times(rows: Sequence[Row], array: Path, times: dict[Path, str]) -> Telling:
    """Return the times that tell a status in some event: a lower one that never is the highest tells nothing."""
    made = Telling(array, when=[Condition(path, status, times=(path,)) for path, status in times.items()])
    highest = {made.status_of(row) for row in rows} - {""}
    if not highest & {"delivered", "read"}:
        return Telling()
    made.when = [one for one in made.when if one.status in highest]
    made.points = 4.0 * sum(bool(made.status_of(row)) for row in rows) / len(rows)
    return made


def _times_of(status: str, flag: Path, times: dict[Path, str]) -> tuple[Path, ...]:
    """Return the times beside a flag that have its name, one that says `at` first."""
    beside = [path for path, other in times.items() if other == status and path[:-1] == flag[:-1]]
    return tuple(sorted(beside, key=lambda path: ("at" not in parts_of(path[-1]), dotted_of(path))))
