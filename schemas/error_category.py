"""Error categories: what kind of failure a provider's code is, and what to do about it.

Codes are matched, never titles (Meta announced that titles go), and each provider's in its own table: Vonage's 1010 is
not Gupshup's. The tables are data, in `schemas/causes/`.
"""

from collections.abc import Mapping
from typing import Final

from schemas.causes import catalogue

ACTIONS: Final[dict[str, str]] = {name: kind.do["en"] for name, kind in catalogue.kinds().items()}
"""Category → what to do."""

TABLES: Final[dict[str, Mapping[str, str]]] = {
    provider: {code: cause.category for code, cause in catalogue.by_code(provider).items()}
    for provider in catalogue.PROVIDERS
}
"""Provider → its codes and those it passes on → category."""

_PHRASES: Final = {name: table.phrases for name, table in catalogue.tables().items() if table.phrases}
_BY_STAGE: Final = {"media": "media", "template": "template", "billing": "billing"}
_BY_STATUS: Final = {"number_not_found": "recipient_not_found", "expired": "expired"}
_NO_ERROR: Final = frozenset({"0", "00", "000", "no_error", "noerror", "none", "ok", "success", "null"})


def is_no_error(code: str) -> bool:
    """Return whether a code says that there is no error (`0`, `NO_ERROR`, nothing at all)."""
    return not code or code.strip().replace(" ", "_").lower() in _NO_ERROR


def is_documented(provider: str, code: str) -> bool:
    """Return whether a provider itself documents a code: Meta's 0 is an error where it stands in a failure."""
    table = catalogue.tables().get(provider)
    return table is not None and code in table.causes


def category_of(
    provider: str,
    status: str,
    code: str,
    stage: str = "",
    *,
    own: Mapping[str, str] | None = None,
    text: str = "",
) -> str:
    """Return the category of a failure: by its status where that says it, by code, by its text, by stage, else `unknown`.

    Args:
        provider: whose code it is.
        status: the message's.
        code: the provider's.
        stage: where it failed, in the provider's word.
        own: the source's own codes, which come first.
        text: the provider's text, which a provider without codes is understood by, in its documented phrases.
    """
    category = (
        _BY_STATUS.get(status) or (own.get(code) if own else None) or TABLES.get(provider, {}).get(code) or "unknown"
    )
    if category != "unknown":
        return category
    return _by_phrase(provider, text) or _BY_STAGE.get(stage.lower()) or "unknown"


def _by_phrase(provider: str, text: str) -> str:
    phrases = _PHRASES.get(provider, ()) if text else ()
    folded = text.casefold().replace("\u2019", "'") if phrases else ""
    return next((phrase.category for phrase in phrases if phrase.phrase in folded), "")
