"""What a shape is, for the measurement: its bodies, and what they say. Written before learn was ever run on them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

BASE_S: Final = 1_795_792_000
STEPS: Final = ((0, "sent"), (0, "delivered"), (0, "read"), (1, "sent"), (1, "delivered"), (2, "sent"), (2, "error"))
"""(message, status) of the bodies of a shape, in order, where it says no other."""


class Truth(NamedTuple):
    """One event that the bodies tell. "" and None: the body does not say."""

    message_id: str
    status: str
    at_ms: int | None
    recipient: str
    connection: str = ""
    """Several, with `|` between, where more than one thing names our side."""
    code: str = ""


class Told(NamedTuple):
    """A shape: bodies (JSON documents, or text for forms) and everything they tell."""

    name: str
    bodies: Sequence[Any]
    truth: frozenset[Truth]


class At(NamedTuple):
    """One step of a message's life, and its values."""

    n: int
    """Which message."""
    status: str
    s: int
    """When, UTC s."""

    @property
    def ms(self) -> int:
        """When, UTC ms."""
        return self.s * 1000

    @property
    def iso(self) -> str:
        """When, in ISO 8601."""
        return datetime.fromtimestamp(self.s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def made(self) -> str:
        """When the message was made, in ISO 8601: the same in all its statuses."""
        return datetime.fromtimestamp(self.made_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def made_s(self) -> int:
        """When the message was made, UTC s."""
        return BASE_S + 300 * self.n

    @property
    def phone(self) -> str:
        """Whom it went to."""
        return f"551198877{self.n + 1001}"

    @property
    def uuid(self) -> str:
        """An id of the message."""
        return f"0f1e2d3c-{self.n:04d}-4000-8000-00000000{self.n:04d}"

    @property
    def new(self) -> str:
        """An id of this status alone."""
        return f"9b8a7c6d-{self.s % 10000:04d}-4000-8000-0000000{self.s % 100000:05d}"


OWN: Final = "5511400040004"
"""Our own number, in the bodies."""


def at(n: int, status: str, place: int) -> At:
    """Return a step: each message's statuses some seconds apart."""
    return At(n, status, BASE_S + 300 * n + 7 * (place + 1))


def told(
    name: str,
    body: Callable[[At], Any],
    message_id: Callable[[At], str] = lambda a: a.uuid,
    *,
    time: Callable[[At], int | None] = lambda a: a.ms,
    recipient: Callable[[At], str] = lambda a: a.phone,
    connection: str = "",
    code: str = "",
    steps: Sequence[tuple[int, str]] = STEPS,
    silent: Sequence[Any] = (),
) -> Told:
    """Return a shape of one status a body.

    Args:
        name: of the provider, and what is special.
        body: a step → its body.
        message_id: a step → the id its body gives the message.
        time: a step → the time of the status that its body gives, UTC ms.
        recipient: a step → whom it went to, as the body says it.
        connection: what the bodies call our number or session.
        code: the error's code of failures.
        steps: the life told.
        silent: bodies that say nothing of a message's status.
    """
    places: dict[int, int] = {}
    bodies, truth = [], set()
    for n, status in steps:
        places[n] = places.get(n, -1) + 1
        a = at(n, status, places[n])
        bodies.append(body(a))
        failed = code if status in ("error", "number_not_found", "expired") else ""
        truth.add(Truth(message_id(a), status, time(a), recipient(a), connection, failed))
    return Told(name, [*bodies, *silent], frozenset(truth))


def word(a: At, sent: str, delivered: str, read: str, error: str) -> str:
    """Return a provider's word for a step's status."""
    return {"sent": sent, "delivered": delivered, "read": read, "error": error}[a.status]
