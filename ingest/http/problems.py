"""Every refusal: its status, its words, and the `application/problem+json` (RFC 9457) that says so."""

from dataclasses import dataclass
from typing import Final

import msgspec

RETRY_AFTER_S: Final = 1


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not taken. The body is the same for everybody: it repeats nothing a stranger sent."""

    status: int
    title: str
    detail: str
    retry_after_s: int | None = None
    closes: bool = False
    """Whether the connection ends with it."""

    @property
    def body(self) -> bytes:
        """The problem document."""
        return msgspec.json.encode(
            {"type": "about:blank", "title": self.title, "status": self.status, "detail": self.detail}
        )


MALFORMED: Final = Refusal(400, "malformed", "This is not a valid HTTP request, or its encoding cannot be undone.")
MALFORMED_FRAMING: Final = Refusal(
    400,
    "malformed",
    "One Host, and a Transfer-Encoding of chunked alone: others may read this request otherwise.",
    closes=True,
)
NO_UPGRADE: Final = Refusal(
    400, "no upgrade", "HTTP/1.1 is spoken here: leave the Upgrade and Connection headers out.", closes=True
)
NO_TRAILERS: Final = Refusal(
    400, "trailers", "Headers belong before the body: none is taken behind it (RFC 9112, 7.1.2).", closes=True
)
TOO_MANY_PIPELINED: Final = Refusal(
    429, "too many requests at once", "Wait for answers before sending more on one connection.", closes=True
)
UNAUTHENTICATED: Final = Refusal(
    401, "unauthenticated", "The request does not prove that it is the provider's: check the secret and what is signed."
)
REFUSED_CHALLENGE: Final = Refusal(403, "challenge refused", "The verify token is not the one registered for this URL.")
UNKNOWN_SOURCE: Final = Refusal(404, "unknown source", "No source is registered under this URL: check its spelling.")
WRONG_METHOD: Final = Refusal(405, "wrong method", "Webhooks are taken by POST.")
TOO_SLOW: Final = Refusal(408, "too slow", "The request did not arrive in time: send it again.", closes=True)
TOO_LARGE: Final = Refusal(413, "too large", "The body, as sent or decompressed, is over the limit of this URL.")
WRONG_TYPE: Final = Refusal(
    415, "wrong content type", "The provider of this URL never sends this content type or coding."
)
TOO_MANY: Final = Refusal(429, "too many requests", "This source is over its rate: send again later.", RETRY_AFTER_S)
TOO_MANY_FAILURES: Final = Refusal(
    429, "too many failed attempts", "This address failed to authenticate too often: try again later.", 60, closes=True
)
HEADERS_TOO_LARGE: Final = Refusal(431, "headers too large", "Too many headers, or too large ones.", closes=True)
OVERLOADED: Final = Refusal(503, "overloaded", "Too much is on its way already: send it again.", RETRY_AFTER_S)
NOT_STORED: Final = Refusal(503, "not stored", "Neither the log nor the spool could take this now: send it again.", 5)
