"""The whole truth about one message: its facts, and the bookkeeping that makes replay exact.

The facts are a field-wise join: commutative, associative, idempotent. Whatever the order and however often
events came, the same set of them gives the same facts. ClickHouse folds the same columns the same way
(`min`, `max`, `groupBitOr`), so a partial or repeated insert changes nothing there either.
"""

from typing import Final

import msgspec

from schemas.event import Event
from schemas.identity import Identity, least
from schemas.status import BIT, DELIVERY_MASK, FAILURE_MASK, NAMES_BY_RANK, RANK

JOURNAL_MAX: Final = 64
"""Events listed in a message's journal; a message with more folds facts and answers `overflow`."""
ALIASES_MAX: Final = 16
SOURCES_MAX: Final = 16
HORIZON_MS: Final = 45 * 24 * 60 * 60 * 1000
"""A state counts as absent for a record this much later than its last distinct event."""

VERDICTS: Final = ("", "advanced", "filled", "unselected")
"""Journal verdict codes: index 1 advanced, 2 filled, 3 unselected."""


class JournalEntry(msgspec.Struct, array_like=True, gc=False):
    """One distinct event: its id, its offset in the raw partition (the key fixes the partition), its verdict code."""

    event_id: str
    offset: int
    verdict: int


class Bookkeeping(msgspec.Struct, array_like=True, gc=False):
    """What replay and recovery need, under the reserved field `_`, outside the published schema."""

    version: int
    """Offset of the last raw record that changed the state. Recovery keeps the greater."""
    last_at_ms: int
    """Greatest time of a distinct event's record (`record.fold_time_ms`): what the horizon is measured from."""
    journal: list[JournalEntry]
    """A message's distinct events, up to JOURNAL_MAX; a connection's last ones (see `connection_state`)."""


class Failure(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The failure that counts: greatest rank, then least (category, code, title)."""

    status: str
    category: str
    code: str
    title: str = ""


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


_FLAGGED_MASK: Final = FAILURE_MASK | DELIVERY_MASK


def _failure_order(failure: Failure) -> tuple[int, str, str, str]:
    return (-RANK[failure.status], failure.category, failure.code, failure.title)


def _join_set(known: list[str], value: str, limit: int) -> list[str]:
    return sorted({*known, value})[:limit]


def join(state: MessageState, event: Event) -> bool:
    """Fold an event's facts into `state`, in place: the caller owns the state.

    A join: the order and number of calls with the same events do not matter.

    Returns:
        Whether the status rose.
    """
    status, at_ms, seen = event.status, event.occurred_at_ms, state.seen
    bit = BIT[status]
    rose = bit > seen  # bits are in the order of rank
    if not seen & bit:
        state.seen = seen | bit
        if rose:
            state.status = status
        if bit & _FLAGGED_MASK:
            _flag(state)
        state.first_at_ms[status] = at_ms
        state.receipt_times |= event.receipt_times & bit
    elif at_ms <= state.first_at_ms[status]:
        _join_first_time(state, event)
    received_ms = event.received_at_ms
    if received_ms < state.first_received_ms:
        state.first_received_ms = received_ms
    if received_ms > state.last_received_ms:
        state.last_received_ms = received_ms
    _join_text(state, event)
    if bit & FAILURE_MASK:
        _join_failure(state, event)
    if event.absurd_time:
        state.absurd_time = True
    e = event
    if (
        (e.first_at or e.old_time or e.line or e.template or e.identities)
        or (e.price_type or e.price_category or e.price_model)
        or e.billable is not None
    ):
        _join_further(state, event)
    return rose


def _join_first_time(state: MessageState, event: Event) -> None:
    """Fold in a time that is not later than the first one known of its status.

    A status's time joins with where it is from: the least of (time, is not a receipt). So the mask is no plain `or`: an
    earlier time takes its bit along, and of two at one millisecond a receipt's counts. The engine's fold is the same: the
    least time of a status, and the least of its times of receipt; it is a receipt where these are equal.
    """
    status = event.status
    bit = BIT[status]
    if event.occurred_at_ms < state.first_at_ms[status]:
        state.first_at_ms[status] = event.occurred_at_ms
        state.receipt_times &= ~bit
    state.receipt_times |= event.receipt_times & bit


def _join_further(state: MessageState, event: Event) -> None:
    """Fold in what few providers say: least time, greatest words, union of identities. False is greater than unknown."""
    first_at = event.first_at
    if first_at and (not state.first_at or first_at < state.first_at):
        state.first_at = first_at
    if event.old_time:
        state.old_time = True
    if event.billable is not None:
        state.billable = event.billable or bool(state.billable)
    if event.price_type > state.price_type:
        state.price_type = event.price_type
    if event.price_category > state.price_category:
        state.price_category = event.price_category
    if event.price_model > state.price_model:
        state.price_model = event.price_model
    if event.line > state.line:
        state.line = event.line
    if event.template > state.template:
        state.template = event.template
    if event.identities:
        state.identities = least(state.identities, event.identities)


def _flag(state: MessageState) -> None:
    """Work out what follows from a failure or a delivery having been seen."""
    seen = state.seen
    if seen & FAILURE_MASK:
        state.conflict = seen & DELIVERY_MASK != 0
    state.delivered_inferred = seen & DELIVERY_MASK == BIT["read"]


def failure_of(event: Event) -> Failure:
    """Return what an event of a failure status says of the failure."""
    error = event.error
    if error is None:
        return Failure(event.status, "unknown", "")
    return Failure(event.status, error.category, error.code, error.title)


def _join_failure(state: MessageState, event: Event) -> None:
    failure = failure_of(event)
    if state.failure is None or _failure_order(failure) < _failure_order(state.failure):
        state.failure = failure


def _join_text(state: MessageState, event: Event) -> None:
    if event.provider > state.provider:
        state.provider = event.provider
    if event.connection_id > state.connection_id:
        state.connection_id = event.connection_id
    if event.recipient >= state.recipient and (
        event.recipient > state.recipient or event.recipient_kind > state.recipient_kind
    ):
        state.recipient, state.recipient_kind = event.recipient, event.recipient_kind
    if event.client_ref > state.client_ref:
        state.client_ref = event.client_ref
    if event.campaign > state.campaign:
        state.campaign = event.campaign
    if event.pricing > state.pricing:
        state.pricing = event.pricing
    if event.source not in state.sources:
        state.sources = _join_set(state.sources, event.source, SOURCES_MAX)
    for alias in event.aliases:
        if alias not in state.aliases:
            state.aliases = _join_set(state.aliases, alias, ALIASES_MAX)


assert NAMES_BY_RANK[-1] == "read", "the mask's highest bit is the highest rank"
