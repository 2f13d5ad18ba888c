"""What a message costs: a list of prices with the days from which they hold. Pure, in whole millionths of the currency."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from schemas.errors import ConfigurationError

COLUMNS: Final = ("provider", "category", "country", "valid from", "amount", "currency")
_MICROS: Final = 1_000_000
_AMOUNT_MAX: Final = Decimal(10**9)


@dataclass(frozen=True, slots=True)
class Price:
    """One price; an empty provider, category or country is any."""

    provider: str
    category: str
    country: str
    valid_from: date
    amount_micros: int
    currency: str


@dataclass(frozen=True, slots=True)
class PriceList:
    """Prices, to be looked up by day."""

    prices: tuple[Price, ...]

    def price(self, provider: str, category: str, country: str, day: date) -> Price | None:
        """Return the price of a message on a day; None: there is none.

        What names more of provider, category and country goes before what names less; of several the one that began last.
        """
        held = [p for p in self.prices if p.valid_from <= day and _is_of(p, provider, category, country)]
        return max(held, key=lambda p: (_named(p), p.valid_from), default=None)


UNKNOWN: Final = PriceList(())
"""No prices: no amount is expected."""


def read_prices(text: str) -> PriceList:
    """Return the prices of a CSV (`,` or `;`) with the columns provider, category, country, valid from, amount, currency.

    Raises ConfigurationError, with the row and what is to be there.
    """
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=delimiter)
    names = {(name or "").strip().lower().replace("_", " "): name for name in rows.fieldnames or ()}
    if missing := [name for name in COLUMNS if name not in names]:
        raise ConfigurationError(f"prices: no column {', '.join(missing)}; the columns are {', '.join(COLUMNS)}")
    found = [
        _price({name: (row[names[name]] or "").strip() for name in COLUMNS}, number)
        for number, row in enumerate(rows, 2)
    ]
    keys = [(p.provider, p.category, p.country, p.valid_from) for p in found]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ConfigurationError(f"prices: two prices for {', '.join(map(str, twice))}: leave one")
    return PriceList(tuple(found))


def _price(row: Mapping[str, str], number: int) -> Price:
    currency, country = row["currency"].upper(), row["country"].upper()
    try:
        valid_from = date.fromisoformat(row["valid from"])
        amount = Decimal(row["amount"].replace(",", "."))
    except (ValueError, InvalidOperation) as error:
        raise ConfigurationError(
            f"prices, row {number}: write `valid from` as 2026-10-01 and the amount as 0.0625"
        ) from error
    micros = amount * _MICROS if amount.is_finite() and 0 <= amount <= _AMOUNT_MAX else None
    if micros is None or micros != int(micros):
        raise ConfigurationError(f"prices, row {number}: {row['amount']} is no amount of at most six decimals")
    if len(currency) != len("BRL") or not currency.isalpha():
        raise ConfigurationError(
            f"prices, row {number}: `{row['currency']}` is no currency: write its ISO 4217 code, as BRL"
        )
    return Price(row["provider"], row["category"], country, valid_from, int(micros), currency)


def _is_of(p: Price, provider: str, category: str, country: str) -> bool:
    return p.provider in {"", provider} and p.category in {"", category} and p.country in {"", country}


def _named(p: Price) -> int:
    return sum(bool(name) for name in (p.provider, p.category, p.country))
