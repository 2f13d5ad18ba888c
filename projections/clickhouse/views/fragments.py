"""SQL that several views share, written once: what a mask of statuses says, and what a funnel counts. Pure."""

from typing import Final

from schemas.status import BIT, DELIVERY_MASK, FAILURE_MASK, NAMES_BY_RANK

_SEEN_BY: Final = {
    **{f"is_{name}": bit for name, bit in BIT.items()},
    "is_delivered": DELIVERY_MASK,
    "is_failed": FAILURE_MASK,
}
"""Column → the bits of which one makes it true. A read implies delivered."""

_COUNTED: Final = {
    "queued": "is_queued",
    "created": "is_created",
    "sent": "is_sent",
    "delivered": "is_delivered",
    "read": "is_read",
    "error": "is_error",
    "expired": "is_expired",
    "number_not_found": "is_number_not_found",
    "failed": "is_failed AND NOT is_delivered",
    "open": "NOT is_failed AND NOT is_delivered",
    "conflict": "conflict",
    "delivered_inferred": "delivered_inferred",
}
"""Column of a funnel → which messages it counts, in the order in which the columns are published."""


def status_of(mask: str) -> str:
    """Return the name of the highest-ranked status in a mask; '' where the mask is 0."""
    cases = [f"{mask} >= {BIT[name]}, '{name}'" for name in reversed(NAMES_BY_RANK)]
    return f"multiIf({', '.join(cases)}, '')"


def flags(mask: str) -> str:
    """Return the columns `is_queued` … `is_failed` of a mask."""
    return ",\n    ".join(f"bitAnd({mask}, {bits}) != 0 AS {name}" for name, bits in _SEEN_BY.items())


def bit(status: str) -> str:
    """Return a status's own bit."""
    return str(BIT[status])


def counts() -> str:
    """Return a funnel's columns, counted over messages."""
    return ",\n    ".join(["count() AS messages", *(f"countIf({which}) AS {name}" for name, which in _COUNTED.items())])


def sums(table: str) -> str:
    """Return the same columns, added up over rows of `table` that have them."""
    return ",\n    ".join(f"sum({table}.{name}) AS {name}" for name in ("messages", *_COUNTED))


def least_times() -> str:
    """Return the arguments of `map`: status → the least first time of it, over rows of `message_state`."""
    return ", ".join(f"'{name}', min({name}_at)" for name in NAMES_BY_RANK)


def receipt_times() -> str:
    """Return the mask of the statuses whose first time is a time of receipt, of a row of `message_state`."""
    return " + ".join(f"if(receipt_at['{name}'] = {name}_at, {bit}, 0)" for name, bit in BIT.items())
