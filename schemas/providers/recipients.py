"""Reading whom a message went to: a number, a JID, a business-scoped id, a `@lid` or a group."""

import re
from typing import Final

_PHONE: Final = re.compile(r"\+?[0-9(][0-9 ().\-]{5,24}$")
_BSUID: Final = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}$")
_KIND_BY_DOMAIN: Final = {"lid": "lid", "g.us": "group"}


def recipient_of(text: str) -> tuple[str, str]:
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
    if _PHONE.match(text):
        return "".join(c for c in text if c in "0123456789"), "phone"
    if _BSUID.match(text):
        return text, "bsuid"
    return text, ""
