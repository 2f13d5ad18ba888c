"""The truth, worked out in plain code from what was said and from the order of the log: never by the product's fold.

What each raw record must have become, each distinct event, and each message's and connection's state.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from deploy.demo.observed import Coordinate, RawRecord
from deploy.demo.said import CONNECTION_RANKS, RANKS, NoStatus, Reported
from deploy.demo.sources import PROVIDER, DemoSource
from deploy.demo.traffic import Element, Post

JOURNAL_MAX: Final = 64
RING_MAX: Final = 256
"""Ids of events that a connection's state remembers."""
SET_MAX: Final = 16
"""Sources and aliases listed in a state."""
EARLIEST_MS: Final = 1_230_768_000_000
"""2009-01-01."""
DAY_MS: Final = 86_400_000
OLD_DAYS: Final = 8
"""A time longer before receipt than this is not a message's own."""
FAILING: Final = ("error", "expired", "number_not_found")
DELIVERED: Final = ("delivered", "read")
RECIPIENT_KINDS: Final = ("", "group", "bsuid", "lid", "phone")
"""From the kind that says least of a recipient: it is never replaced by a lesser one."""


@dataclass(frozen=True, slots=True)
class Told:
    """One raw record that reports an event."""

    said: Reported
    source: DemoSource
    record: RawRecord

    @property
    def id(self) -> str:
        """The event's id."""
        return self.said.event_id(PROVIDER)

    @property
    def is_absurd(self) -> bool:
        """Whether the time that the body names cannot be."""
        at_ms = self.said.at_ms
        return at_ms is not None and not EARLIEST_MS <= at_ms <= self.record.received_at_ms + DAY_MS

    @property
    def has_own_time(self) -> bool:
        """Whether the body's own time counts."""
        return self.said.at_ms is not None and not self.is_absurd

    @property
    def at_ms(self) -> int:
        """When it happened: the body's time, else that of receipt."""
        own = self.said.at_ms
        return own if own is not None and not self.is_absurd else self.record.received_at_ms

    @property
    def is_old(self) -> bool:
        """Whether the body's own time is so long before receipt that it is not the message's time."""
        return self.has_own_time and self.at_ms < self.record.received_at_ms - OLD_DAYS * DAY_MS

    @property
    def first_at(self) -> int:
        """What it gives to its message's own time."""
        received_ms = self.record.received_at_ms
        return received_ms if self.is_old else min(self.at_ms, received_ms)


@dataclass(slots=True)
class History:
    """What the log says of one message or connection, in the log's order."""

    account: str
    subject: str
    listed: dict[str, str] = field(default_factory=dict)
    """Event id → outcome, of the events in the journal."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Event id → what it would have been, of events that no source has selected yet."""
    folded: list[Told] = field(default_factory=list)
    """Everything that counts towards the state: each distinct event once, and all beyond the journal."""

    def take(self, told: Told) -> str:
        """Take the next record and return its outcome."""
        is_message = told.said.message_id != ""
        selects = told.source.selected is None or told.said.status in told.source.selected
        if told.id in (self.listed if is_message else list(self.listed)[-RING_MAX:]):
            return self.left_out.pop(told.id, "repeat") if selects else "repeat"
        before = self.standing()
        self.folded.append(told)
        if is_message and len(self.listed) >= JOURNAL_MAX:
            return "overflow"
        self.listed.pop(told.id, None)
        self.left_out.pop(told.id, None)
        outcome = "advanced" if self.standing() != before else "filled"
        if not selects:
            self.left_out[told.id], outcome = outcome, "unselected"
        self.listed[told.id] = outcome
        return outcome

    @property
    def is_message(self) -> bool:
        """Whether this is about a message."""
        return self.folded[0].said.message_id != ""

    def standing(self) -> Any:
        """Return what a rise of the status changes."""
        if not self.folded:
            return None
        if self.is_message:
            return max(RANKS[told.said.status] for told in self.folded)
        return max(map(_report_order, self.folded))

    def state(self) -> dict[str, Any]:
        """Return the state as the published JSON says it, bookkeeping left out."""
        first = self.folded[0].record
        common = {
            "account": self.account,
            "anchor_ms": first.at_ms,
            "provider": PROVIDER,
            "sources": sorted({told.source.name for told in self.folded})[:SET_MAX],
            "first_at_ms": self._times(min),
            "old_time": any(told.is_old for told in self.folded),
        }
        return {**common, **(self._message_state() if self.is_message else self._connection_state())}

    def _times(self, choose: Any) -> dict[str, int]:
        times: dict[str, list[int]] = {}
        for told in self.folded:
            times.setdefault(told.said.status, []).append(told.at_ms)
        return {status: choose(at_ms) for status, at_ms in times.items()}

    def _message_state(self) -> dict[str, Any]:
        folded = self.folded
        seen = {told.said.status for told in folded}
        recipient, kind = max(
            ((told.said.recipient, told.said.recipient_kind) for told in folded),
            key=lambda named: (RECIPIENT_KINDS.index(named[1]), named[0]),
        )
        aliases = {told.said.tracking_id for told in folded} - {"", self.subject}
        return {
            "message_id": self.subject,
            "status": max(seen, key=RANKS.__getitem__),
            "seen": sum(1 << list(RANKS).index(status) for status in seen),
            "first_received_ms": min(told.record.received_at_ms for told in folded),
            "last_received_ms": max(told.record.received_at_ms for told in folded),
            "connection_id": max(told.said.connection_id for told in folded),
            "recipient": recipient,
            "recipient_kind": kind,
            "identities": [list(name) for name in sorted({tuple(n) for t in folded for n in t.said.identities})]
            or None,
            "client_ref": max(told.said.client_ref for told in folded),
            "campaign": max(told.said.campaign for told in folded),
            "aliases": sorted(aliases)[:SET_MAX],
            "failure": _failure(folded),
            "conflict": bool(seen.intersection(FAILING) and seen.intersection(DELIVERED)),
            "delivered_inferred": "read" in seen and "delivered" not in seen,
            "absurd_time": any(told.is_absurd for told in folded),
            "first_at": min(told.first_at for told in folded),
            "receipt_times": self._receipt_times() or None,
        }

    def _receipt_times(self) -> int:
        """Return the bits of the statuses whose first time is one of receipt: of two at one millisecond, that one counts."""
        first = self._times(min)
        received = {t.said.status for t in self.folded if not t.has_own_time and t.at_ms == first[t.said.status]}
        return sum(1 << list(RANKS).index(status) for status in received)

    def _connection_state(self) -> dict[str, Any]:
        latest = max(self.folded, key=_report_order)
        said = latest.said
        return {
            "connection_id": self.subject,
            "status": said.status,
            "status_at_ms": latest.at_ms,
            "reason": said.reason,
            "latest": [*_report_order(latest), said.status, said.reason],
            "last_at_ms": self._times(max),
        }


def _report_order(told: Told) -> tuple[int, int, str]:
    """Return what decides between two reports on a connection: the later, the graver, the greater id."""
    return (told.at_ms, CONNECTION_RANKS[told.said.status], told.id)


def _failure(folded: Sequence[Told]) -> dict[str, str] | None:
    """Return the failure that counts: of the greatest rank, and among those the least category, code and title."""
    failing = [told.said for told in folded if told.said.status in FAILING]
    if not failing:
        return None
    worst = max((said.status for said in failing), key=RANKS.__getitem__)
    category, code, title = min(
        (said.failure.category, said.failure.code, said.failure.title)
        for said in failing
        if said.status == worst and said.failure is not None
    )
    return {"status": worst, "category": category, "code": code, "title": title}


def cloud_event(told: Told, outcome: str) -> dict[str, Any]:
    """Return the value that `message.events` or `connection.events` must have for a record."""
    said, record = told.said, told.record
    account = told.source.account
    kind = "message" if said.message_id else "connection"
    own_time = datetime.fromtimestamp(told.at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    failure = said.failure
    return {
        "specversion": "1.0",
        "id": told.id,
        "source": f"/{account}/{said.connection_id}",
        "type": f"whatsapp.{kind}.status.v1",
        "subject": said.subject,
        "time": own_time.replace("+00:00", "Z") if told.has_own_time else None,
        "data": {
            "account": account,
            "source": told.source.name,
            "provider": PROVIDER,
            "connection_id": said.connection_id,
            "message_id": said.message_id,
            "status": said.status,
            "provider_status": said.word,
            "outcome": outcome,
            "occurred_at_ms": told.at_ms,
            "time_source": "provider" if told.has_own_time else "received",
            "received_at_ms": record.received_at_ms,
            "request_id": record.request_id,
            "index": record.index,
            "raw": {"partition": record.at.partition, "offset": record.at.offset, "at_ms": record.at_ms},
            "absurd_time": told.is_absurd,
            "first_at": told.first_at if said.message_id else None,
            "old_time": told.is_old,
            "receipt_times": 1 << list(RANKS).index(said.status) if said.message_id and not told.has_own_time else None,
            "recipient": said.recipient,
            "recipient_kind": said.recipient_kind,
            "identities": list(said.identities) or None,
            "participant": said.participant,
            "client_ref": said.client_ref,
            "provider_event_id": said.provider_event_id,
            "aliases": [said.tracking_id] if said.tracking_id not in ("", said.message_id) else [],
            "campaign": said.campaign,
            "reason": said.reason,
            "error": {"category": failure.category, "code": failure.code, "title": failure.title} if failure else None,
        },
    }


Subject = tuple[str, str, bool]
"""(account, message or connection id, whether it is a message)."""


@dataclass(slots=True)
class Truth:
    """What must be found, given what the log holds."""

    outcomes: dict[Coordinate, tuple[str, str]] = field(default_factory=dict)
    """Each processed coordinate → (outcome, event id or "")."""
    keys: dict[Coordinate, bytes] = field(default_factory=dict)
    """Each processed coordinate → the key that its record and all that derives from it must have."""
    events: dict[tuple[Subject, str], dict[str, Any]] = field(default_factory=dict)
    """(subject, event id) → value in `message.events` or `connection.events`."""
    histories: dict[Subject, History] = field(default_factory=dict)


def work_out(matched: Sequence[tuple[RawRecord, Element, Post]]) -> Truth:
    """Return the truth about raw records whose elements are known, given in any order; whole batches left out."""
    truth = Truth()
    for record, element, post in sorted(matched, key=lambda one: one[0].at):
        said, account = element.said, post.source.account
        if not isinstance(said, Reported):
            outcome = "ignored" if isinstance(said, NoStatus) else "unmapped"
            truth.outcomes[record.at] = (outcome, "")
            truth.keys[record.at] = record.request_id.encode()
            continue
        subject = (account, said.subject, said.message_id != "")
        history = truth.histories.setdefault(subject, History(account, said.subject))
        told = Told(said, post.source, record)
        outcome = history.take(told)
        truth.outcomes[record.at] = (outcome, told.id)
        truth.keys[record.at] = f"{account}/{said.subject}".encode()
        if outcome in ("advanced", "filled"):
            truth.events[subject, told.id] = cloud_event(told, outcome)
    return truth
