"""The statuses of a message, their order, and what becomes of a record (its outcome)."""

from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """What a provider says of a message. The names are those of WPP Marketing's panel, plus `sent`.

    `sent` is WhatsApp's own acceptance, which several providers report and the panel does not name.
    """

    QUEUED = "queued"
    CREATED = "created"
    SENT = "sent"
    ERROR = "error"
    EXPIRED = "expired"
    NUMBER_NOT_FOUND = "number_not_found"
    DELIVERED = "delivered"
    READ = "read"


class ConnectionStatus(StrEnum):
    """What a provider says of a connection (one WhatsApp number or session)."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    LOGOUT = "logout"


RANK: Final[dict[str, int]] = {
    "queued": 10,
    "created": 20,
    "sent": 25,
    "error": 30,
    "expired": 31,
    "number_not_found": 32,
    "delivered": 40,
    "read": 50,
}
"""Order of truth: a message's status is the seen one of highest rank, never the latest one."""

BIT: Final[dict[str, int]] = {name: 1 << position for position, name in enumerate(RANK)}
"""Each status's bit in the `seen` mask of a message (queued 1, created 2, … read 128)."""

FAILURES: Final = frozenset({"error", "expired", "number_not_found"})
FAILURE_MASK: Final = BIT["error"] | BIT["expired"] | BIT["number_not_found"]
DELIVERY_MASK: Final = BIT["delivered"] | BIT["read"]

NAMES_BY_RANK: Final = tuple(RANK)
"""Status names from lowest rank to highest; bit i of the mask belongs to name i."""


def highest(seen: int) -> str:
    """Return the name of the highest-ranked status in the mask `seen` (not zero)."""
    return NAMES_BY_RANK[seen.bit_length() - 1]


class Outcome(StrEnum):
    """What became of a record. Every processed coordinate of the raw log has exactly one."""

    ADVANCED = "advanced"
    """A distinct event that raised the status. In `message.events`."""
    FILLED = "filled"
    """A distinct event that did not raise it: late, or from another device. In `message.events`."""
    REPEAT = "repeat"
    """The event id is known from another coordinate."""
    OVERFLOW = "overflow"
    """The message's journal is full: the facts are folded, the event is not listed."""
    UNSELECTED = "unselected"
    """A status the source did not select: stored and folded, and published where a source that selects it tells it again."""
    IGNORED = "ignored"
    """Authentic, but not a status: an inbound message, a template notice, presence, …"""
    UNMAPPED = "unmapped"
    """Not understood. Kept; `recibo source learn` turns it into events."""
    QUARANTINED = "quarantined"
    """It stopped the worker three times; its key is held back until it is re-driven."""


PUBLISHED_OUTCOMES: Final = frozenset({Outcome.ADVANCED, Outcome.FILLED})
"""Outcomes of the records found in `message.events` and `connection.events`; all others are in `webhook.set_aside`."""
