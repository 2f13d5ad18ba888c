"""Answers as ASGI messages, made once."""

from functools import cache
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from ingest.http.problems import Refusal

Messages = tuple[dict[str, Any], ...]

_EXTRA_HEADERS = {
    401: [(b"www-authenticate", b'Webhook realm="recibo"')],
    405: [(b"allow", b"POST")],
}


@cache
def taken(status: int) -> Messages:
    """Return the answer to a request that was stored: 204, or 200 with an empty body."""
    headers = [] if status == 204 else [(b"content-length", b"0")]  # noqa: PLR2004 - HTTP: a 204 has no length
    return _messages(status, headers, b"")


@cache
def head(status: int) -> bytes:
    """Return the status line and headers of `taken` as they go over the wire; the blank line is not there yet."""
    start, _ = taken(status)
    return b"".join([STATUS_LINE[status], *(b"%b: %b\r\n" % header for header in start["headers"])])


@cache
def refused(refusal: Refusal) -> Messages:
    """Return the answer to a request that is refused, as `application/problem+json`."""
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(refusal.body)).encode()),
        *_EXTRA_HEADERS.get(refusal.status, []),
    ]
    if refusal.retry_after_s is not None:
        headers.append((b"retry-after", str(refusal.retry_after_s).encode()))
    if refusal.closes:
        headers.append((b"connection", b"close"))
    return _messages(refusal.status, headers, refusal.body)


def text(body: str) -> Messages:
    """Return a 200 with a plain text, for a provider's challenge."""
    data = body.encode("utf-8", "replace")
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(data)).encode()),
        (b"x-content-type-options", b"nosniff"),
    ]
    return _messages(200, headers, data)


def _messages(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> Messages:
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    )
