"""A cell → what a send has of it: ids, recipients, statuses, countries. Pure; each function raises CellRefused.

A spreadsheet shows a long number as `5,51199E+12`, and saves what it shows: the digits are gone, and no guess brings them back.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import phonenumbers

from reconciliation.read.columns import status_of
from reconciliation.read.refusal import CellRefused
from schemas.phone import line_of, read_number
from schemas.providers.recipients import recipient_of
from schemas.send import TAG_CHARS_MAX, TEXT_CHARS_MAX

_DESTROYED: Final = re.compile(r"[+-]?\d+(?:[.,]\d+[Ee]\+?\d+|[Ee]\+\d{2,})")
_AS_TEXT: Final = (
    "the spreadsheet has rounded it, and its digits are gone: format the column as text before the numbers are put in "
    "(in Excel: Data, From Text/CSV, column type Text), export again, or export from the system itself"
)
_TRAILING_ZERO: Final = re.compile(r"\d{8,15}\.0")
"""A number of digits that a program kept as a decimal one: exact, up to 15 digits."""
_WRAPPED: Final = re.compile(r'="(.*)"', re.DOTALL)
_GUARDED: Final = re.compile(r"'[=+\-@\d]")
"""A spreadsheet's, or a careful exporter's, mark of a text."""
_UNDECODED: Final = "\ufffd"
_SIMPLE: Final = re.compile(r"[A-Za-z][\w.:/@+=-]{0,200}", re.ASCII)
"""What most ids and names are: nothing surrounds them, and no number was rounded."""


def plain(cell: str) -> str:
    """Return a cell without what surrounds its text: spaces, invisible marks, a spreadsheet's `="..."` or `'`.

    Raises CellRefused for control characters, and for characters that could not be decoded.
    """
    text = cell.strip()
    if text[:1] in {"=", "'"}:
        wrapped = _WRAPPED.fullmatch(text)
        text = wrapped[1] if wrapped else text[1:] if _GUARDED.match(text) else text
    if text.isascii() and text.isprintable():
        return text
    return _of_unusual(text)


def _of_unusual(text: str) -> str:
    if _UNDECODED in text:
        raise CellRefused(
            "has a character that could not be decoded", "say how the file is encoded, e.g. --encoding cp1252"
        )
    # Numbers copied from WhatsApp or a web page carry marks of direction and spaces that do not break.
    text = "".join(" " if unicodedata.category(c) == "Zs" else c for c in text if unicodedata.category(c) != "Cf")
    if any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in text):
        raise CellRefused("has a line break or control characters", "take them out, no id or name has any")
    return text.strip()


def text(cell: str) -> str:
    """Return an id or name as it is written."""
    if _SIMPLE.fullmatch(cell):
        return cell
    value = plain(cell)
    if len(value) > TEXT_CHARS_MAX:
        raise CellRefused(
            f"has {len(value)} characters, and at most {TEXT_CHARS_MAX} are kept", "is it a text? Unmap it"
        )
    if _DESTROYED.fullmatch(value):
        raise CellRefused("is no whole number any more", _AS_TEXT)
    return value


name: Final = lru_cache(maxsize=10_000)(text)
"""The same, for columns in which few names come again and again."""


def tag(cell: str) -> str:
    """Return a tag's text."""
    value = text(cell)
    if len(value) > TAG_CHARS_MAX:
        raise CellRefused(
            f"has {len(value)} characters, and a tag has at most {TAG_CHARS_MAX}", "is it a text? Unmap it"
        )
    return value


def recipient(cell: str) -> tuple[str, str, str]:
    """Return (recipient, kind, line) as messages have them; ("", "", "") for an empty cell."""
    value = cell if cell.isdecimal() and cell.isascii() else text(cell)
    if not value:
        return "", "", ""
    if "." in value and _TRAILING_ZERO.fullmatch(value):
        value = value[:-2]
    found, kind = recipient_of(value)
    if not kind:
        raise CellRefused(
            "is no phone number, lid, business-scoped id or group",
            "correct it, or read another column: --column recipient=NAME",
        )
    line = read_number(value).e164 if value[0] == "+" else line_of(found, kind)
    return found, kind, line


@lru_cache(maxsize=1_000)
def status(cell: str) -> tuple[str, str]:
    """Return (our status, "" for an unknown word; the word as it is written)."""
    word = text(cell)
    return (status_of(word), word) if word else ("", "")


@lru_cache(maxsize=1_000)
def category(cell: str) -> str:
    """Return a pricing category as messages have it: in small letters."""
    return text(cell).lower()


@lru_cache(maxsize=1_000)
def country(cell: str) -> str:
    """Return the ISO 3166 code of a country, given by it or by its calling code (`55`, `+55`)."""
    value = text(cell)
    code = value.upper()
    if not value or re.fullmatch("[A-Z]{2}", code):
        return code
    digits = value.removeprefix("+")
    if digits.isascii() and digits.isdecimal() and len(digits) <= 3:  # noqa: PLR2004 - calling codes
        region = phonenumbers.region_code_for_country_code(int(digits))
        if re.fullmatch("[A-Z]{2}", region) and region != "ZZ":
            return region
    raise CellRefused("is no country", "write its two letters (BR) or its calling code (55)")


@lru_cache(maxsize=1_000)
def currency(cell: str) -> str:
    """Return the ISO 4217 code of a currency, given by it or by a sign that is only its own."""
    code = plain(cell).upper()
    code = SIGNS.get(code, code)
    if not code or re.fullmatch("[A-Z]{3}", code):
        return code
    raise CellRefused("is no currency", "write its three letters (BRL, USD)")


SIGNS: Final = {"R$": "BRL", "US$": "USD", "U$": "USD", "U$S": "USD", "€": "EUR", "£": "GBP"}
"""Signs of one currency alone: `$` is that of many."""
