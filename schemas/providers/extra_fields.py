"""Fields of an event that few providers give: other identities of the recipient, the template, the price."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from schemas.event import Event
from schemas.identity import Identity
from schemas.providers.field_reader import text_of
from schemas.providers.paths import Path, value_at, values_at
from schemas.providers.recipients import identities_of

_FALSE: Final = frozenset({"false", "0", "no"})
_TRUE: Final = frozenset({"true", "1", "yes"})

Places = Mapping[str, Sequence[tuple[int, Path]]]
"""Field → where it is looked for: (scope, path from there), in order."""


def with_extras(event: Event, places: Places, scopes: tuple[Any, ...]) -> Event:
    """Return an event of a message with the fields of `mapping.EXTRA_FIELDS` that its body has."""
    found: dict[str, Any] = {}
    for name, candidates in places.items():
        if name == "identities":
            texts = [text_of(v) for level, steps in candidates for v in values_at(scopes[level], steps)]
            found[name] = _identities(event, texts)
        elif name == "billable":
            found[name] = next(
                (v for v in (_yes_or_no(_at(scopes, place)) for place in candidates) if v is not None), None
            )
        else:
            found[name] = next((text for text in (text_of(_at(scopes, place)) for place in candidates) if text), "")
    return replace(event, **found)


def _identities(event: Event, others: Sequence[str]) -> tuple[Identity, ...]:
    return identities_of(Identity(event.recipient_kind, event.recipient), *others)


def _at(scopes: tuple[Any, ...], place: tuple[int, Path]) -> Any:
    return value_at(scopes[place[0]], place[1])


def _yes_or_no(value: Any) -> bool | None:
    if type(value) is bool:
        return value
    word = str(value).lower() if type(value) in (str, int) else ""
    return True if word in _TRUE else False if word in _FALSE else None
