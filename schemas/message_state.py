"""The whole truth about one message: its facts, and the bookkeeping that makes replay exact.

The facts are a field-wise join: commutative, associative, idempotent. Whatever the order and however often
events came, the same set of them gives the same facts. ClickHouse folds the same columns the same way
(`min`, `max`, `groupBitOr`), so a partial or repeated insert changes nothing there either.
"""

from typing import Final

import msgspec

from schemas.erasure import Erased
from schemas.event import Event
from schemas.identity import Identity
from schemas.message_failure import Failure, failure_of
from schemas.message_join import ALIASES_MAX, SOURCES_MAX, join

__all__ = [
    "ALIASES_MAX",
    "HORIZON_MS",
    "JOURNAL_MAX",
    "LATER",
    "SOURCES_MAX",
    "VERDICTS",
    "Bookkeeping",
    "Failure",
    "JournalEntry",
    "MessageState",
    "absent",
    "decode",
    "encode",
    "failure_of",
    "join",
    "last_at_of",
    "version_of",
]

JOURNAL_MAX: Final = 64
"""Events listed in a message's journal; a message with more folds facts and answers `overflow`."""
HORIZON_MS: Final = 45 * 24 * 60 * 60 * 1000
"""A state counts as absent for a record this much later than its last distinct event."""

VERDICTS: Final = ("", "advanced", "filled", "unselected", "unselected", "erased")
"""Journal verdict code → outcome of the event's first record."""
LATER: Final = ("", "", "", "filled", "advanced", "")
"""Journal verdict code of an event that its first source left out → outcome of the first record whose source selects it:
what the first would have been. Of what was written before this was kept (3) it is not known, and nothing is said to have risen."""


class JournalEntry(msgspec.Struct, array_like=True, gc=False):
    """One distinct event."""

    event_id: str
    offset: int
    """Of its first record in the raw partition (the key fixes the partition)."""
    verdict: int | tuple[int, int]
    """Code of that record's verdict; with the offset of a later record where that one published what this one left out."""

    @property
    def code(self) -> int:
        """Code of the first record's verdict."""
        return self.verdict if isinstance(self.verdict, int) else self.verdict[0]

    @property
    def later(self) -> int | None:
        """Offset of the record that published what the first one left out."""
        return None if isinstance(self.verdict, int) else self.verdict[1]

    @property
    def last(self) -> int:
        """Greatest offset of a record whose outcome it remembers."""
        return self.offset if isinstance(self.verdict, int) else self.verdict[1]


class Bookkeeping(msgspec.Struct, array_like=True, gc=False):
    """What replay and recovery need, under the reserved field `_`, outside the published schema."""

    version: int
    """Offset of the last raw record that changed the state. Recovery keeps the greater."""
    last_at_ms: int
    """Greatest time of a distinct event's record (`record.fold_time_ms`), of one that overflowed too: the horizon's beginning."""
    journal: list[JournalEntry]
    """A message's distinct events, up to JOURNAL_MAX; a connection's last ones (see `connection_state`)."""


class MessageState(msgspec.Struct, gc=False, omit_defaults=True):
    """A value of `message.state`. Text fields are "" where unknown; two different values join to the greater."""

    bookkeeping: Bookkeeping = msgspec.field(name="_")
    account: str
    message_id: str
    status: str
    """Highest-ranked status seen."""
    seen: int
    """Bit mask of statuses seen (`schemas.status.BIT`)."""
    anchor_ms: int
    """Append time of the first record folded into this state: the day ClickHouse sorts the message under."""
    first_at_ms: dict[str, int]
    """First time of each status seen, UTC ms."""
    first_received_ms: int
    last_received_ms: int
    """Least and greatest time of receipt among distinct events."""
    provider: str = ""
    sources: list[str] = []
    """Sources that reported it, sorted; at most SOURCES_MAX, the least."""
    connection_id: str = ""
    recipient: str = ""
    recipient_kind: str = ""
    client_ref: str = ""
    campaign: str = ""
    pricing: str = ""
    aliases: list[str] = []
    """Other ids of the same message, sorted; at most ALIASES_MAX, the least."""
    failure: Failure | None = None
    conflict: bool = False
    """A failure and a delivery were both reported."""
    delivered_inferred: bool = False
    """Read was reported and delivered was not."""
    absurd_time: bool = False
    """At least one event's own time was absurd and its time of receipt stood in."""
    seeded_from: int = 0
    """Generation whose facts stand in for events older than the log that this generation was folded from; 0: none."""
    generation: int = 0
    """Generation that it was folded in; 0: not said."""
    first_at: int = 0
    """The message's own time, UTC ms: the least `first_at` of its events; 0: not known."""
    old_time: bool = False
    """At least one event's time was too long before its receipt to enter `first_at`."""
    receipt_times: int = 0
    """Bit mask of the statuses whose first time is a time of receipt."""
    billable: bool | None = None
    """Yes where any event says so."""
    price_type: str = ""
    price_category: str = ""
    price_model: str = ""
    identities: list[Identity] = []
    """Names of the recipient: the least IDENTITIES_MAX, in the order of `schemas.identity`."""
    line: str = ""
    template: str = ""
    former: list[list[JournalEntry]] = msgspec.field(default_factory=list, name="_former")
    """Outside the published schema: journals of the message's states that ended at the horizon before this one began, in order,
    while records of theirs may still be replayed. What was said of those is said again."""
    erased: Erased | None = msgspec.field(default=None, name="_erased")
    """Outside the published schema: that the message is forgotten. What comes of it later is counted, and says nothing of anybody."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(MessageState)


def encode(state: MessageState) -> bytes:
    """Return the state as a value of `message.state`. Bookkeeping comes first, so `version_of` need not parse."""
    return _encoder.encode(state)


def decode(value: bytes) -> MessageState:
    """Read a value of `message.state`. Raises msgspec.DecodeError."""
    return _decoder.decode(value)


_VERSION_START: Final = len(b'{"_":[')


def version_of(value: bytes) -> int:
    """Return the version of an encoded state (message or connection) without parsing it. Raises ValueError."""
    return int(value[_VERSION_START : value.index(b",", _VERSION_START)])


def last_at_of(value: bytes) -> int:
    """Return the append time of an encoded state's last distinct event without parsing it. Raises ValueError."""
    start = value.index(b",", _VERSION_START) + 1
    return int(value[start : value.index(b",", start)])


def absent(event: Event, at_ms: int) -> MessageState:
    """Return the state of a message of which nothing is known yet; `join` makes it true of `event`.

    Args:
        event: the message's first event.
        at_ms: append time of its record.
    """
    return MessageState(
        Bookkeeping(-1, at_ms, []),
        event.account,
        event.message_id,
        "",
        0,
        at_ms,
        {},
        event.received_at_ms,
        event.received_at_ms,
        sources=[event.source],
    )
