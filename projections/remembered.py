"""Rows known to be stored, the latest of them: a message's later versions then cost no second copy of what never changes."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from projections.rows.table import Row

REMEMBERED_MAX: Final = 200_000


class Remembered:
    """The last rows stored, at most so many. Forgetting one costs a second copy, which the table replaces."""

    def __init__(self, most: int = REMEMBERED_MAX) -> None:
        """Remember `most` rows."""
        self._most = most
        self._rows: OrderedDict[Row, None] = OrderedDict()

    def new(self, rows: Iterable[Row]) -> list[Row]:
        """Return those that are not remembered, each once, in order."""
        return list(dict.fromkeys(row for row in rows if row not in self._rows))

    def add(self, rows: Iterable[Row]) -> None:
        """Remember rows that are stored now."""
        for row in rows:
            self._rows[row] = None
        while len(self._rows) > self._most:
            self._rows.popitem(last=False)
