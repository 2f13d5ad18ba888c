"""Whether a message may be sent again: never `safe` where it may have arrived. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from reconciliation.match.classes import CONTRADICTIONS, Class
from schemas.status import BIT, DELIVERY_MASK, FAILURE_MASK

Verdict = Literal["safe", "may_double", "no"]

_UNKNOWN: Final = frozenset(
    {
        *(Class.DUPLICATE, Class.ERASED, Class.AMBIGUOUS, Class.MATCHED_WEAKLY, Class.NOT_YET_DUE, Class.NO_SEND),
        *CONTRADICTIONS,
    }
) - {Class.STATUS_DIFFERS}
"""Nobody can say what became of these, or whose message it is: they are decided first, not sent again."""
_TAKEN: Final = BIT["sent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """What is known of a row of whose message no callback says that it was delivered."""

    compared: str
    """Its class."""
    seen: int
    """Mask of the statuses that callbacks said of its message; 0: none came."""
    is_due: bool = True
    """Whether the time in which its callbacks come has passed."""
    is_said_delivered: bool = False
    """Whether a row of the same send, of whichever manifest, says delivered or read."""
    is_said_taken: bool = False
    """Whether a provider's or an invoice's row of the same send says that it was sent, or bills it."""
    is_first: bool = True
    """Whether it stands for its send: of several manifests' rows of one send one does."""
    delivered_since: bool = False
    """Whether its message was delivered after the run was made."""
    reference_delivered: bool = False
    """Whether another message of its reference was delivered: sent again already, perhaps."""


def verdict(row: Undelivered) -> tuple[Verdict, str]:
    """Return whether to send a row's message again, and why, as a word."""
    return next(found for holds, found in _rules(row) if holds)


def _rules(row: Undelivered) -> Iterator[tuple[bool, tuple[Verdict, str]]]:
    """Yield what may hold of a row, and what follows from it: the first counts."""
    yield row.compared in _UNKNOWN, ("no", row.compared)
    yield bool(row.seen & DELIVERY_MASK) or row.delivered_since, ("no", "delivered")
    yield row.is_said_delivered, ("no", "said_delivered")
    yield not row.is_first, ("no", "same_send")
    yield row.compared == Class.NO_CALLBACK, ("may_double", "no_callback")
    yield bool(row.seen & BIT["number_not_found"]), ("no", "number_not_found")
    if row.seen & FAILURE_MASK:
        # `expired` says that somebody held it: WhatsApp, or the provider; only an error before WhatsApp's own word is safe
        yield bool(row.seen & (_TAKEN | BIT["expired"])) or row.is_said_taken, ("may_double", "failed_after_accepted")
        yield row.reference_delivered, ("may_double", "reference_delivered")
        yield True, ("safe", "failed_before_whatsapp")
    yield row.is_due, ("may_double", "no_delivery_known")
    yield True, ("no", "not_yet_due")
