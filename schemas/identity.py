"""The identities of a person at WhatsApp: several names of one recipient, each with its kind, and their order.

A state keeps the least IDENTITIES_MAX; the least of a union of least ones are the least of all, so this is a join.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

IDENTITIES_MAX: Final = 8
KINDS: Final = ("phone", "lid", "bsuid", "parent_bsuid", "group")
"""From the kind that says most of who it is to the one that says least; the place is the rank. Unknown kinds come last."""
_RANK: Final = {kind: rank for rank, kind in enumerate(KINDS)}
_PROMINENCE: Final = {kind: len(KINDS) - rank for kind, rank in _RANK.items()}


class Identity(NamedTuple):
    """One name of a person."""

    kind: str
    value: str


def order(identity: Identity) -> tuple[int, str, str]:
    """Return what decides which identities are kept: the rank of the kind, then kind and value."""
    return (_RANK.get(identity.kind, len(KINDS)), identity.kind, identity.value)


def prominence(value: str, kind: str) -> tuple[int, str, str]:
    """Return what decides which of two recipients is shown, the greatest: how much the kind says, then value and kind.

    So a number is never replaced by a lesser kind. Of an unknown kind, or without a value, it says 0.
    """
    return (_PROMINENCE.get(kind, 0), value, kind) if value else (0, "", "")


def least(*several: Iterable[Identity]) -> list[Identity]:
    """Return the least IDENTITIES_MAX of several sets of identities, sorted."""
    return sorted({identity for some in several for identity in some}, key=order)[:IDENTITIES_MAX]
