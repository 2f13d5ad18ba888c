"""What a hostile request is, and how posts to the sources of a run are made."""

import random
from typing import Final, NamedTuple

from schemas.signatures import sign
from tests.support.running_ingest import SECRET, event_body

BODY_BYTES_MAX: Final = 400_000
"""The limit that the hostile run sets: bodies above it are 413."""


class Hostile(NamedTuple):
    """A request, what it must be answered, and what must then be in the raw log."""

    kind: str
    data: bytes
    expected: frozenset[int]
    stored: bytes | None
    """The body as it must be found, byte for byte; None where nothing may be stored."""
    ends: bool = False
    """Whether the connection is in the middle of something afterwards."""
    reads: bool = True
    """Whether an answer is waited for; without, the sender hangs up."""


class Posts:
    """Makes the bytes of posts."""

    def __init__(self, name: str, rnd: random.Random) -> None:
        """Begin.

        Args:
            name: what the names of the run's sources begin with.
            rnd: where chance comes from.
        """
        self.name = name
        self.rnd = rnd

    def body(self) -> bytes:
        """Return an event's body, another each time."""
        return event_body(self.rnd.getrandbits(60))

    def request(self, source: str, body: bytes, headers: dict[str, str], *, method: str = "POST") -> bytes:
        """Return a request to a source of the run."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"{method} /v1/webhooks/{self.name}-{source} HTTP/1.1\r\nhost: t\r\n{lines}content-length: {len(body)}\r\n\r\n"
        return head.encode("latin-1") + body

    def signed(self, body: bytes, **more: str) -> bytes:
        """Return a signed post, with further headers."""
        return self.request("signed", body, signature_of(body) | {"content-type": "application/json"} | more)


def signature_of(body: bytes) -> dict[str, str]:
    return {"x-recibo-signature": sign(SECRET.encode(), body, prefix="sha256=")}


def taken(kind: str, data: bytes, body: bytes, status: int) -> Hostile:
    if len(body) > BODY_BYTES_MAX:
        return Hostile(kind, data, frozenset({413}), None)
    return Hostile(kind, data, frozenset({status}), body)


def refused(kind: str, data: bytes, status: int) -> Hostile:
    return Hostile(kind, data, frozenset({status}), None)
