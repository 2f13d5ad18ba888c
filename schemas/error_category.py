"""Error categories: what kind of failure a provider's code is, and what to do about it.

Codes are matched, never titles (Meta announced that titles go), and each provider's in its own table: Vonage's 1010 is
not Gupshup's. Sources: Meta "Error codes"; Twilio "Error and warning dictionary" and "Error code mapping"; Gupshup
"Error codes".
"""

from collections.abc import Mapping
from typing import Final

ACTIONS: Final[dict[str, str]] = {
    "recipient_not_found": "remove or fix the number",
    "recipient_unreachable": "check the number, its app version and accepted terms",
    "opted_out": "stop marketing to this person",
    "window_closed": "send a template instead",
    "marketing_suppressed": "wait before sending more marketing",
    "rate_limited": "back off and retry",
    "sender_quality": "slow down; the sender's quality is low",
    "template": "fix the template or its parameters",
    "media": "fix the file",
    "invalid_request": "fix the request",
    "account_restricted": "escalate to the provider",
    "billing": "pay or fix the payment method",
    "provider_outage": "retry; the provider had an outage",
    "expired": "inspect: not delivered while valid",
    "unknown": "inspect",
}
"""Category → what to do."""


def _table(**codes: str) -> dict[str, str]:
    """Return code → category of category = "codes, separated by spaces"."""
    return {code: category for category, listed in codes.items() for code in listed.split()}


_META: Final = _table(
    recipient_unreachable="131026",
    opted_out="131050",
    window_closed="131047",
    marketing_suppressed="131049 130472",
    rate_limited="130429 131056 80007",
    sender_quality="131048",
    template="132000 132001 132005 132007 132012 132015 132016",
    media="131052 131053",
    invalid_request="100 131008 131009 131021 131051",
    account_restricted="131031 131037 131045 368 130497",
    billing="131042",
    provider_outage="131000 131016 131057",
)
_TWILIO: Final = _table(
    recipient_unreachable="63024 63003 30003 30005 30006",
    opted_out="21610",
    window_closed="63016",
    marketing_suppressed="63049 63032",
    rate_limited="63018",
    template="63027 63028 63029",
    media="63019",
    invalid_request="63011 63021",
    account_restricted="63007",
    provider_outage="63010 63012",
)
_GUPSHUP: Final = _table(
    recipient_not_found="1002",
    opted_out="1012",
    window_closed="1004 1005 1006 1007 1008",
    rate_limited="4001",
    template="4003 4005",
    media="1010 1011",
    billing="1003",
)
_BAILEYS: Final = _table(account_restricted="463")
_WEB_ACKS: Final = _table(media="-3 -4 -5")
_Z_API: Final = _table(account_restricted="SHADOW_BAN")
_WPP_MARKETING: Final = _table(recipient_not_found="NUMBER_NOT_FOUND", media="INVALID_MEDIA_TYPE", expired="EXPIRED")

TABLES: Final[dict[str, Mapping[str, str]]] = {
    "meta_cloud": {**_META, **{code: _GUPSHUP[code] for code in ("1002", "1012")}},
    "360dialog": _META,
    "twilio": _TWILIO,
    "gupshup": _GUPSHUP,
    "evolution": {**_META, **_BAILEYS},
    "waha": _BAILEYS,
    "wppconnect": _WEB_ACKS,
    "z_api": _Z_API,
    "wpp_marketing": {**_META, **_WPP_MARKETING},
}
"""Provider → its codes. Gupshup passes Meta's bodies on with codes of its own, which are none of Meta's; Evolution has
Meta's codes on Meta's API."""

_BY_STAGE: Final = {"media": "media", "template": "template", "billing": "billing"}
_BY_STATUS: Final = {"number_not_found": "recipient_not_found", "expired": "expired"}
_NO_ERROR: Final = frozenset({"0", "00", "000", "no_error", "noerror", "none", "ok", "success", "null"})


def is_no_error(code: str) -> bool:
    """Return whether a code says that there is no error (`0`, `NO_ERROR`, nothing at all)."""
    return not code or code.strip().replace(" ", "_").lower() in _NO_ERROR


def category_of(provider: str, status: str, code: str, stage: str = "", own: Mapping[str, str] | None = None) -> str:
    """Return the category of a failure: by its status where that says it, else by code, else by stage, else `unknown`.

    Args:
        provider: whose code it is.
        status: the message's.
        code: the provider's.
        stage: where it failed, in the provider's word.
        own: the source's own codes, which come first.
    """
    return (
        _BY_STATUS.get(status)
        or (own.get(code) if own else None)
        or TABLES.get(provider, {}).get(code)
        or _BY_STAGE.get(stage.lower())
        or "unknown"
    )
