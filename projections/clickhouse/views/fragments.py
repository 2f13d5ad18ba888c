"""SQL that several views share, written once: what a mask of statuses says, and what a funnel counts. Pure."""

from typing import Final

from schemas.event import OLD_MS
from schemas.status import BIT, DELIVERY_MASK, FAILURE_MASK, NAMES_BY_RANK

_SEEN_BY: Final = {
    **{f"is_{name}": bit for name, bit in BIT.items()},
    "is_delivered": DELIVERY_MASK,
    "is_failed": FAILURE_MASK,
}
"""Column → the bits of which one makes it true. A read implies delivered."""

_FOLDED: Final = {
    "anchor_at": "min",
    "last_event_at": "max",
    "seen": "groupBitOr",
    **{f"{status}_at": "min?" for status in NAMES_BY_RANK},
    "first_received_at": "min",
    "last_received_at": "max",
    "provider": "max",
    "sources": "union",
    "connection_id": "max",
    "ranked_recipient": "max",
    "client_ref": "max",
    "campaign": "max",
    "pricing": "max",
    "aliases": "aliases",
    "failure": "min",
    "absurd_time": "max",
    "first_at": "min?",
    "old_time": "max",
    "receipt_at": "minMap",
    "billable": "max?",
    "price_type": "max",
    "price_category": "max",
    "price_model": "max",
    "identities": "union",
    "line": "max",
    "template": "max",
    "generation": "max",
    "seeded_from": "max",
}
"""Column of `message_state` → how states of one message join in it; `?` where NULL is a value of it."""

_STORED: Final = {
    "seen": "groupBitOr, UInt32",
    **{f"{status}_at": "min, Nullable(DateTime64(3, \\'UTC\\'))" for status in NAMES_BY_RANK},
    "billable": "max, Nullable(Bool)",
}
"""Columns that views have had as the table has them, SimpleAggregateFunction: published, so kept."""

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


def fold_columns() -> str:
    """Return the columns that a message's row has of its states, besides its key."""
    return ", ".join(_FOLDED)


def fold_joins() -> str:
    """Return the same columns joined over the states `s` of one message.

    `assumeNotNull` keeps a type that is not nullable under `aggregate_functions_null_for_empty`.
    """
    return ",\n    ".join(f"{_as_stored(column, _joined(column, how))} AS {column}" for column, how in _FOLDED.items())


def _as_stored(column: str, joined: str) -> str:
    return f"CAST({joined}, 'SimpleAggregateFunction({_STORED[column]})')" if column in _STORED else joined


def _joined(column: str, how: str) -> str:
    if how == "union":
        return f"groupUniqArrayArray(s.{column})"
    if how == "aliases":
        return "groupUniqArrayArray(arrayPushBack(s.aliases, s.message_id))"
    if how.endswith("?"):
        return f"{how[:-1]}(s.{column})"
    return f"assumeNotNull({how}(s.{column}))"


def own_time() -> str:
    """Return the expression of a message's own time, for rows of older releases (which have no `first_at`) too.

    Without old times the least of all its times is it; the times of an old one are told from others no more.
    """
    near = ", ".join(
        f"if(ifNull(f.{name}_at >= f.first_received_at - toIntervalMillisecond({OLD_MS}), false), "
        f"ifNull(f.{name}_at, f.first_received_at), f.first_received_at)"
        for name in NAMES_BY_RANK
    )
    said = "ifNull(f.first_at, f.first_received_at)"
    return f"if(f.old_time, {said}, least({said}, {near}))"


def earliest_told(prefix: str = "") -> str:
    """Return the least of all times that a row of `message_state` gives its message: `own_time` is no earlier.

    The index `by_own_time` (migration 2301) is of this very expression.
    """
    times = ", ".join(
        f"ifNull({prefix}{name}, {prefix}first_received_at)"
        for name in ("first_at", *(f"{status}_at" for status in NAMES_BY_RANK))
    )
    return f"least({prefix}first_received_at, {times})"


def receipt_mask(table: str) -> str:
    """Return `receipt_times` of the rows of `table`, never NULL."""
    return " + ".join(
        f"if(ifNull({table}.receipt_at['{name}'] = {table}.{name}_at, false), {bit}, 0)" for name, bit in BIT.items()
    )


def bits(statuses: str) -> str:
    """Return the bits of several statuses, named with spaces between."""
    return str(sum(BIT[name] for name in statuses.split()))


def subject(key: str) -> str:
    """Return the message or connection that a record's key names; '' where it is a request's id."""
    return f"if(startsWith({key}, concat(account, '/')), substring({key}, length(account) + 2), '')"


def counts() -> str:
    """Return a funnel's columns, counted over messages."""
    return ",\n    ".join(["count() AS messages", *(f"countIf({which}) AS {name}" for name, which in _COUNTED.items())])


def counted() -> list[str]:
    """Return the names of a funnel's counts, in the order of `counts`."""
    return ["messages", *_COUNTED]


def sums(table: str) -> str:
    """Return the same columns, added up over rows of `table` that have them."""
    return ",\n    ".join(f"assumeNotNull(sum({table}.{name})) AS {name}" for name in ("messages", *_COUNTED))


def first_times() -> dict[str, str]:
    """Return what compares first times that events `e` tell with those that states keep, columns `queued_at` … of each.

    `first_told` and `first_kept` are the columns, over rows of events `e` and of states `t`; `kept_later`, whether a row `e` has
    a time that the row `s` does not have, or has later; `first_times_told` and `first_times_kept` those of a row as a map.
    """
    later = " OR ".join(
        f"(e.{name}_at IS NOT NULL AND ifNull(s.{name}_at > e.{name}_at, true))" for name in NAMES_BY_RANK
    )
    told = (f"minOrNullIf(e.occurred_at, e.status = '{name}') AS {name}_at" for name in NAMES_BY_RANK)
    return {
        "first_told": ", ".join(told),
        "first_kept": ", ".join(f"min(t.{name}_at) AS {name}_at" for name in NAMES_BY_RANK),
        "kept_later": later,
        "first_times_told": _map_of_times("e"),
        "first_times_kept": _map_of_times("s"),
    }


def _map_of_times(table: str) -> str:
    columns = ", ".join(f"'{name}', {table}.{name}_at" for name in NAMES_BY_RANK)
    return f"mapFilter((k, v) -> v IS NOT NULL, map({columns}))"


def receipt_times() -> str:
    """Return the mask of the statuses whose first time is a time of receipt, of a row of `message_state`."""
    return " + ".join(f"if(receipt_at['{name}'] = {name}_at, {bit}, 0)" for name, bit in BIT.items())
