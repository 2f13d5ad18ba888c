"""An invoice's lines against what callbacks tell: quantities, and what they were to cost, exact to the cent. Pure.

Every message of ours belongs to exactly one line, the one that names most of what the message is, or to none: then it is told as
not billed. So the quantities of all lines and of what is not billed sum to our messages.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import msgspec

from reconciliation.invoice.prices import PriceList

_CENT: Final = 10_000
"""Millionths in a cent."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a line of the invoice is of; "" is any."""

    connection_id: str
    category: str
    country: str
    period: str
    """Day `2026-11-28` or month `2026-11`."""


@dataclass(frozen=True, slots=True)
class Billed:
    """A row of the invoice."""

    line: Line
    quantity: int
    amount_micros: int | None
    currency: str


@dataclass(frozen=True, slots=True)
class Cell:
    """How many chargeable messages of ours there are of one kind and day."""

    day: date
    provider: str
    connection_id: str
    category: str
    country: str
    quantity: int


class LineDifference(msgspec.Struct, frozen=True, kw_only=True):
    """One line compared; that of period "" is what no line bills."""

    connection_id: str
    category: str
    country: str
    period: str
    ours: int
    theirs: int
    currency: str
    expected_cents: int | None
    """What ours were to cost; None: a price is missing, or is in another currency."""
    their_cents: int | None
    unpriced: int = 0
    """Messages of ours that the prices do not cover."""

    @property
    def quantity_difference(self) -> int:
        """Messages that they bill and callbacks do not tell of; below 0: the other way round."""
        return self.theirs - self.ours

    @property
    def cents_difference(self) -> int | None:
        """What they bill more than was to be paid."""
        if self.expected_cents is None or self.their_cents is None:
            return None
        return self.their_cents - self.expected_cents

    @property
    def differs(self) -> bool:
        """Whether quantity or amount is not the same; an amount that cannot be told is none."""
        return bool(self.quantity_difference or self.cents_difference)


def line_of(cell: Cell, lines: Sequence[Line]) -> Line | None:
    """Return the line that a message of ours belongs to: of those that fit, what names most, a day before a month."""
    fitting = [
        line
        for line in lines
        if cell.day.isoformat().startswith(line.period)
        and line.connection_id in {"", cell.connection_id}
        and line.category in {"", cell.category}
        and line.country in {"", cell.country}
    ]
    return max(fitting, key=lambda n: (_named(n), n.period, n.connection_id, n.category, n.country), default=None)


def compare_lines(billed: Iterable[Billed], cells: Iterable[Cell], prices: PriceList) -> list[LineDifference]:
    """Return every line of the invoice beside what is ours, sorted, and last what is not billed, where there is any."""
    theirs: dict[Line, list[Billed]] = defaultdict(list)
    for one in billed:
        theirs[one.line].append(one)
    ours: dict[Line | None, list[Cell]] = defaultdict(list)
    lines = list(theirs)
    for cell in cells:
        ours[line_of(cell, lines)].append(cell)
    order = sorted(lines, key=lambda n: (n.period, n.connection_id, n.category, n.country))
    found = [_compared(line, theirs[line], ours[line], prices) for line in order]
    if ours[None]:
        found.append(_compared(Line("", "", "", ""), [], ours[None], prices))
    return found


def _compared(line: Line, billed: list[Billed], cells: list[Cell], prices: PriceList) -> LineDifference:
    priced = [(cell, prices.price(cell.provider, cell.category, cell.country, cell.day)) for cell in cells]
    currencies = {b.currency for b in billed if b.currency} or {p.currency for _, p in priced if p}
    currency = min(currencies, default="")
    unpriced = sum(cell.quantity for cell, price in priced if price is None or price.currency != currency)
    micros = sum(cell.quantity * price.amount_micros for cell, price in priced if price)
    amounts = [b.amount_micros for b in billed if b.amount_micros is not None]
    return LineDifference(
        connection_id=line.connection_id,
        category=line.category,
        country=line.country,
        period=line.period,
        ours=sum(cell.quantity for cell in cells),
        theirs=sum(b.quantity for b in billed),
        currency=currency,
        expected_cents=None if unpriced or len(currencies) > 1 else cents(micros),
        their_cents=cents(sum(amounts)) if len(amounts) == len(billed) and len(currencies) <= 1 else None,
        unpriced=unpriced,
    )


def cents(micros: int) -> int:
    """Return millionths as cents, halves away from zero: as invoices round a line's sum, never a message's price."""
    return int((Decimal(micros) / _CENT).to_integral_value(ROUND_HALF_UP))


def _named(line: Line) -> int:
    return sum(bool(name) for name in (line.connection_id, line.category, line.country))
