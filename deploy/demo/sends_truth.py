"""Pure: from the truth about messages to rows of what was sent, of every class that a row can have; and what must come of each.

The classes are worked out here in plain code, from how each row was made, never by the product's matching.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from deploy.demo.said import RANKS
from deploy.demo.truth import DELIVERED, History, Truth

WINDOW_S: Final = 600
HOUR_MS: Final = 3_600_000
WEAK_KEY: Final = f"campaign,connection,window={WINDOW_S // 60}m"
WAYS: Final = (
    *("by_id", "by_alias", "by_reference", "connection", "campaign", "number", "status", "twice", "weak"),
    *("left_out", "none", "early"),
)
"""What becomes of one message after another; where it has not what a way needs, its row has its id."""
_TAKEN: Final = ("sent", *DELIVERED)


@dataclass(slots=True)
class Message:
    """One message, under all of its ids."""

    histories: list[History] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    @property
    def id(self) -> str:
        """One of its ids."""
        return min(history.subject for history in self.histories)

    @property
    def other_id(self) -> str:
        """Another of its ids; "" where it has one."""
        return max(self.ids - {self.id}, default="")

    @property
    def statuses(self) -> set[str]:
        """All that callbacks said of it."""
        return {told.said.status for history in self.histories for told in history.folded}

    @property
    def status(self) -> str:
        """What became of it."""
        return max(self.statuses, key=RANKS.__getitem__)

    @property
    def first_at(self) -> int:
        """Its own time, UTC ms."""
        return min(told.first_at for history in self.histories for told in history.folded)

    def greatest(self, name: str) -> str:
        """Return what a state says where events say several things: the greatest."""
        return max(str(getattr(told.said, name)) for history in self.histories for told in history.folded)

    @property
    def person(self) -> tuple[str, str]:
        """Kind and value of a recipient that is neither a number nor a group; two times "" where it is one."""
        found = {
            (told.said.recipient_kind, told.said.recipient) for history in self.histories for told in history.folded
        }
        named = sorted(name for name in found if name[0] in {"lid", "bsuid"})
        return named[0] if len(named) == 1 else ("", "")


@dataclass(slots=True)
class Plan:
    """Rows, and what must be found."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    """What each says, in order: fields of `schemas.send.Send`. Row n is the n-th, from 1."""
    classes: list[str] = field(default_factory=list)
    """Of each row."""
    meant: list[Message | None] = field(default_factory=list)
    """The message of each row; None: there is none, or it is one of several."""
    without: set[str] = field(default_factory=set)
    """Ids of the messages that no row can mean."""
    forgotten: tuple[str, str] = ("", "")
    """Kind and value of whom to forget before all this is compared."""

    def add(self, expected: str, message: Message | None, **row: Any) -> None:
        """Add a row."""
        self.rows.append(row)
        self.classes.append(expected)
        self.meant.append(message)

    def has(self, what: str) -> bool:
        """Return whether there is a row of a class already."""
        return what in self.classes

    def may_have_arrived(self, row: int) -> bool:
        """Return whether a row's message was taken by WhatsApp or delivered: it must never be safe to send it again."""
        message = self.meant[row - 1]
        return message is not None and bool(message.statuses.intersection(_TAKEN))


def account_of(truth: Truth) -> str:
    """Return the account with the most messages, of which rows are made."""
    return Counter(account for account, _, is_message in truth.histories if is_message).most_common(1)[0][0]


def messages_of(truth: Truth, account: str) -> list[Message]:
    """Return the messages of an account, those with several ids as one, in the order of their ids."""
    of_id: dict[str, Message] = {}
    for (owner, subject, is_message), history in sorted(truth.histories.items()):
        if not is_message or owner != account:
            continue
        ids = {subject} | {told.said.tracking_id for told in history.folded} - {""}
        merged = Message([history], ids)
        for known in {id(of_id[one]): of_id[one] for one in ids if one in of_id}.values():
            merged.histories += known.histories
            merged.ids |= known.ids
        of_id.update(dict.fromkeys(merged.ids, merged))
    return sorted({id(m): m for m in of_id.values()}.values(), key=lambda m: m.id)


def plan(messages: list[Message], now_ms: int) -> Plan:
    """Return rows of every class about messages, made at `now_ms` (UTC ms): callbacks are due a day after a send."""
    made, references = Plan(), Counter(m.greatest("client_ref") for m in messages)
    people = Counter(m.person for m in messages)
    named: set[str] = set()
    bare: list[Message] = []
    ways = iter(range(len(messages)))
    for message in messages:
        reference = message.greatest("client_ref")
        is_own = not reference or references[reference] == 1
        if made.forgotten == ("", "") and message.person[0] and people[message.person] == 1 and is_own:
            made.forgotten = message.person
            made.add("erased", message, message_id=message.id, sent_at_ms=message.first_at)
            continue
        way = WAYS[next(ways) % len(WAYS)] if is_own or made.has("ambiguous") else "by_reference"
        if way == "by_reference" and reference and reference not in named:
            named.add(reference)
            what = ("matched", message) if is_own else ("ambiguous", None)
            made.add(*what, reference=reference, sent_at_ms=message.first_at)
        elif way in {"left_out", "none", "early"}:
            bare.append(message)
            for said in _without_message(way, message, now_ms):
                made.add("no_callback" if way == "none" else "not_yet_due", None, **said)
        else:
            for expected, row in _of_message(way, message, is_own=is_own):
                made.add(expected, message, sent_at_ms=message.first_at, **row)
    made.without = {m.id for m in bare if m.greatest("client_ref") not in named - {""} and not _is_near(m, made.rows)}
    return made


def _without_message(way: str, message: Message, now_ms: int) -> Iterator[dict[str, Any]]:
    if way == "none":
        yield {"message_id": f"never-{message.id}", "sent_at_ms": now_ms - 48 * HOUR_MS}
    elif way == "early":
        yield {"message_id": f"soon-{message.id}", "sent_at_ms": now_ms}


def _of_message(way: str, message: Message, *, is_own: bool) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield a message's rows, each with its class; `is_own`: its reference, if it has one, is no other message's."""
    own = {"message_id": message.id}
    campaign, connection = message.greatest("campaign"), message.greatest("connection_id")
    kind, value = message.person
    match way:
        case "by_alias" if message.other_id:
            yield "matched", {"message_id": message.other_id}
        case "connection":
            yield "connection_differs", own | {"connection_id": "somewhere-else"}
        case "campaign" if campaign:
            yield "campaign_differs", own | {"campaign": "another"}
        case "number" if kind:
            yield "number_differs", own | {"recipient": f"{value}9", "recipient_kind": kind}
        case "status" if message.status != "expired":
            yield "status_differs", own | {"status": "expired"}
        case "twice":
            yield "matched", own
            yield "duplicate", own
        case "weak" if campaign and is_own:
            yield "matched_weakly", {"campaign": campaign, "connection_id": connection}
        case _:
            yield "matched", own


def _is_near(message: Message, rows: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether the weak key of some row leads to where a message is: then a row may mean it."""
    alike = (message.greatest("campaign"), message.greatest("connection_id"))
    bucket = message.first_at // (WINDOW_S * 1000)
    return bool(alike[0]) and any(
        (row.get("campaign"), row.get("connection_id")) == alike
        and abs(row["sent_at_ms"] // (WINDOW_S * 1000) - bucket) <= 1
        for row in rows
    )
