"""What one element of a body says, known before it is written down: the demo's own words for the truth."""

import hashlib
from dataclasses import dataclass
from typing import Final, Literal

RANKS: Final = {
    "queued": 10,
    "created": 20,
    "sent": 25,
    "error": 30,
    "expired": 31,
    "number_not_found": 32,
    "delivered": 40,
    "read": 50,
}
"""The order of truth, written out a second time on purpose."""

CONNECTION_RANKS: Final = {"connected": 1, "disconnected": 2, "logout": 3}

Shape = Literal["nested", "portuguese", "epoch", "renamed"]
"""Which JSON an element is written in (see `shapes`)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message failed, and the category that it must get."""

    category: str
    code: str = ""
    title: str = ""
    stage: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One event of a message, or (with `message_id` empty) of a connection, as the provider reports it."""

    shape: Shape
    status: str
    word: str
    """The provider's own word for the status."""
    connection_id: str
    message_id: str = ""
    provider_event_id: str = ""
    at_ms: int | None = None
    """The time the body names, UTC ms; absurd ones included. None: it names none."""
    tracking_id: str = ""
    recipient_text: str = ""
    """As the body writes it."""
    recipient: str = ""
    recipient_kind: str = ""
    participant: str = ""
    client_ref: str = ""
    campaign: str = ""
    reason: str = ""
    failure: Failure | None = None

    @property
    def subject(self) -> str:
        """What the event is about: the message, else the connection."""
        return self.message_id or self.connection_id

    @property
    def identities(self) -> tuple[list[str], ...]:
        """The recipient's names as the event lists them: none where it is a number, which is listed already."""
        return ([self.recipient_kind, self.recipient],) if self.recipient_kind in ("lid", "bsuid") else ()

    def event_id(self, provider: str) -> str:
        """Return the id that the published contract gives this event."""
        if self.provider_event_id:
            return f"{self.provider_event_id}/{self.status}"
        identity = (
            provider,
            self.connection_id,
            self.message_id,
            self.participant,
            self.word,
            "" if self.at_ms is None else str(self.at_ms),
            self.failure.code if self.failure else "",
        )
        return "sha256:" + hashlib.sha256("\x1f".join(identity).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class NoStatus:
    """Something authentic that is no status: it must be set aside as `ignored`."""

    kind: str
    text: str
    """The JSON it is posted as, with `{mark}` where the element's mark goes."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that nobody can map: it must be set aside as `unmapped`."""

    text: str
    """The bytes it is posted as, likewise."""
    embeddable: bool = False
    """Whether it is a JSON value that may stand in an array with events."""


Said = Reported | NoStatus | Unreadable
