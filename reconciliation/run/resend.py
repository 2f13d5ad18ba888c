"""Whether a message may be sent again: never `safe` where it may have arrived. Pure."""

from typing import Final, Literal

from reconciliation.match.classes import Class
from schemas.status import BIT, DELIVERY_MASK, FAILURE_MASK

Verdict = Literal["safe", "may_double", "no"]

_UNKNOWN: Final = frozenset({Class.DUPLICATE, Class.ERASED, Class.AMBIGUOUS, Class.MATCHED_WEAKLY, Class.NOT_YET_DUE})
"""Nobody can say what became of these: they are decided first, not sent again."""
_TAKEN: Final = BIT["sent"]


def verdict(compared: str, seen: int, *, is_due: bool = True) -> tuple[Verdict, str]:
    """Return whether to send a row's message again, and why, as a word.

    Args:
        compared: the row's class.
        seen: mask of the statuses that callbacks said of its message; 0: none came.
        is_due: whether the time in which its callbacks come has passed.
    """
    if compared in _UNKNOWN:
        return "no", compared
    if seen & DELIVERY_MASK:
        return "no", "delivered"
    if not seen:
        return ("may_double", "no_callback") if compared == Class.NO_CALLBACK else ("no", compared)
    if seen & BIT["number_not_found"]:
        return "no", "number_not_found"
    if seen & FAILURE_MASK:
        # `expired` says that somebody held it: WhatsApp, or the provider; only an error before WhatsApp's own word is safe
        is_before = not seen & (_TAKEN | BIT["expired"])
        return ("safe", "failed_before_whatsapp") if is_before else ("may_double", "failed_after_accepted")
    return ("may_double", "no_delivery_known") if is_due else ("no", "not_yet_due")
