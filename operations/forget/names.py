"""Pure: what a name means, what it may be written as, and how it is found in texts."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from schemas.errors import ConfigurationError
from schemas.identity import Identity
from schemas.phone import line_of, lines, read_number, search_forms

_BETWEEN: Final = "[-. ()]{0,2}"
"""What may stand between two digits of a number in a text."""
DIGITS_MIN: Final = 8
"""Of a number of no numbering plan: fewer digits would be found in anybody's texts."""
_WRITTEN: Final = {"+": "[+]?"}


@dataclass(frozen=True, slots=True)
class Names:
    """A person's names."""

    identities: tuple[Identity, ...]
    """Canonical: a number in E.164 with `+`."""

    @property
    def forms(self) -> tuple[str, ...]:
        """Every text that they may stand under in a column."""
        found = {form for kind, value in self.identities for form in _forms(kind, value)}
        return tuple(sorted(found))

    @property
    def pattern(self) -> str:
        """What finds them in a text, as RE2 and Python read it: whole, so that no longer number or id has them in it."""
        return f"(^|[^0-9A-Za-z]|%2B|%40)({'|'.join(map(_written, self.forms))})($|[^0-9A-Za-z])"


def read_identity(text: str, region: str = "BR") -> Identity:
    """Return whom a name means.

    Raises:
        ConfigurationError: it means nobody, a group, or one of several; then all readings are spelled out.
    """
    number = read_number(text, region)
    if number.ambiguous:
        readings = " or ".join(lines(text, region))
        raise ConfigurationError(
            f"{text} can be read as {readings}: nothing was done. Write the one that is meant, with its +"
        )
    if number.kind == "phone":
        digits = number.equivalents[0]
        if not number.e164 and len(digits) < DIGITS_MIN:
            raise ConfigurationError(f"{text} is no valid phone number: write it with + and its country")
        return Identity("phone", number.e164 or digits)  # of no numbering plan: it is known as it was reported
    if number.kind in ("lid", "bsuid", "parent_bsuid"):
        return Identity(number.kind, number.equivalents[0])
    what = "a group, and no person" if number.kind == "group" else "no number, lid (99000@lid) or business-scoped id"
    raise ConfigurationError(f"{text} is {what}: name the person")


def canonical(identity: Identity) -> Identity:
    """Return an identity as a person's names have it: a number in its one spelling."""
    return Identity(identity.kind, line_of(identity.value, identity.kind) or identity.value)


def is_meant(recipient: str, names: Names) -> bool:
    """Return whether a recipient that a search found is surely one of the names: the line that every view shows decides.

    Digits of no such line are meant where they have one reading.
    """
    mine = {value for _, value in names.identities}
    return (
        recipient in mine
        or line_of(recipient, "phone") in mine
        or (len(found := lines(recipient)) == 1 and found[0] in mine)
    )


def is_unclear(recipient: str, names: Names) -> bool:
    """Return whether a recipient that a search found may be one of the names or another line: no view shows a line for it."""
    return not line_of(recipient, "phone") and not is_meant(recipient, names)


def _forms(kind: str, value: str) -> Iterable[str]:
    if kind != "phone":
        return (value,)
    return (value, *search_forms(value))


def _written(form: str) -> str:
    if not form.removeprefix("+").isdecimal():
        return re.sub(r"[.]", "[.]", form)
    return _BETWEEN.join(_WRITTEN.get(character, character) for character in form)
