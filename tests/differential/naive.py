"""A second opinion: what DESIGN says of messages and connections, as plainly as it can be written.

One record after the other, everything in dictionaries, nothing encoded, no batches, nothing remembered but what is said here.
It shares with the product only how bytes are read (`schemas.providers`, the records' headers): what is true of a message,
which outcome a record has and which ids are one message are worked out anew. Where product and this file differ, one of
them is not what was designed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from schemas.event import Event, Ignored
from schemas.providers.provider import Parser
from schemas.record import SPOOL_AGE_MS_MAX, RequestStamp, SourceContext, decode_request, decode_source

Fields = dict[str, Any]
Place = tuple[int, int]
"""Partition and offset of a raw record."""

RANKS: Final = {
    "queued": 10,
    "created": 20,
    "sent": 25,
    "error": 30,
    "expired": 31,
    "number_not_found": 32,
    "delivered": 40,
    "read": 50,
}
FAILED: Final = ("error", "expired", "number_not_found")
GRAVER: Final = ("connected", "disconnected", "logout")
RECIPIENT_KINDS: Final = ("", "group", "parent_bsuid", "bsuid", "lid", "phone")
"""From the kind that says least of a recipient: it is never replaced by a lesser one."""
IDENTITY_KINDS: Final = ("phone", "lid", "bsuid", "parent_bsuid", "group")
GREATEST: Final = (
    *("provider", "connection_id", "client_ref", "campaign", "pricing"),
    *("price_type", "price_category", "price_model", "line", "template"),
)
"""Facts with one value: contradicting ones join to the greater."""
JOURNAL_MAX: Final = 64
RING_MAX: Final = 256
LISTED_MAX: Final = 16
IDENTITIES_MAX: Final = 8
HORIZON_MS: Final = 45 * 24 * 60 * 60 * 1000


@dataclass
class Life:
    """A message or a connection, from its first event to its horizon."""

    key: bytes
    anchor_ms: int
    events: list[Event] = field(default_factory=list)
    """Every distinct event whose facts count, in the log's order."""
    known: dict[str, list[tuple[Place, str]]] = field(default_factory=dict)
    """Event id → where it was told first and what became of it; a second entry where a selecting source published it."""
    would: dict[str, str] = field(default_factory=dict)
    """Event id → the verdict it would have had, had its source selected it."""
    last_ms: int = 0
    """When the last distinct event was appended, as far as that is to be believed."""


@dataclass
class Outcome:
    """What became of one record."""

    outcome: str
    key: bytes
    event: Event | None
    context: SourceContext | None
    stamp: RequestStamp | None


class Naive:
    """Reads the raw log record by record. Records of one key must come in the log's order."""

    def __init__(self, parser_of: Callable[[SourceContext], Parser]) -> None:
        """Begin with nothing known; `parser_of` finds the parser of a source."""
        self._parser_of = parser_of
        self.messages: dict[bytes, Life] = {}
        """Key → the life that goes on, or the last one."""
        self.connections: dict[bytes, Life] = {}
        self.lives: list[Life] = []
        """All of them: a message told of again after its horizon has two."""
        self.outcomes: dict[Place, Outcome] = {}

    def read(self, record: Any) -> None:
        """Take the next record of the raw log."""
        place = record.partition, record.offset
        key = record.key or b""
        try:
            named = dict(record.headers)
            context, stamp = decode_source(named["source"]), decode_request(named["request"])
        except Exception:  # noqa: BLE001 - whatever it is, it is not ours
            self.outcomes[place] = Outcome("unmapped", key, None, None, None)
            return
        if stamp.kind == "batch":
            return
        said = self._parser_of(context).normalize(record.value or b"", context, stamp.received_at_ms)
        event = said if isinstance(said, Event) and key == _key(said) else None
        if event is None:
            outcome = "ignored" if isinstance(said, Ignored) else "unmapped"
        else:
            # The broker's clock is untrusted input: no record is later than its receipt and the longest stay in a spool.
            at_ms = min(record.timestamp, stamp.received_at_ms + SPOOL_AGE_MS_MAX)
            outcome = self._judge(event, context, place, key, at_ms)
        self.outcomes[place] = Outcome(outcome, key, event, context, stamp)

    def _judge(self, event: Event, context: SourceContext, place: Place, key: bytes, at_ms: int) -> str:
        is_message = event.message_id != ""
        lives = self.messages if is_message else self.connections
        life = lives.get(key)
        if life is None or (is_message and at_ms - life.last_ms > HORIZON_MS):
            life = lives[key] = Life(key, at_ms)
            self.lives.append(life)
        is_selected = context.selected is None or event.status in context.selected
        if event.id in life.known:
            told = life.known[event.id]
            if is_selected and all(verdict == "unselected" for _, verdict in told):
                told.append((place, life.would[event.id]))
                return life.would[event.id]
            return "repeat"
        before = standing(life)
        life.events.append(event)
        life.last_ms = max(life.last_ms, at_ms)
        if is_message and len(life.known) == JOURNAL_MAX:
            return "overflow"
        verdict = "advanced" if before is None or standing(life) > before else "filled"
        life.would[event.id] = verdict
        life.known[event.id] = [(place, verdict if is_selected else "unselected")]
        if not is_message and len(life.known) > RING_MAX:
            del life.known[next(iter(life.known))]
        return life.known[event.id][0][1]


def standing(life: Life) -> Any:
    """Return what an event may raise: a message's rank, or a connection's latest report."""
    if not life.events:
        return None
    if life.events[0].message_id:
        return max(RANKS[event.status] for event in life.events)
    return max(map(_report, life.events))


def _report(event: Event) -> tuple[int, int, str]:
    """Return what orders the reports of a connection: its time; of two at one moment, the graver."""
    return (event.occurred_at_ms, GRAVER.index(event.status), event.id)


def _key(event: Event) -> bytes:
    return f"{event.account}/{event.message_id or event.connection_id}".encode("utf-8", "surrogatepass")


def message(events: Iterable[Event], anchor_ms: int) -> Fields:
    """Return what is true of a message of which these distinct events were told, in whatever order."""
    told = list(events)
    first = _first(told, min)
    seen = {event.status for event in told}
    failures = [event for event in told if event.status in FAILED]
    facts: Fields = {
        "account": told[0].account,
        "message_id": told[0].message_id,
        "status": max(seen, key=RANKS.__getitem__),
        "seen": sum(1 << list(RANKS).index(status) for status in seen),
        "anchor_ms": anchor_ms,
        "first_at_ms": first,
        "first_received_ms": min(event.received_at_ms for event in told),
        "last_received_ms": max(event.received_at_ms for event in told),
        "sources": sorted({event.source for event in told})[:LISTED_MAX],
        "aliases": sorted({alias for event in told for alias in event.aliases})[:LISTED_MAX],
        "conflict": bool(failures) and not seen.isdisjoint(("delivered", "read")),
        "delivered_inferred": "read" in seen and "delivered" not in seen,
        "absurd_time": any(event.absurd_time for event in told),
        "old_time": any(event.old_time for event in told),
        "first_at": min((event.first_at for event in told if event.first_at), default=0),
        "receipt_times": _receipt_times(told, first),
        "billable": max((event.billable for event in told if event.billable is not None), default=None),
        "identities": _identities(told),
    }
    facts |= {name: max(getattr(event, name) for event in told) for name in GREATEST}
    facts["recipient"], facts["recipient_kind"] = max(
        ((event.recipient, event.recipient_kind) for event in told),
        key=lambda named: (RECIPIENT_KINDS.index(named[1]), named[0]),
    )
    if failures:
        facts["failure"] = _failure(failures)
    return {name: value for name, value in facts.items() if value not in ("", 0, False, None, [])}


def _first(told: list[Event], which: Callable[[Iterable[int]], int]) -> dict[str, int]:
    times = defaultdict(list)
    for event in told:
        times[event.status].append(event.occurred_at_ms)
    return {status: which(at_ms) for status, at_ms in times.items()}


def _receipt_times(told: list[Event], first: dict[str, int]) -> int:
    bits = 0
    for event in told:
        if event.occurred_at_ms == first[event.status]:
            bits |= event.receipt_times
    return bits


def _identities(told: list[Event]) -> list[list[str]]:
    named = {(identity.kind, identity.value) for event in told for identity in event.identities}
    ordered = sorted(named, key=lambda one: (IDENTITY_KINDS.index(one[0]), one[1]))
    return [list(one) for one in ordered[:IDENTITIES_MAX]]


def _failure(failures: list[Event]) -> Fields:
    """Return the greatest by (rank, then least category, code)."""

    def order(event: Event) -> tuple[int, str, str, str]:
        error = event.error
        words = (error.category, error.code, error.title) if error else ("unknown", "", "")
        return (-RANKS[event.status], *words)

    rank, category, code, title = min(map(order, failures))
    status = next(name for name, of in RANKS.items() if of == -rank)
    return {"status": status, "category": category, "code": code} | ({"title": title} if title else {})


def connection(life: Life) -> Fields:
    """Return what is true of a connection."""
    told = life.events
    latest = max(told, key=_report)
    facts: Fields = {
        "account": latest.account,
        "connection_id": latest.connection_id,
        "status": latest.status,
        "status_at_ms": latest.occurred_at_ms,
        "reason": latest.reason,
        "anchor_ms": life.anchor_ms,
        "first_at_ms": _first(told, min),
        "last_at_ms": _first(told, max),
        "provider": max(event.provider for event in told),
        "sources": sorted({event.source for event in told})[:LISTED_MAX],
        "old_time": any(event.old_time for event in told),
    }
    return {name: value for name, value in facts.items() if value not in ("", 0, False, None, [])}


def rows(lives: Iterable[Life]) -> dict[tuple[str, str], Fields]:
    """Return one row a message: all lives of one message, under all of its ids, joined; (account, shown id) → fields.

    Several ids of one message are one group: an event names its own and its aliases, so two messages that name one
    alias are one as well. A member shows the least (anchor day, message id) of its group.
    """
    members = [life for life in lives if life.events[0].message_id]
    group: dict[bytes, bytes] = {}

    def root(key: bytes) -> bytes:
        while group.setdefault(key, key) != key:
            key = group[key]
        return key

    for life in members:
        for event in life.events:
            for alias in event.aliases:
                group[root(f"{event.account}/{alias}".encode("utf-8", "surrogatepass"))] = root(life.key)
    joined: dict[bytes, list[Life]] = defaultdict(list)
    for life in members:
        joined[root(life.key)].append(life)
    found = {}
    for several in joined.values():
        shown = min(several, key=lambda life: (life.anchor_ms // 86_400_000, life.events[0].message_id))
        events = [event for life in several for event in life.events]
        facts = message(events, min(life.anchor_ms for life in several))
        facts["message_id"] = shown.events[0].message_id
        found[facts["account"], facts["message_id"]] = facts
    return found
