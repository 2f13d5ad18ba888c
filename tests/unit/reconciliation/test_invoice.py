"""Invoices by lines: prices by day, every message in one line, amounts exact to the cent."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciliation.invoice.lines import Billed, Cell, Line, cents, compare_lines
from reconciliation.invoice.prices import PriceList, read_prices
from schemas.errors import ConfigurationError

PRICES = """\
provider;category;country;valid from;amount;currency
;marketing;;2026-01-01;0,0625;USD
;marketing;BR;2026-01-01;0,0625;USD
;marketing;BR;2026-11-15;0,07;USD
;utility;BR;2026-01-01;0,008;USD
"""
DAYS = (date(2026, 11, 14), date(2026, 11, 15))


def test_the_price_of_the_day_is_the_one_that_names_most_and_began_last() -> None:
    """A country's price goes before that of any; from its day on a new price holds; before the first there is none."""
    prices = read_prices(PRICES)

    def micros(country: str, day: date) -> int | None:
        found = prices.price("meta_cloud", "marketing", country, day)
        return found.amount_micros if found else None

    assert [micros("BR", day) for day in DAYS] == [62_500, 70_000]
    assert micros("PT", DAYS[1]) == 62_500
    assert micros("BR", date(2025, 12, 31)) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("provider,category\n", "no column"),
        (PRICES.replace("0,07;", "0,0000001;"), "six decimals"),
        (PRICES.replace("2026-11-15", "15/11/2026"), "2026-10-01"),
        (PRICES.replace("0,07;USD", "0,07;dollars"), "ISO 4217"),
        (PRICES + ";utility;BR;2026-01-01;1;USD\n", "two prices"),
    ],
)
def test_prices_that_cannot_be_read_are_refused(text: str, told: str) -> None:
    """A missing column, a wrong day, amount or currency, and two prices for the same are said."""
    with pytest.raises(ConfigurationError, match=told):
        read_prices(text)


def test_quantity_and_amount_are_told_apart() -> None:
    """Ten more are billed than came back; the price change within the month is in what was expected; the rest is not billed."""
    line = Line("loja-01", "marketing", "BR", "2026-11")
    cells = [Cell(day, "meta_cloud", "loja-01", "marketing", "BR", 100) for day in DAYS]
    cells.append(Cell(DAYS[0], "meta_cloud", "loja-02", "utility", "BR", 3))
    first, bare = compare_lines([Billed(line, 210, 13_950_000, "USD")], cells, read_prices(PRICES))
    assert (first.ours, first.theirs, first.quantity_difference) == (200, 210, 10)
    assert (first.expected_cents, first.their_cents, first.cents_difference) == (1_325, 1_395, 70)
    assert (bare.period, bare.ours, bare.theirs, bare.expected_cents) == ("", 3, 0, 2)
    assert first.differs
    assert bare.differs


def test_what_has_no_price_is_said_and_not_guessed() -> None:
    """Without a price, or in another currency, there is no expected amount, and how many messages that concerns."""
    line = Line("", "", "", "2026-11")
    (found,) = compare_lines(
        [Billed(line, 5, 1, "BRL")], [Cell(DAYS[0], "", "", "marketing", "BR", 5)], read_prices(PRICES)
    )
    assert (found.expected_cents, found.cents_difference, found.unpriced) == (None, None, 5)
    assert not found.differs


names = st.sampled_from(["", "a", "b"])
periods = st.sampled_from(["2026-11", "2026-11-14", "2026-11-15"])
cells_of = st.lists(
    st.builds(Cell, st.sampled_from(DAYS), st.just("p"), names, names, names, st.integers(0, 10**6)), max_size=12
)
billed_of = st.lists(
    st.builds(Billed, st.builds(Line, names, names, names, periods), st.integers(0, 9), st.none(), st.just("")),
    max_size=8,
)


@given(billed_of, cells_of)
def test_every_message_is_in_one_line_or_not_billed(billed: list[Billed], cells: list[Cell]) -> None:
    """The quantities of all lines, with what is not billed, are those of the invoice and of the messages."""
    found = compare_lines(billed, cells, PriceList(()))
    assert sum(line.ours for line in found) == sum(cell.quantity for cell in cells)
    assert sum(line.theirs for line in found) == sum(one.quantity for one in billed)


@given(st.integers(-(10**18), 10**18))
def test_amounts_are_rounded_once_and_exactly(micros: int) -> None:
    """A sum in millionths is at most half a cent from its cents, whatever its size."""
    assert abs(Fraction(micros, 10_000) - cents(micros)) <= Fraction(1, 2)
