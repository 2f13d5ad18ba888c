"""Meta's WhatsApp Cloud API: up to 1,000 statuses a body, mixed with inbound messages and notices.

Source: Meta "Status messages webhook reference", "Webhooks overview", "Create a webhook endpoint". Traps: `read` may
come without `delivered`; the recipient may be a business-scoped id; code 131026 is no proof that a number does not
exist; statuses of calls and payments use the same words for other things; nothing is ever said of expiry or logout.
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, Final

from schemas.event import ErrorDetail, Ignored, Normalized, Unmapped
from schemas.providers import meta_changes
from schemas.providers.building import Price, errors_of, message_event, unknown_word
from schemas.providers.json_parser import fixed
from schemas.providers.provider import Part, Provider, Reporting
from schemas.providers.reading import load, object_of, prose_of, text_of
from schemas.providers.recipients import recipient_of
from schemas.providers.sample import CONNECTION, RECIPIENT, Said, Sample
from schemas.providers.times import parse_time_ms
from schemas.record import SourceContext

FAMILY: Final = "meta_cloud"
"""Stands for the provider in event ids, so that a status forwarded by 360dialog as well is one event."""

STATUSES: Final = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "error"}
_IGNORED_STATUSES: Final = {"deleted": "message_deleted", "warning": "warning"}
_IGNORED_TYPES: Final = {"call": "call", "payment": "payment"}


def _subject(status: Any) -> str | None:
    """Return the message a status is about, as `_status` will read it."""
    if type(status) is not dict or text_of(status.get("type")) in _IGNORED_TYPES:
        return None
    return (text_of(status.get("id")) or None) if text_of(status.get("status")).lower() in STATUSES else None


class MetaParser:
    """Reads Cloud API bodies."""

    def split(self, body: bytes, content_type: str) -> Sequence[Part]:
        """Return the events of a body (see `Parser.split`)."""
        return meta_changes.split(body, _subject)

    def normalize(self, body: bytes, context: SourceContext, received_at_ms: int) -> Normalized:
        """Return what one part says (see `Parser.normalize`)."""
        changes = list(meta_changes.changes(load(body)))
        if len(changes) != 1:
            return Unmapped(f"{len(changes)} changes in one record" if changes else "no entry[].changes[] found")
        change = changes[0][1]
        items = meta_changes.items(change)
        if len(items) > 1:
            return Unmapped(f"{len(items)} events in one record")
        if items and items[0][0] == "statuses":
            return _status(object_of(items[0][1]), meta_changes.phone_number_id(change), context, received_at_ms)
        kind = meta_changes.kind_of(change, items)
        return Ignored(kind) if kind else Unmapped(f"no status in field {text_of(change.get('field'))[:80]!r}")


def _status(status: dict[str, Any], connection_id: str, context: SourceContext, received_at_ms: int) -> Normalized:
    kind = _IGNORED_TYPES.get(text_of(status.get("type")))
    if kind:
        return Ignored(kind)
    word = text_of(status.get("status"))
    ours = STATUSES.get(word.lower())
    if ours is None:
        known = _IGNORED_STATUSES.get(word.lower())
        return Ignored(known) if known else unknown_word(word)
    recipient, participant, others = _recipient(status)
    pricing = object_of(status.get("pricing"))
    second_id = text_of(status.get("gs_id"))
    return message_event(
        context,
        received_at_ms,
        message_id=text_of(status.get("id")),
        connection_id=connection_id,
        status=ours,
        word=word,
        at_ms=parse_time_ms(status.get("timestamp"), UTC),
        recipient=recipient,
        participant=participant,
        client_ref=text_of(status.get("biz_opaque_callback_data")),
        price=_price(pricing) if pricing else None,
        identities=others,
        aliases=(second_id,) if second_id else (),
        errors=_errors(ours, status) if ours == "error" or "errors" in status or "code" in status else (),
        family=FAMILY,
    )


def _recipient(status: dict[str, Any]) -> tuple[tuple[str, str], str, tuple[str, ...]]:
    """Return ((recipient, kind), participant, other names): the number where it is given, else a business-scoped user id."""
    recipient = text_of(status.get("recipient_id"))
    if status.get("recipient_type") == "group":
        device = text_of(status.get("recipient_participant_id")) or text_of(status.get("recipient_participant_user_id"))
        return (recipient.partition("@")[0], "group"), device, ()
    user_id, parent_id = text_of(status.get("recipient_user_id")), text_of(status.get("recipient_parent_user_id"))
    others = (user_id, parent_id) if user_id or parent_id else ()
    return recipient_of(recipient or user_id or parent_id), "", others


def _price(pricing: dict[str, Any]) -> Price:
    billable, words = pricing.get("billable"), (text_of(pricing.get(k)) for k in ("type", "category", "pricing_model"))
    return Price(billable if type(billable) is bool else None, *words)


def _errors(ours: str, status: dict[str, Any]) -> tuple[ErrorDetail, ...]:
    """Return all that is said to be wrong. Gupshup passes Meta's bodies on with a code of its own beside the status."""
    said = meta_changes.errors(status)
    theirs = (text_of(status.get("code")), prose_of(status.get("reason")), "")
    if any(theirs):
        return (*errors_of("meta_cloud", ours, *said), *errors_of("gupshup", ours, theirs))
    return errors_of("meta_cloud", ours, *(said or [("", "", "")]))


def _sample(said: Sequence[Said]) -> Any:
    statuses = [
        {"id": one.message_id, "status": one.word, "timestamp": str(one.at_ms // 1000), "recipient_id": RECIPIENT}
        for one in said
    ]
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": CONNECTION}, "statuses": statuses}
    change = {"field": "messages", "value": value}
    return {"object": "whatsapp_business_account", "entry": [{"id": "0", "changes": [change]}]}


SAMPLE: Final = Sample(
    _sample, {"sent": "sent", "delivered": "delivered", "read": "read", "error": "failed"}, several=True
)


def challenge(query: Mapping[str, str], verify_token: str) -> str | None:
    """Return what to answer to Meta's GET when a URL is registered, or None where the token is wrong."""
    given = query.get("hub.verify_token", "").encode("utf-8", "surrogatepass")
    genuine = hmac.compare_digest(given, verify_token.encode("utf-8", "surrogatepass"))
    return query.get("hub.challenge") if genuine and query.get("hub.mode") == "subscribe" else None


REPORTS: Final[dict[str, Reporting]] = {
    "queued": "never",
    "created": "never",
    "sent": "reported",
    "delivered": "reported",
    "read": "reported",
    "error": "reported",
    "number_not_found": "ambiguous",
    "expired": "never",
    "logout": "never",
}
"""131026 says that a number cannot be reached, not that it does not exist; expiry is silence."""

PROVIDER: Final = Provider(
    name="meta_cloud",
    title="Meta WhatsApp Cloud API",
    parser=fixed(MetaParser()),
    sample=SAMPLE,
    answer=200,
    authentication={
        "kind": "hmac",
        "header": "X-Hub-Signature-256",
        "algorithm": "sha256",
        "encoding": "hex",
        "prefix": "sha256=",
    },
    signs_with_own_secret=True,
    setup=(
        "Meta signs with your app's own secret (App Dashboard, App settings, Basic, App secret): Recibo has to know it.",
        "In the App Dashboard open WhatsApp, Configuration, Webhook. Callback URL: {url}. Verify token: {verify_token}.",
        "Press Verify and save: Meta calls the URL by GET and Recibo answers the challenge.",
        "Under Webhook fields subscribe to `messages`: statuses and inbound messages come on the same field.",
        "Subscribe the app to each WhatsApp Business Account (POST /WABA_ID/subscribed_apps).",
    ),
    reports=REPORTS,
    challenge=challenge,
)
