"""Amounts and counts as people and programs write them: `R$ 1.234,56`, `1,234.56`, `0.0345`. Pure; each raises CellRefused."""

import re
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from typing import Final

from reconciliation.read.cells import SIGNS, plain
from reconciliation.read.refusal import CellRefused
from schemas.send import AMOUNT_MICROS_MAX, QUANTITY_MAX

_MICROS: Final = Decimal(1_000_000)
_CHARS_MAX: Final = 64
_DIGITS_MAX: Final = 20
_SIGNED: Final = re.compile(
    r"(?P<before>[^\d.,()\-+\s]*)\s*(?P<number>[-+(]?\s*[\d.,' ]*\d[\d.,' ]*\)?(?:[Ee][+-]?\d+)?-?)\s*(?P<after>[^\d.,()\-+\s]*)"
)
_GROUPED: Final = re.compile(r"[1-9]\d{0,2}(?:[.,' ]\d{3})+")
_EXPONENT: Final = re.compile(r"[+-]?\d+(?:\.\d+)?[Ee][+-]?\d+")
_NO_AMOUNT: Final = "write a number, as in 0.0345 or 0,0345"


def amount(cell: str, decimal: str) -> tuple[int | None, str]:
    """Return (millionths, the currency that its sign names or ""); (None, "") for an empty cell.

    More than six decimals are rounded, half to even: what a program computed in binary has many.

    Args:
        cell: as it is written.
        decimal: `,` or `.`: what stands before the decimals where both could be meant (`1.234`).
    """
    value = plain(cell)
    if not value:
        return None, ""
    found = _SIGNED.fullmatch(value) if len(value) <= _CHARS_MAX else None
    if found is None:
        raise CellRefused("is no amount", _NO_AMOUNT)
    number = _decimal(found["number"], decimal)
    sign = found["before"] or found["after"]
    currency = SIGNS.get(sign.upper(), sign.upper())
    if found["before"] and found["after"]:
        raise CellRefused("is no amount", _NO_AMOUNT)
    if not re.fullmatch("([A-Z]{3})?", currency):
        currency = ""
        if sign != "$":
            raise CellRefused(f"has the unit `{sign}`, which is no currency", _NO_AMOUNT)
    return _micros(number), currency


def quantity(cell: str) -> int:
    """Return how many messages; 1 for an empty cell."""
    value = plain(cell)
    if not value:
        return 1
    digits = re.sub(r"[.,' ]", "", value) if _GROUPED.fullmatch(value) else value.removesuffix(".0")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 10 or int(digits) > QUANTITY_MAX:  # noqa: PLR2004
        raise CellRefused("is no count of messages", "write a whole number")
    return int(digits)


def _decimal(text: str, decimal: str) -> Decimal:
    is_negative = text.startswith(("-", "(")) or text.endswith("-")
    text = text.strip("-+() ")
    if not _EXPONENT.fullmatch(text):
        text = _with_point(text, decimal)
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise CellRefused("is no amount", _NO_AMOUNT) from error
    return -number if is_negative else number


def _with_point(text: str, decimal: str) -> str:
    """Return a number with a point before its decimals, and without the marks between thousands."""
    marks = [c for c in text if c in ".,"]
    if len(set(marks)) == 2:  # noqa: PLR2004 - both: the last is before the decimals
        decimal = marks[-1]
    elif len(marks) == 1 and not _GROUPED.fullmatch(text):
        decimal = marks[0]  # `0,35` and `1234.5` can be nothing else
    elif len(marks) > 1:
        decimal = "," if marks[0] == "." else "."  # several of one kind stand between thousands
    whole, point, rest = text.partition(decimal)
    if re.search(r"[.,' ]", whole):
        if not _GROUPED.fullmatch(whole):
            raise CellRefused("is no amount", _NO_AMOUNT)
        whole = re.sub(r"[.,' ]", "", whole)
    return f"{whole or '0'}{point and '.'}{rest}"


def _micros(number: Decimal) -> int:
    if number.adjusted() <= _DIGITS_MAX:
        with localcontext() as context:
            context.prec = 60
            micros = int((number * _MICROS).to_integral_value(ROUND_HALF_EVEN))
        if abs(micros) <= AMOUNT_MICROS_MAX:
            return micros
    raise CellRefused("is larger than any amount", _NO_AMOUNT)
