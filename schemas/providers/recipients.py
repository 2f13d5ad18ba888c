"""Reading whom a message went to: a number, a JID, a business-scoped id, a `@lid` or a group."""

import re
from typing import Final

from schemas.identity import KINDS, Identity, least

_PHONE: Final = re.compile(r"\+?[0-9(][0-9 ().\-]{5,24}$")
_NO_PUNCTUATION: Final = str.maketrans("", "", "+() .-")
_BSUID: Final = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}$")
_PARENT_BSUID: Final = re.compile(r"[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}$")
_KIND_BY_DOMAIN: Final = {"lid": "lid", "g.us": "group", "broadcast": "broadcast", "newsletter": "newsletter"}

NO_PERSONS: Final = ("broadcast", "newsletter")
"""Kinds of chats that are a story or a channel: what becomes of those is no message's fate."""
SAID_ALREADY: Final = ("phone", "", "group")
"""Kinds of a recipient that alone is no identity beside itself: see `identities_of`."""
_OF_PEOPLE: Final = frozenset(KINDS) - {"group"}
_ORDER: Final = {kind: rank for rank, kind in enumerate(KINDS)}


def recipient_of(text: str) -> tuple[str, str]:  # noqa: PLR0911 - one return a kind
    """Return (recipient, kind): digits of a `phone`, or the id itself of a `bsuid`, `lid` or `group`; ("", "") for none.

    A channel prefix (`whatsapp:+55…`, Twilio) and a JID's domain and device (`55…:3@s.whatsapp.net`) are dropped.
    """
    if text.isdecimal() and text.isascii():
        return text, "phone"
    text = text.strip().removeprefix("whatsapp:")
    if not text:
        return "", ""
    local, at, domain = text.partition("@")
    if at:
        kind = _KIND_BY_DOMAIN.get(domain)
        if kind:
            return local, kind
        text = local.partition(":")[0]
        if text.isdecimal() and text.isascii():
            return text, "phone"
    if _PHONE.match(text):
        return text.translate(_NO_PUNCTUATION), "phone"
    if _BSUID.match(text):
        return text, "bsuid"
    return text, "parent_bsuid" if _PARENT_BSUID.match(text) else ""


def identities_of(recipient: Identity, *others: str) -> tuple[Identity, ...]:
    """Return all names of one recipient, the one already read included; of a group there is none.

    A number alone is not repeated: it is the recipient, and stays it (no lesser kind replaces it).
    """
    if recipient.kind == "group" or (recipient.kind in ("phone", "") and not any(others)):
        return ()
    named = [recipient, *(Identity(kind, value) for value, kind in map(recipient_of, others))]
    return tuple(least(identity for identity in named if identity.value and identity.kind in _OF_PEOPLE))


def foremost(*texts: str) -> tuple[str, str]:
    """Return as (recipient, kind) the name that says most of who it is: a number before a lid before a business-scoped id."""
    read = [recipient_of(text) for text in texts if text]
    return min(read, key=lambda one: _ORDER.get(one[1], len(_ORDER)), default=("", ""))
