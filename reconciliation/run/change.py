"""What changed between two runs: how many differences are new, gone, or of another class. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from reconciliation.match.classes import DIFFERENCES


class Change(NamedTuple):
    """Rows that were of one class and are of another."""

    before: str
    """"" for what was not compared then."""
    now: str
    """"" for what is not compared any more."""
    rows: int


def changes(found: Iterable[Change]) -> list[Change]:
    """Return what concerns differences, those of most rows first."""
    of_note = (c for c in found if c.before != c.now and {c.before, c.now} & set(DIFFERENCES))
    return sorted(of_note, key=lambda c: (-c.rows, c.before, c.now))
