"""Every refusal: its status, its words, and the `application/problem+json` (RFC 9457) that says so, in one shape. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of refusal: `type` of its document ends with its name."""

    name: str
    status: int
    title: str
    retry_after_s: int | None = None


KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind("unauthenticated", 401, "No token, or one that is not known, has expired or is revoked"),
        Kind("not-allowed", 403, "The token's role may not do that"),
        Kind("not-found", 404, "There is nothing here, or nothing that this token sees"),
        Kind("wrong-method", 405, "This path has other methods"),
        Kind("held-back", 409, "The person is held back from being forgotten"),
        Kind("not-here", 409, "This process is not set up to do that"),
        Kind("too-large", 413, "The body is larger than one request may be"),
        Kind("wrong-type", 415, "A body is JSON: Content-Type: application/json"),
        Kind("wrong-body", 422, "The body is not what it has to be; nothing of it was kept"),
        Kind("key-reused", 422, "This Idempotency-Key was sent with another body"),
        Kind("wrong-parameter", 422, "A parameter is not what it has to be"),
        Kind("too-much", 422, "The question asks for more than one answer may cost"),
        Kind("too-many-requests", 429, "The token is over its rate, or has too many requests under way", 1),
        Kind("head-too-large", 431, "The request has too many headers, or too large ones"),
        Kind("failed", 500, "A fault of ours: report the request id"),
        Kind("overloaded", 503, "Too many requests wait already", 1),
        Kind("away", 503, "What this needs does not answer now", 5),
    )
}


class Wrong(msgspec.Struct, frozen=True):
    """What is wrong with one parameter."""

    parameter: str
    detail: str


@dataclass(slots=True)
class Problem(Exception):
    """A request is not answered as asked."""

    kind: Kind
    detail: str
    wrong: Sequence[Wrong] = ()
    retry_after_s: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, request_id: str) -> bytes:
        """Return the document."""
        document = {
            "type": f"urn:recibo:problem:{self.kind.name}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "request_id": request_id,
            "errors": list(self.wrong),
        }
        return msgspec.json.encode(document)

    def all_headers(self) -> dict[str, str]:
        """Return the headers that go with it."""
        retry = self.retry_after_s or self.kind.retry_after_s
        return {**self.headers, **({"Retry-After": str(retry)} if retry else {})}


def problem(name: str, detail: str, *wrong: Wrong, retry_after_s: int | None = None) -> Problem:
    """Return a problem of a kind."""
    return Problem(KINDS[name], detail, wrong, retry_after_s)
