"""HTTP/1.1 by uvicorn, within two more limits.

A request has to have come some time after its connection began, or after the last answer: else a stranger's connection that
says nothing, or a byte now and then, is kept for ever. And its head is bounded, which is held before any token is looked at.
"""

import asyncio
import uuid
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from serving.api.problems import MEDIA_TYPE, problem

HEAD_BYTES_MAX: Final = 32_768
HEADERS_MAX: Final = 100
"""Of one request: its path and headers, trailers among them; as many as a webhook may have by default."""


class TimedProtocol(HttpToolsProtocol):
    """A connection that is closed where its request does not come in time, or its head is too large."""

    headers_s_max: ClassVar[float] = 10.0
    _deadline: asyncio.TimerHandle | None = None
    _bytes_outside_body = 0
    """Received of a head, or behind it without a byte of the body: the parser keeps them, however many they are."""
    _head_is_too_large = False

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, counting what is not body."""
        if self.transport.is_closing():
            return
        self._bytes_outside_body += len(data)
        super().data_received(data)
        if self._bytes_outside_body > HEAD_BYTES_MAX:
            self._head_is_too_large = True
            self.send_400_response("")

    def on_headers_complete(self) -> None:
        """Have a request, if its head is within the limits. Raising makes the parser stop."""
        self._bound_head()
        self._bytes_outside_body = 0
        self._wait_no_more()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Have part of the body."""
        self._bytes_outside_body = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Have the whole request: what came behind its body counts as part of its head."""
        self._bound_head()
        self._bytes_outside_body = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request, or has too large a head, and close; only close where an earlier answer is not written."""
        if self.transport.is_closing():
            return
        if not self._head_is_too_large:
            super().send_400_response(msg)
            return
        is_answered = getattr(self.cycle, "response_complete", True)  # None before the first request
        if is_answered and not self.pipeline:
            self.transport.write(_too_large())
        self.transport.close()

    def _bound_head(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if len(self.headers) > HEADERS_MAX or size > HEAD_BYTES_MAX:
            self._head_is_too_large = True
            msg = "the head is too large"
            raise ValueError(msg)

    def on_response_complete(self) -> None:
        """Wait for the next request: uvicorn bounds an idle connection, this a slow one."""
        super().on_response_complete()
        if not self.transport.is_closing():
            self._wait()

    def _wait(self) -> None:
        self._wait_no_more()
        self._deadline = self.loop.call_later(self.headers_s_max, self.transport.close)

    def _wait_no_more(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _too_large() -> bytes:
    """Return the whole answer to a head that is too large."""
    found = problem(
        "head-too-large",
        f"A request has at most {HEADERS_MAX} headers, of {HEAD_BYTES_MAX} bytes with its path: send less",
    )
    body = found.body(uuid.uuid4().hex)
    head = f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    return STATUS_LINE[found.kind.status] + head.encode() + body
