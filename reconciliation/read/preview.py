"""What reading would come to, before anything is written: first rows as understood, what would be refused. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from reconciliation.read.refusal import RowRefused
from schemas.send import Send

FIRST_ROWS: Final = 5
FIRST_REFUSED: Final = 10


@dataclass(slots=True)
class Preview:
    """All rows of a file or table, read and counted."""

    kept: int = 0
    refused: int = 0
    first: list[Send] = field(default_factory=list)
    """Some of them."""
    first_refused: list[RowRefused] = field(default_factory=list)
    """Some of those that would not be kept."""
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(column, why) → how many rows."""
    unknown_statuses: Counter[str] = field(default_factory=Counter)
    """Words for a status that are none of ours → how many rows: kept as they are, and compared with nothing."""


def preview(rows: Iterable[Send | RowRefused], on_refused: Callable[[RowRefused], None]) -> Preview:
    """Read all rows, and return what they come to. `on_refused` is called with each that would not be kept."""
    found = Preview()
    for one in rows:
        if isinstance(one, Send):
            found.kept += 1
            if len(found.first) < FIRST_ROWS:
                found.first.append(one)
            if one.status_text and not one.status:
                found.unknown_statuses[one.status_text] += 1
        else:
            found.refused += 1
            found.reasons[one.column, one.why] += 1
            if len(found.first_refused) < FIRST_REFUSED:
                found.first_refused.append(one)
            on_refused(one)
    return found
