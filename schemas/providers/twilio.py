"""Twilio's status callbacks: one form a message status.

Source: Twilio "Track the Message Status of Outbound Messages", "Outbound Message Status in Status Callbacks". Traps:
no time at all; the first status has no callback; order is not kept; error 63024 is no proof that a number does not
exist. Twilio signs the public URL, so behind a proxy that URL has to be configured.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote_to_bytes

from schemas.event import ErrorDetail, Ignored, Normalized, Unmapped
from schemas.providers.building import errors_of, message_event, unknown_word
from schemas.providers.json_parser import fixed, subject_of
from schemas.providers.provider import NOBODY, Part, Provider
from schemas.providers.reading import prose_of
from schemas.providers.recipients import recipient_of
from schemas.providers.sample import RECIPIENT, Said, Sample
from schemas.record import SourceContext

_PAIRS_MAX: Final = 1_000
_FIELDS: Final = {
    name.encode(): name
    for name in (
        "MessageStatus",
        "SmsStatus",
        "MessageSid",
        "SmsSid",
        "From",
        "To",
        "MessagingServiceSid",
        "ErrorCode",
        "ErrorMessage",
        "ChannelStatusMessage",
        "ExternalUserId",
    )
}

STATUSES: Final = {
    "accepted": "queued",
    "scheduled": "queued",
    "queued": "queued",
    "sending": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "error",
    "failed": "error",
    "canceled": "error",
}
_INBOUND: Final = frozenset({"received", "receiving"})


def _form(body: bytes) -> dict[str, str]:
    """Return the fields of FIELDS that the form has. Their names need no escapes, so only their values are decoded."""
    form: dict[str, str] = {}
    for pair in body.split(b"&", _PAIRS_MAX):
        name, _, value = pair.partition(b"=")
        key = _FIELDS.get(name)
        if key:
            form[key] = prose_of(unquote_to_bytes(value.replace(b"+", b" ")).decode("utf-8", "replace"))
    return form


class TwilioParser:
    """Reads Twilio's forms: always one event a body."""

    def split(self, body: bytes, content_type: str) -> Sequence[Part]:
        """Return the body as its one event (see `Parser.split`)."""
        return [Part(subject_of(self.normalize(body, NOBODY, 0)), body)]

    def normalize(self, body: bytes, context: SourceContext, received_at_ms: int) -> Normalized:
        """Return what the form says (see `Parser.normalize`)."""
        form = _form(body)
        word = form.get("MessageStatus") or form.get("SmsStatus", "")
        if word in _INBOUND:
            return Ignored("inbound_message")
        status = STATUSES.get(word.lower())
        if status is None:
            return unknown_word(word) if form else Unmapped("not a form")
        return message_event(
            context,
            received_at_ms,
            message_id=form.get("MessageSid") or form.get("SmsSid", ""),
            connection_id=recipient_of(form.get("From", ""))[0] or form.get("MessagingServiceSid", ""),
            status=status,
            word=word,
            recipient=recipient_of(form.get("To", "")),
            identities=(form["ExternalUserId"],) if "ExternalUserId" in form else (),
            errors=_errors(status, form) if status == "error" or "ErrorCode" in form else (),
        )


def _errors(status: str, form: dict[str, str]) -> tuple[ErrorDetail, ...]:
    texts = form.get("ErrorMessage", ""), form.get("ChannelStatusMessage", "")
    return errors_of("twilio", status, (form.get("ErrorCode", ""), *texts))


def _sample(said: Sequence[Said]) -> dict[str, str]:
    message_id, word, _ = said[0]
    addresses = {"To": f"whatsapp:+{RECIPIENT}", "From": "whatsapp:+12025550100"}
    return {"MessageSid": message_id, "MessageStatus": word, **addresses}


PROVIDER: Final = Provider(
    name="twilio",
    title="Twilio",
    parser=fixed(TwilioParser()),
    sample=Sample(_sample, {"sent": "sent", "delivered": "delivered", "read": "read", "error": "undelivered"}),
    content_types=("application/x-www-form-urlencoded",),
    authentication={"kind": "twilio"},
    signs_with_own_secret=True,
    setup=(
        "Twilio signs with your account's own auth token (Console, Account info, Auth token): Recibo has to know it.",
        "Give {url} as StatusCallback when sending, or as Status callback URL of the Messaging Service or sender.",
        "The signature covers that exact URL: RECIBO_PUBLIC_URL (or `url` in the source's auth) must say the same.",
    ),
    reports={
        "queued": "reported",
        "created": "never",
        "sent": "reported",
        "delivered": "reported",
        "read": "reported",
        "error": "reported",
        "number_not_found": "ambiguous",
        "expired": "never",
        "logout": "never",
    },
)
