"""Folding an event into a message's state: the field-wise join that `schemas.message_state` describes."""

from typing import TYPE_CHECKING, Final

from schemas.event import Event
from schemas.identity import least, prominence
from schemas.message_failure import failure_of, failure_order
from schemas.status import BIT, DELIVERY_MASK, FAILURE_MASK, NAMES_BY_RANK

if TYPE_CHECKING:
    from schemas.message_state import MessageState

ALIASES_MAX: Final = 16
SOURCES_MAX: Final = 16

_FLAGGED_MASK: Final = FAILURE_MASK | DELIVERY_MASK


def _join_set(known: list[str], value: str, limit: int) -> list[str]:
    return sorted({*known, value})[:limit]


def join(state: "MessageState", event: Event) -> bool:
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
    _join_own_time(state, event)
    _join_text(state, event)
    if bit & FAILURE_MASK:
        _join_failure(state, event)
    e = event
    if (
        (e.old_time or e.line or e.template or e.identities)
        or (e.price_type or e.price_category or e.price_model)
        or e.billable is not None
    ):
        _join_further(state, event)
    return rose


def _join_first_time(state: "MessageState", event: Event) -> None:
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


def _join_own_time(state: "MessageState", event: Event) -> None:
    first_at = event.first_at
    if first_at and not 0 < state.first_at <= first_at:
        state.first_at = first_at
    if event.absurd_time:
        state.absurd_time = True


def _join_further(state: "MessageState", event: Event) -> None:
    """Fold in what few providers say: greatest words, union of identities. False is greater than unknown."""
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


def _flag(state: "MessageState") -> None:
    """Work out what follows from a failure or a delivery having been seen."""
    seen = state.seen
    if seen & FAILURE_MASK:
        state.conflict = seen & DELIVERY_MASK != 0
    state.delivered_inferred = seen & DELIVERY_MASK == BIT["read"]


def _join_failure(state: "MessageState", event: Event) -> None:
    failure = failure_of(event)
    if state.failure is None or failure_order(failure) < failure_order(state.failure):
        state.failure = failure


def _join_recipient(state: "MessageState", recipient: str, kind: str) -> None:
    if prominence(recipient, kind) > prominence(state.recipient, state.recipient_kind):
        state.recipient, state.recipient_kind = recipient, kind


def _join_text(state: "MessageState", event: Event) -> None:
    if event.provider > state.provider:
        state.provider = event.provider
    if event.connection_id > state.connection_id:
        state.connection_id = event.connection_id
    if event.recipient != state.recipient or event.recipient_kind != state.recipient_kind:
        _join_recipient(state, event.recipient, event.recipient_kind)
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
