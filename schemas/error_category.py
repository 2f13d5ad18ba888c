"""Error categories: what kind of failure a provider's code is, and what to do about it.

Codes are matched, never titles (Meta announced that titles go). Six digits and 100, 368, 80007 are Meta's, five
digits Twilio's, four Gupshup's, three Baileys', negative ones WPPConnect's acks, words Z-API's and WPP Marketing's.
Sources: Meta "Error codes"; Twilio "Error and warning dictionary" and "Error code mapping"; Gupshup "Error codes".
"""

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

_BY_CODE: Final[dict[str, str]] = {
    **dict.fromkeys(("1002", "NUMBER_NOT_FOUND"), "recipient_not_found"),
    **dict.fromkeys(("131026", "63024", "63003", "30003", "30005", "30006"), "recipient_unreachable"),
    **dict.fromkeys(("131050", "21610", "1012"), "opted_out"),
    **dict.fromkeys(("131047", "63016", "1004", "1005", "1006", "1007", "1008"), "window_closed"),
    **dict.fromkeys(("131049", "130472", "63049", "63032"), "marketing_suppressed"),
    **dict.fromkeys(("130429", "131056", "80007", "63018", "4001"), "rate_limited"),
    "131048": "sender_quality",
    **dict.fromkeys(
        (
            "132000",
            "132001",
            "132005",
            "132007",
            "132012",
            "132015",
            "132016",
            "63027",
            "63028",
            "63029",
            "4003",
            "4005",
        ),
        "template",
    ),
    **dict.fromkeys(("131052", "131053", "63019", "1010", "1011", "-3", "-4", "-5", "INVALID_MEDIA_TYPE"), "media"),
    **dict.fromkeys(("100", "131008", "131009", "131021", "131051", "63011", "63021"), "invalid_request"),
    **dict.fromkeys(
        ("131031", "131037", "131045", "368", "130497", "63007", "463", "SHADOW_BAN"), "account_restricted"
    ),
    **dict.fromkeys(("131042", "1003"), "billing"),
    **dict.fromkeys(("131000", "131016", "131057", "63010", "63012"), "provider_outage"),
    "EXPIRED": "expired",
}
_BY_STAGE: Final = {"media": "media", "template": "template", "billing": "billing"}
_BY_STATUS: Final = {"number_not_found": "recipient_not_found", "expired": "expired"}


def category_of(status: str, code: str, stage: str = "") -> str:
    """Return the category of a failure: by its status where that says it, else by code, else by stage, else `unknown`."""
    return _BY_STATUS.get(status) or _BY_CODE.get(code) or _BY_STAGE.get(stage.lower()) or "unknown"
