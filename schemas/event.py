"""What a record says: an event of a message or of a connection, and its CloudEvent.

`Event` is what a provider's `normalize` makes of one body. Together with a coordinate and an outcome it
gives exactly one value of `message.events` (`encode_cloud_event`): no clock, no randomness.
"""

import hashlib
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from schemas.identity import Identity

MESSAGE_TYPE: Final = "whatsapp.message.status.v1"
CONNECTION_TYPE: Final = "whatsapp.connection.status.v1"

EARLIEST_MS: Final = 1_230_768_000_000
"""2009-01-01, when WhatsApp was founded: an earlier time is absurd."""
AHEAD_MS_MAX: Final = 24 * 60 * 60 * 1000
"""A provider's time more than a day ahead of receipt is absurd."""
OLD_MS: Final = 8 * 24 * 60 * 60 * 1000
"""A provider's time longer before receipt does not enter a message's own time (Meta retries for seven days)."""

RecipientKind = Literal["phone", "bsuid", "lid", "group"]
TimeSource = Literal["provider", "envelope", "received"]


class ErrorDetail(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a message failed: our category, and the provider's own code and words."""

    category: str
    """One of `schemas.error_category.ACTIONS` (media, recipient_not_found, …); `unknown` where none fits."""
    code: str
    title: str = ""
    detail: str = ""


class RawReference(msgspec.Struct, frozen=True):
    """The raw record an event was read from."""

    partition: int
    offset: int
    at_ms: int
    """Append time of the raw record."""


UNDECIDED: Final = ""
NOWHERE: Final = RawReference(-1, -1, 0)
"""Outcome and record of an event of which nothing is decided yet."""


class EventData(msgspec.Struct, frozen=True, omit_defaults=True):
    """`data` of a CloudEvent in `message.events` or `connection.events`. Absent fields are unknown.

    The one declaration of an event's fields; their order is the published order of keys.
    """

    account: str
    source: str
    provider: str
    connection_id: str
    message_id: str
    """"" for an event of a connection."""
    status: str
    """A `Status` for a message, a `ConnectionStatus` for a connection."""
    provider_status: str
    """The provider's own word, verbatim."""
    outcome: str
    """`advanced` or `filled`."""
    occurred_at_ms: int
    """When it happened, UTC ms; the time of receipt where the provider gives none, or an absurd one."""
    time_source: str
    """A `TimeSource`."""
    received_at_ms: int
    request_id: str
    index: int
    raw: RawReference
    absurd_time: bool = False
    """The provider's time was absurd and the time of receipt stands in."""
    recipient: str = ""
    recipient_kind: str = ""
    participant: str = ""
    """In a group: whose device reported."""
    client_ref: str = ""
    provider_event_id: str = ""
    aliases: tuple[str, ...] = ()
    campaign: str = ""
    pricing: str = ""
    """Pricing category where the provider gives it (Meta: marketing, utility, …)."""
    reason: str = ""
    """For a connection: why it closed, in the provider's word."""
    error: ErrorDetail | None = None
    first_at: int = 0
    """What the event gives to its message's own time, UTC ms: the lesser of a trusted provider time and receipt."""
    old_time: bool = False
    """The provider's time was too long before receipt to enter `first_at`."""
    receipt_times: int = 0
    """The bit of its status where `occurred_at_ms` is the time of receipt; 0 where it is not, or that is not said."""
    billable: bool | None = None
    """Whether the provider charges for it, where it says so."""
    price_type: str = ""
    price_category: str = ""
    price_model: str = ""
    """The price as the provider reports it, in its own words."""
    identities: tuple[Identity, ...] = ()
    """Names of the recipient; of no participant, no group's members and none of our own."""
    line: str = ""
    """The recipient's number in canonical form, the same for all its spellings; of a connection, its own."""
    template: str = ""
    """Name of the template that was sent."""
    further_errors: tuple[ErrorDetail, ...] = ()
    """What else was reported to be wrong, where a provider names several causes: the first of them is `error`."""


class Event(EventData, frozen=True, gc=False):
    """What one record says of a message or a connection, before it is decided what becomes of it.

    Its outcome and record are `UNDECIDED`, "", 0 and `NOWHERE`; `encode_cloud_event` puts the true ones in.
    """

    id: str = ""
    """Event id: `provider's id/status`, or `sha256:` and a hash of what identifies the event; never a time of receipt.
    In a CloudEvent it stands beside `data`, so there it is left empty here."""


class Ignored(msgspec.Struct, frozen=True):
    """Authentic, but not a status."""

    kind: str
    """What it is: inbound_message, template_notice, read_by_me, presence, …"""


class Pairing(Ignored, frozen=True):
    """A session waits to be paired: no status, unless its connection was open, for then it was logged out.

    Only who knows the connection's past can say so (`schemas.connection_state.is_pairing`).
    """

    logout: Event
    """What it is then."""


class Unmapped(msgspec.Struct, frozen=True):
    """Not understood; kept, and said why."""

    why: str


class Erase(msgspec.Struct, frozen=True):
    """Asked by `recibo forget`: the message of the record's key is forgotten."""

    known_as: str
    """What it is called in the tables from then on."""
    since_ms: int
    """It is, where it was first known before this time, UTC ms."""


Normalized = Event | Ignored | Pairing | Unmapped


def event_id(provider_event_id: str, status: str, *identity: str) -> str:
    """Return the id by which an event is known again.

    Args:
        provider_event_id: the provider's own id of the event, or "".
        status: our status. It is part of the id, so that a provider (or a mapping) that gives one id to a
            whole message cannot make its later statuses look like repeats.
        identity: what identifies the event where the provider gives no id: provider, connection, message,
            participant, the provider's status, its time (never one of receipt), error code.
    """
    if provider_event_id:
        return f"{provider_event_id}/{status}"
    joined = "\x1f".join(identity).encode("utf-8", "surrogatepass")
    return "sha256:" + hashlib.sha256(joined).hexdigest()


def trusted_time(provider_ms: int | None, received_at_ms: int) -> tuple[int, bool, bool]:
    """Decide which time an event has: (UTC ms, is it the provider's, was the provider's absurd)."""
    if provider_ms is None:
        return received_at_ms, False, False
    if EARLIEST_MS <= provider_ms <= received_at_ms + AHEAD_MS_MAX:
        return provider_ms, True, False
    return received_at_ms, False, True


def message_time(provider_ms: int | None, received_at_ms: int) -> tuple[int, bool]:
    """Decide what an event gives to its message's own time: (UTC ms, is the provider's time too old to count).

    Args:
        provider_ms: a provider's time that `trusted_time` trusts, UTC ms; None: there is none.
        received_at_ms: time of receipt, UTC ms.
    """
    if provider_ms is None:
        return received_at_ms, False
    if provider_ms < received_at_ms - OLD_MS:
        return received_at_ms, True
    return min(provider_ms, received_at_ms), False


class CloudEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """CloudEvents 1.0 in JSON: a value of `message.events` and `connection.events`."""

    specversion: str
    id: str
    source: str
    """`/account/connection id`."""
    type: str
    subject: str
    """Message id (connection id for connection events)."""
    data: EventData
    time: str | None = None
    """RFC 3339, only where the provider gave a time."""


_encode = msgspec.json.Encoder().encode
decode_cloud_event = msgspec.json.Decoder(CloudEvent).decode


def rfc3339(at_ms: int) -> str:
    """Return UTC ms as RFC 3339 with milliseconds, e.g. `2026-03-10T12:00:00.120Z`."""
    second, millisecond = divmod(at_ms, 1000)
    return _second(second) + _MILLISECONDS[millisecond]


_MILLISECONDS: Final = tuple(f".{n:03d}Z" for n in range(1000))


@lru_cache(maxsize=100_000)
def _second(at_s: int) -> str:
    """Return a second as RFC 3339, without its zone. Remembered: events of one second come together."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def encode_cloud_event(event: Event, outcome: str, request_id: str, index: int, raw: RawReference) -> bytes:
    """Return the value of `message.events` (or `connection.events`) for an event: a pure function of its arguments."""
    is_message = event.message_id != ""
    return _encode(
        CloudEvent(
            "1.0",
            event.id,
            f"/{event.account}/{event.connection_id}",
            MESSAGE_TYPE if is_message else CONNECTION_TYPE,
            event.message_id if is_message else event.connection_id,
            replace(event, id="", outcome=outcome, request_id=request_id, index=index, raw=raw),
            rfc3339(event.occurred_at_ms) if event.time_source != "received" else None,
        )
    )
