"""Phone numbers: as reported, in E.164, and the other numbers that the same line is known by.

Built on `phonenumbers` (Google's libphonenumber). A mobile in Brazil, Argentina or Mexico is written with or without
one digit (Brazil's ninth, Argentina's 9 after 54, Mexico's 1 after 52), and WhatsApp's ids use either form, so a search
looks for every form. Forms are alternatives to look for, never a reason to merge two people.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from schemas.providers.recipients import recipient_of

_BRAZIL, _ARGENTINA, _MEXICO = 55, 54, 52
_BRAZIL_AREA_DIGITS: Final = 2
_BRAZIL_MOBILE_DIGITS: Final = 11
_BRAZIL_OLD_DIGITS: Final = 10
_BRAZIL_OLD_MOBILE_FIRST: Final = "6789"
"""An eight-digit number that begins so was a mobile before the ninth digit; 2 to 5 begin fixed lines."""
_NATIONAL_DIGITS: Final = 10
"""Of Argentine and Mexican numbers without the mobile digit."""
_BRAZIL_AREAS: Final = re.compile("[14689][1-9]|2[12478]|3[1-578]|5[13-5]|7[13-579]")
"""Area codes with mobiles, as phonenumbers has them (a test compares)."""
_TEXT_LENGTH_MAX: Final = 256
_MEMO_SIZE: Final = 4_096
_LINES_SIZE: Final = 100_000
_BRAZIL_LOCAL_FROM: Final = 4
"""Where the local number begins in E.164 digits: after country and area."""


@dataclass(frozen=True, slots=True)
class Number:
    """What a text means as a recipient."""

    reported: str
    """As it was given."""
    kind: str
    """`phone`, `bsuid`, `lid`, `group`, or "" where it is none of them."""
    e164: str
    """E.164 with `+`, for a valid phone number that is not ambiguous; else ""."""
    region: str
    """ISO 3166 code of the number's country, or ""."""
    equivalents: tuple[str, ...]
    """Every recipient the same line may be stored under: E.164 digits without `+`, or the id itself; sorted."""
    ambiguous: bool
    """The text can be read as numbers of different lines; `equivalents` has them all."""


@lru_cache(maxsize=_MEMO_SIZE)
def read_number(text: str, region: str = "BR") -> Number:
    """Return what `text` means: a number in any notation, a JID, a `@lid`, a group or a business-scoped id. Pure.

    A text with `+` or a JID is international. Bare digits are read both ways, international and national in `region`:
    where both are valid numbers of different lines, the result is ambiguous and has the forms of both.

    Args:
        text: e.g. `(11) 98765-4321`, `551187654321`, `5511987654321@s.whatsapp.net`, `99000@lid`.
        region: ISO 3166 code of the country whose national notation is accepted.
    """
    if len(text) > _TEXT_LENGTH_MAX:
        return Number(text, "", "", "", (), ambiguous=False)
    recipient, kind = recipient_of(text)
    if kind != "phone":
        return Number(text, kind, "", "", (recipient,) if kind else (), ambiguous=False)
    candidates = _candidates(
        recipient, region, international=text.lstrip().startswith(("+", "whatsapp:+")) or "@" in text
    )
    forms = {form for number in candidates for form in equivalents(number)}
    found = {canonical(number) for number in candidates}
    if len(found) != 1:
        return Number(text, "phone", "", "", tuple(sorted(forms | {recipient})), ambiguous=len(found) > 1)
    line = found.pop()
    parsed = phonenumbers.parse("+" + line)
    country = phonenumbers.region_code_for_number(parsed) or ""
    return Number(text, "phone", "+" + line, country, tuple(sorted(forms | {recipient})), ambiguous=False)


def search_forms(text: str, region: str = "BR") -> tuple[str, ...]:
    """Return every recipient that messages to `text` may be stored under, sorted: what a search looks for. Pure.

    Besides the equivalents these are the national notations of a number of `region`, for a provider that reports
    `(11) 98765-4321` is stored as `11987654321`. Such digits may be another country's number as well: whoever shows what
    was found distinguishes the two with `read_number(found, region)`.
    """
    number = read_number(text, region)
    if number.kind != "phone":
        return number.equivalents or (text.strip(),)
    code = str(phonenumbers.country_code_for_region(region))
    national = {form.removeprefix(code) for form in number.equivalents if _is_of(form, region)}
    trunk = {"0" + form for form in national}
    return tuple(sorted({*number.equivalents, *national, *trunk}))


def _is_of(digits: str, region: str) -> bool:
    """Return whether one of the forms of these E.164 digits is a valid number of `region`."""
    code = str(phonenumbers.country_code_for_region(region))
    return digits.startswith(code) and any(
        phonenumbers.is_valid_number_for_region(phonenumbers.parse("+" + form), region)
        for form in equivalents(digits)
        if _is_valid(form)
    )


def lines(text: str, region: str = "BR") -> tuple[str, ...]:
    """Return the E.164 numbers, each with `+`, that a recipient can be read as: several where it is ambiguous. Pure."""
    number = read_number(text, region)
    return tuple(sorted({"+" + canonical(form) for form in number.equivalents if _is_possible(form)}))


def line_of(recipient: str, kind: str) -> str:
    """Return the one line that a recipient is, in E.164 with `+`; "" where it is no phone number, or can be several. Pure.

    Brazil's mobiles are read by their form alone: phonenumbers takes 50 µs for each, and a projector has 100,000 rows a second.
    """
    if kind != "phone":
        return ""
    line = _brazilian_mobile(recipient)
    if line:
        return f"+{line}"
    return _other_line_of(recipient)


def _brazilian_mobile(digits: str) -> str:
    """Return the mobile that E.164 digits are by their form, with its ninth digit; "" where they are none."""
    local = digits[_BRAZIL_LOCAL_FROM:]
    if digits.startswith("55") and "0" not in digits[2:_BRAZIL_LOCAL_FROM] and digits.isdecimal():
        if len(local) == _BRAZIL_OLD_DIGITS - _BRAZIL_AREA_DIGITS and local[0] in _BRAZIL_OLD_MOBILE_FIRST:
            return f"{digits[:_BRAZIL_LOCAL_FROM]}9{local}"
        if (
            len(local) == _BRAZIL_MOBILE_DIGITS - _BRAZIL_AREA_DIGITS
            and local[0] == "9"
            and (local[1] in _BRAZIL_OLD_MOBILE_FIRST or _BRAZIL_AREAS.fullmatch(digits, 2, _BRAZIL_LOCAL_FROM))
        ):
            return digits
    return ""


@lru_cache(maxsize=_LINES_SIZE)
def _other_line_of(recipient: str) -> str:
    return read_number(recipient).e164


def _candidates(digits: str, region: str, *, international: bool) -> list[str]:
    """Return the possible numbers behind `digits`, as E.164 digits."""
    found = [digits] if _is_possible(digits) else []
    if not international:
        try:
            national = phonenumbers.parse(digits, region)
        except NumberParseException:
            return found
        as_e164 = phonenumbers.format_number(national, PhoneNumberFormat.E164)[1:]
        # A trunk zero before the area code may go, nothing else: other digits would make another number of it.
        if as_e164.endswith(digits.lstrip("0")) and _is_possible(as_e164) and as_e164 not in found:
            found.append(as_e164)
    return found


def _is_possible(digits: str) -> bool:
    """Return whether one of the forms of these E.164 digits is a valid number."""
    return any(_is_valid(form) for form in equivalents(digits))


def _is_valid(digits: str) -> bool:
    try:
        number = phonenumbers.parse("+" + digits)
    except NumberParseException:
        return False
    # Parsing drops a trunk prefix: digits that come back changed are another number than these.
    unchanged = phonenumbers.format_number(number, PhoneNumberFormat.E164) == "+" + digits
    return unchanged and phonenumbers.is_valid_number(number)


def equivalents(digits: str) -> tuple[str, ...]:
    """Return every form of one line, given its E.164 digits without `+`; itself first."""
    other = _other_form(digits)
    return (digits, other) if other else (digits,)


def canonical(digits: str) -> str:
    """Return the form in which a line is shown: the valid one of its forms, else itself (E.164 digits without `+`).

    Where the plan has fixed lines that begin with 7 both forms are valid: then the mobile's, as in `line_of`.
    """
    return _brazilian_mobile(digits) or next((form for form in equivalents(digits) if _is_valid(form)), digits)


def _other_form(digits: str) -> str:
    """Return the same line with or without its mobile digit, or ""."""
    country, rest = digits[:2], digits[2:]
    if country == str(_BRAZIL):
        area, local = rest[:_BRAZIL_AREA_DIGITS], rest[_BRAZIL_AREA_DIGITS:]
        if len(rest) == _BRAZIL_MOBILE_DIGITS and local[0] == "9" and local[1] in _BRAZIL_OLD_MOBILE_FIRST:
            return country + area + local[1:]
        if len(rest) == _BRAZIL_OLD_DIGITS and local[0] in _BRAZIL_OLD_MOBILE_FIRST:
            return country + area + "9" + local
    extra = {str(_ARGENTINA): "9", str(_MEXICO): "1"}.get(country)
    if extra:
        if len(rest) == _NATIONAL_DIGITS + 1 and rest.startswith(extra):
            return country + rest[1:]
        if len(rest) == _NATIONAL_DIGITS:
            return country + extra + rest
    return ""
