"""Thresholds that decide a command's exit status: `no_callback > 0.1%`, `number_differs > 0`. Pure, in whole numbers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from reconciliation.match.classes import Class
from schemas.errors import ConfigurationError

_TEXT: Final = re.compile(r"\s*(\w+)\s*>\s*([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*(%?)\s*")
ANY: Final = "differences"
"""The classes that somebody has to look at, together."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many of a class."""

    name: str
    value: Decimal
    is_share: bool
    """Whether the value is per cent of the rows compared."""

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.name} > {self.value}{'%' if self.is_share else ''}"

    def is_passed(self, counts: Mapping[str, int], rows: int) -> bool:
        """Return whether there are more than this allows; of no rows, any is more than a share."""
        found = counts.get(self.name, 0)
        return found * 100 > self.value * rows if self.is_share else found > self.value


def read_limit(text: str) -> Limit:
    """Return the limit that a text says. Raises ConfigurationError, which says what can be written."""
    found = _TEXT.fullmatch(text)
    if found is None or found[1] not in (ANY, *Class):
        raise ConfigurationError(
            f"`{text}` is no threshold: write a class, > and a number or a share of the rows, as in "
            f"'no_callback > 0.1%'; the classes are {', '.join(Class)}, and {ANY} for all that are one"
        )
    return Limit(found[1], Decimal(found[2]), found[3] == "%")
