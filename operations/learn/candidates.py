"""Where a shape keeps each field: candidates judged by name, by values, and by how they repeat over captures. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from operations.learn.evidence import Evidence, Repeats, is_name, is_person, is_word, name_parts, own_name
from operations.learn.meanings import parts_of
from operations.learn.rows import Row
from operations.learn.vocabulary import CHANNELS, CONTENT, DISCOURAGED, MESSAGE_TIMES, NAMES, STATUS_TIMES
from schemas.error_category import is_no_error
from schemas.providers.paths import Path
from schemas.providers.recipients import recipient_of
from schemas.status import FAILURES

_FORMAT_POINTS: Final = 8.0
_AGAINST: Final = 6.0
_MOST: Final = 0.5
_SURELY: Final = 9
"""Points of a name that nothing else is called."""
_SHORT: Final = 6
"""Fewer characters are an id only where they are called so."""
_OF_A_MESSAGE: Final = frozenset(
    {
        "id",
        "message",
        "msg",
        "mensagem",
        "sms",
        "wa",
        "whatsapp",
        "external",
        "local",
        "provider",
        "internal",
        "gs",
        "nc",
        "uu",
    }
    | {"ncmessage", "envio", "disparo", "da", "de", "do", "the", "ref", "tracking", "rastreio", "unique", "global"}
)
_REFERENCES: Final = frozenset(
    {"ref", "reference", "client", "external", "correlation", "custom", "cust", "order", "pedido"}
)
_WRONG: Final = -16.0


class Choice(NamedTuple):
    """A place that could hold a field."""

    path: Path
    points: float
    why: str


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of a shape when its fields are looked for."""

    rows: Sequence[tuple[Row, str]]
    """Each event with its status."""
    evidence: Sequence[Evidence]
    status: Path | None
    repeats: Repeats
    varied: Mapping[Path, int]
    """Place → distinct values over all shapes of the source."""
    total: int
    """Events of all shapes."""

    def same_for_all(self, path: Path) -> bool:
        """Return whether the whole source has one value here, over several messages."""
        return self.varied.get(path, 0) <= 1 and self.total > 1


def by_name(name: str, path: Path) -> float:
    """Return the points of a place's name for a field; only what surrounds it being called so is none."""
    parts, own = name_parts(path), frozenset(parts_of(own_name(path)))
    points = max((points for sets, points in NAMES[name] if all(parts & wanted for wanted in sets)), default=0)
    if points and not any(own & wanted for sets, _ in NAMES[name] for wanted in sets):
        points = 0
    return points - (_AGAINST if parts & DISCOURAGED.get(name, frozenset()) else 0.0)


def ids(shape: Shape) -> list[Choice]:
    """Return the places that could hold the message's id, best first: what comes again with another status, each once."""
    found = []
    repeated = {e.path: shape.repeats.repeated(shape.rows, e.path) for e in shape.evidence}
    reoccurs = [e for e in shape.evidence if repeated[e.path] > _MOST and _is_id(e) and not shape.same_for_all(e.path)]
    others_vary = any(_is_id(e) and shape.varied.get(e.path, 0) > 1 and not e.phones for e in shape.evidence)
    for e in shape.evidence:
        if not _is_id(e) or e.coverage < _MOST or e.path == shape.status:
            continue
        own = parts_of(own_name(e.path))
        if by_name("message_id", e.path) <= 0 and (e.phones > _MOST or any(len(str(v)) < _SHORT for v in e.values)):
            continue
        again, doubled = repeated[e.path], shape.repeats.doubled(shape.rows, e.path)
        points = by_name("message_id", e.path) + 2 * e.ids + 2 * e.distinct + 5 * again - 8 * doubled - 5 * e.phones
        points += 2.0 if {"message", "id"} <= set(own) else 1.5 if own == ["id"] else 0.0
        points -= 3.0 if _REFERENCES.intersection(own) else 0.0
        points -= 6.0 if "id" in own and set(own) - _OF_A_MESSAGE else 0.0  # `wabaId` of a message is no message's id
        if reoccurs and not again:
            points -= _FORMAT_POINTS  # new with each status: the status's own id
        if shape.same_for_all(e.path):  # one for all messages, or all of these are of one message
            points -= _FORMAT_POINTS if reoccurs or (others_vary and not again) else 2.5 * again
        why = [f"called {own_name(e.path)}"] if by_name("message_id", e.path) > 0 else []
        if again:
            count = sum(bool(row.text(e.path)) for row, _ in shape.rows)
            why.append(f"comes with several statuses in {round(again * count)} of {count} events")
        found.append(Choice(e.path, points, ", ".join(why or ["ids"])))
    return sorted(found, key=lambda choice: (-choice.points, len(choice.path)))


def is_called_its_id(path: Path) -> bool:
    """Return whether a place's name says by itself that it is the message's id: `messageId`, `wamid`, or `id` alone."""
    return by_name("message_id", path) >= _SURELY or parts_of(own_name(path)) == ["id"]


def times(shape: Shape, message_id: Path) -> list[Choice]:
    """Return the places that could hold the status's time; one that stays the same over a message's statuses is the message's."""
    found = []
    for e in shape.evidence:
        if e.times <= _MOST:
            continue
        own, parts = frozenset(parts_of(own_name(e.path))), name_parts(e.path)
        same, compared = _stays_the_same(shape, message_id, e.path)
        is_its_own = bool((own & STATUS_TIMES) or (parts & STATUS_TIMES and not own & MESSAGE_TIMES))
        if own & MESSAGE_TIMES and not own & STATUS_TIMES:
            continue
        beside = {
            "".join(parts_of(key))
            for row, _ in shape.rows
            for p in row.values
            if p[:-1] == e.path[:-1]
            for key in p[-1:]
        }
        if (same or not compared) and beside & CONTENT:
            continue  # beside the message's own words: when it was written
        if same and not is_its_own:
            continue
        if not is_its_own and (not compared or shape.same_for_all(e.path)):
            continue  # nothing says that it is the status's: neither its name, nor a change with each
        near = len([1 for a, b in zip(e.path, shape.status or message_id, strict=False) if a == b])
        points = _FORMAT_POINTS * e.times + by_name("time", e.path) + 4 * is_its_own + 3 * near + 2 * e.coverage
        why = "times" + (", another with each status" if compared and not same else "")
        found.append(Choice(e.path, points, why))
    return sorted(found, key=lambda choice: -choice.points)


def _stays_the_same(shape: Shape, message_id: Path, path: Path) -> tuple[bool, bool]:
    """Return (is it the same in all statuses of every message, is there a message with several)."""
    by_message: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row, status in shape.rows:
        if row.text(message_id) and path in row.values:
            by_message[row.text(message_id)].append((status, str(row.values[path])))
    several = [seen for seen in by_message.values() if len({status for status, _ in seen}) > 1]
    return bool(several) and all(len({at for _, at in seen}) == 1 for seen in several), bool(several)


def recipients(shape: Shape, message_id: Path) -> list[Choice]:
    """Return the places that could hold whom a message went to: another with another message, one for each message."""
    found = []
    several = len({row.text(message_id) for row, _ in shape.rows}) > 1
    for e in shape.evidence:
        if e.phones <= _MOST or e.path == message_id:
            continue
        name = by_name("recipient", e.path)
        if not is_of_message(shape, message_id, e.path):
            continue
        called = 8 if several else 7
        if shape.varied.get(e.path, 0) <= 1 and name < called:
            continue  # one phone in all messages may be ours, unless it is clearly called the recipient's
        kinds = {recipient_of(str(value))[1] for value in e.values}
        points = _FORMAT_POINTS * e.phones + name + (2.0 if "phone" in kinds else 0.0) + 2 * e.coverage
        found.append(Choice(e.path, points, "numbers of people, one a message"))
    return sorted(found, key=lambda choice: -choice.points)


def is_of_message(shape: Shape, message_id: Path, path: Path) -> bool:
    """Return whether a place has one value for each message."""
    values: dict[str, set[str]] = defaultdict(set)
    for row, _ in shape.rows:
        if row.text(path):
            values[row.text(message_id)].add(row.text(path))
    return all(len(seen) == 1 for seen in values.values())


def connections(shape: Shape, recipient: Path | None, message_id: Path | None) -> list[Choice]:
    """Return the places that could hold the connection: our number or session, the same for many messages, never a channel."""
    found = []
    customers = {recipient_of(row.text(recipient))[0] for row, _ in shape.rows} - {""}
    messages = {row.text(message_id) for row, _ in shape.rows}
    for e in shape.evidence:
        points = by_name("connection_id", e.path)
        if points < 7 or e.times > _MOST or e.path in (shape.status, message_id):  # noqa: PLR2004 - not called so
            continue
        if name_parts(e.path) & _CAUSES or e.coverage < _MOST:
            continue  # a channel's error is no channel, and what most bodies leave out is nobody's name
        texts = {str(value) for value in e.values}
        if {text.casefold() for text in texts} & CHANNELS or not all(
            is_word(v) or is_person(v) or _digits(v) for v in e.values
        ):
            continue
        if customers & {recipient_of(text)[0] for text in texts} or (
            len(messages) > 1 and e.distinct == 1 and len(texts) > 1
        ):
            continue
        if recipient is None and not all(map(is_name, e.values)):
            continue  # a number may be the customer's, where that is not known
        own = parts_of(own_name(e.path))
        points += (
            3.0 * e.is_constant
            + 2.5 * e.share(lambda v: is_person(v) or _digits(v))
            + (1.0 if "id" in own else 0.0)
            + e.coverage
        )
        found.append(Choice(e.path, points, "the same for many messages"))
    return sorted(found, key=lambda choice: -choice.points)


def references(shape: Shape, name: str, message_id: Path) -> list[Choice]:
    """Return the places that could hold a name of the message (our reference, another id) or of its campaign."""
    found = []
    for e in shape.evidence:
        points = by_name(name, e.path)
        is_shared = name == "campaign"
        if points < 7 or e.times > _MOST or e.path in (message_id, shape.status):  # noqa: PLR2004 - not called so
            continue
        if not is_of_message(shape, message_id, e.path) or (not is_shared and e.phones > _MOST):
            continue
        if not is_shared and shape.same_for_all(e.path) and len({row.text(message_id) for row, _ in shape.rows}) > 1:
            continue
        found.append(Choice(e.path, points, "one for each message"))
    return sorted(found, key=lambda choice: -choice.points)


def event_ids(shape: Shape) -> list[Choice]:
    """Return the places that could hold the status's own id: new with each."""
    named = [e for e in shape.evidence if by_name("event_id", e.path) >= 7 and _is_id(e)]  # noqa: PLR2004 - called so
    return [Choice(e.path, 9.0, "new with each status") for e in named if e.distinct == 1 and len(shape.rows) > 1]


def causes(shape: Shape) -> tuple[list[Choice], list[Choice]]:
    """Return the places that could hold the error's (code, text): there where a message failed, and nowhere else."""
    failed = [row for row, status in shape.rows if status in FAILURES]
    others = [row for row, status in shape.rows if status and status not in FAILURES]
    codes, titles = [], []
    for e in shape.evidence if failed else ():
        said = sum(not is_no_error(row.text(e.path)) for row in failed) / len(failed)
        elsewhere = sum(not is_no_error(row.text(e.path)) for row in others) / max(len(others), 1)
        if said < 0.3 or elsewhere > 0.1 or e.times > _MOST or e.path == shape.status:  # noqa: PLR2004 - shares
            continue
        own, parts = frozenset(parts_of(own_name(e.path))), name_parts(e.path)
        is_short = all(" " not in str(v) and len(str(v)) <= 40 for v in e.values)  # noqa: PLR2004 - a code
        called = 6.0 * bool(own & {"code", "codigo", "cod", "errorcode", "errcode"}) + 3.0 * bool(parts & _CAUSES)
        if is_short and called + (2.0 if _digits(e.values[0]) else 0.0) > 4:  # noqa: PLR2004 - called so, or a number there
            codes.append(Choice(e.path, called + 3.0 * e.share(_digits) + said, "where a message failed"))
        if any(is_word(v) or len(str(v)) > 40 for v in e.values) and not all(map(_digits, e.values)):  # noqa: PLR2004 - a text
            points = called / 2 + 4.0 * bool(own & _TEXTS) + said + (1.0 if not is_short else 0.0)
            if points > 3:  # noqa: PLR2004 - called so
                titles.append(Choice(e.path, points, "where a message failed"))
    return sorted(codes, key=lambda c: -c.points), sorted(titles, key=lambda c: -c.points)


_CAUSES: Final = frozenset(
    {"error", "erro", "errors", "erros", "fail", "failed", "failure", "falha", "reason", "cause", "causes"}
)
_TEXTS: Final = frozenset(
    {
        "title",
        "reason",
        "description",
        "message",
        "detail",
        "details",
        "motivo",
        "text",
        "texto",
        "descricao",
        "mensagem",
        "causa",
        "error",
        "name",
    }
)


def _digits(value: object) -> bool:
    return str(value).lstrip("-").isdecimal()


def _is_id(e: Evidence) -> bool:
    return e.ids > _MOST and e.times <= _MOST
