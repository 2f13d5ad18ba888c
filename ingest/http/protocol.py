"""uvicorn's HTTP protocol with the limits it leaves to others: headers, slow senders, pipelining, connections."""

import asyncio
from collections import deque
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, NoReturn

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from ingest.http.answers import refused
from ingest.http.crowd import Crowd, Guest
from ingest.http.problems import (
    HEADERS_TOO_LARGE,
    MALFORMED,
    NO_TRAILERS,
    NO_UPGRADE,
    OVERLOADED,
    TOO_MANY_PIPELINED,
    TOO_SLOW,
    Refusal,
)
from ingest.http.request import ANSWERED, EXCHANGE, GUEST
from ingest.metrics import IngestMetrics

_PIPELINED_MAX: Final = 16
"""Requests that wait behind the one being served; a connection with more is closed."""
_CROWDED_HEADERS_S: Final = 1.0
_CROWDED_IDLE_S: Final = 5.0
"""Allowed while it is crowded: until a request's headers are there, and between two requests."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one connection, and all of them, may do."""

    headers_count_max: int
    headers_bytes_max: int
    headers_s_max: float
    request_s_max: float


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection. A request has until a deadline to be there; `close_slow` enforces it for all connections."""

    def __init__(self, *, limits: ConnectionLimits, crowd: Crowd, metrics: IngestMetrics, **options: Any) -> None:
        super().__init__(**options)
        self._limits = limits
        self._crowd = crowd
        self._guest = Guest(self.make_room)
        self._is_counted = False
        self._metrics = metrics
        self._refusal = MALFORMED
        self._header_bytes = 0
        self._reads_headers = True
        self._unanswered: deque[RequestResponseCycle] = deque()
        """Requests whose headers are here and whose answer is not written yet, in their order."""
        self._headers_count = 0
        """Of the request whose body is being read: the parser would add trailers to its headers."""
        self._bytes_since_body = 0
        """Received of a request's body without a byte of the body in them: chunk sizes, extensions, trailers."""
        self.began_s: float | None = None
        """Since when a request is awaited whole (monotonic seconds); None between requests."""
        self._unread_since_s: float | None = None
        """Since when answers wait for the client to read (monotonic seconds); None while it does."""
        self._idle_since_s = 0.0
        self._is_last_read = False
        """Whether nothing more is read: `_refusal` is the answer to what came last, after those before it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection; somebody else may have to leave for it, or there is no room."""
        super().connection_made(transport)
        self.began_s = monotonic()
        if self._is_counted:
            self._guest.close = self.make_room
            return
        leaving = self._crowd.enter(self._guest, self.client[0] if self.client else "")
        if leaving is not None:
            leaving.close()

    def count_as(self, guest: Guest) -> None:
        """Know whose connection it is: he was counted in before its TLS handshake."""
        self._guest = guest
        self._is_counted = True

    def make_room(self) -> None:
        """Close this connection for another's sake."""
        if self.began_s is None and not self._unanswered:
            self.transport.close()
        else:
            self.refuse(OVERLOADED)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection; whoever serves requests of it learns that nobody waits for the answers."""
        self._crowd.leave(self._guest)
        self._guest.close = _is_closed
        self._hang_up()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, counting what is not body: the parser itself would take a megabyte of headers, and trailers without end."""
        if self._is_last_read:
            return
        self._guest.arrive()
        if self._reads_headers:
            self._header_bytes += len(data)
        else:
            self._bytes_since_body += len(data)
        if self.began_s is None:
            self.began_s = (
                monotonic()
            )  # whatever it is that begins: an empty line is no request, and holds no connection
        super().data_received(data)
        limit = self._limits.headers_bytes_max
        if (self._header_bytes if self._reads_headers else self._bytes_since_body) > limit:
            self.refuse(HEADERS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """A request's first byte is here."""
        super().on_message_begin()
        self._reads_headers = True
        if self.began_s is None:
            self.began_s = monotonic()

    def on_headers_complete(self) -> None:
        """Start serving, if the headers are within their limits. Raising makes the parser stop."""
        limits = self._limits
        if len(self.headers) > limits.headers_count_max or (
            self._header_bytes > limits.headers_bytes_max
            and len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > limits.headers_bytes_max
        ):
            self._stop(HEADERS_TOO_LARGE)
        if self.parser.should_upgrade():
            self._stop(NO_UPGRADE)  # the parser takes what follows for the other protocol, and the body for empty
        self._header_bytes = 0
        self._reads_headers = False
        self._headers_count = len(self.headers)
        self._bytes_since_body = 0
        super().on_headers_complete()
        self.scope[EXCHANGE] = self.cycle  # type: ignore[typeddict-unknown-key]
        self.scope[GUEST] = self._guest  # type: ignore[typeddict-unknown-key]
        self._unanswered.append(self.cycle)
        if len(self.pipeline) > _PIPELINED_MAX:
            self._stop(TOO_MANY_PIPELINED)

    def on_body(self, body: bytes) -> None:
        """Part of the body is here."""
        self._bytes_since_body = 0
        super().on_body(body)

    def _stop(self, refusal: Refusal) -> NoReturn:
        self._refusal = refusal
        raise ValueError(refusal.title)

    def on_message_complete(self) -> None:
        """The whole request is here. Headers that came behind the body would count as those before it: none is taken."""
        if len(self.headers) != self._headers_count:
            self._stop(NO_TRAILERS)
        super().on_message_complete()
        self._reads_headers = True
        self.began_s = None

    def pause_writing(self) -> None:
        """The client does not read its answers, and they are more than is kept for it."""
        self._unread_since_s = monotonic()
        super().pause_writing()

    def resume_writing(self) -> None:
        """It reads again."""
        self._unread_since_s = None
        super().resume_writing()

    def close_if_slow(self, now_s: float, *, is_crowded: bool) -> None:
        """Close the connection where the request that is awaited, or the reading of its answer, is overdue."""
        limits = self._limits
        if self._unread_since_s is not None and now_s - self._unread_since_s > limits.request_s_max:
            self.transport.abort()
        elif self.began_s is not None:
            allowed_s = limits.headers_s_max if self._reads_headers else limits.request_s_max
            if is_crowded and self._reads_headers:
                allowed_s = min(allowed_s, _CROWDED_HEADERS_S)
            if now_s - self.began_s > allowed_s:
                self.refuse(TOO_SLOW)
        elif is_crowded and not self._unanswered and now_s - self._idle_since_s > _CROWDED_IDLE_S:
            self.transport.close()

    def refuse(self, refusal: Refusal) -> None:
        """Answer before anything was routed, and close."""
        self._refusal = refusal
        self.send_400_response("")

    def on_response_complete(self) -> None:
        """An answer is written: read on only when none of the requests that were read waits."""
        self._unanswered.popleft()
        super().on_response_complete()
        if self.pipeline:
            self.flow.pause_reading()
        if self._unanswered:
            return
        if self._is_last_read and not self.transport.is_closing():
            self._answer_last()
        else:
            self._crowd.answered(self._guest)
            self._idle_since_s = monotonic()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words; ours say more
        """Answer what cannot be parsed or routed, as problem+json, and close.

        Answers come in the order of their requests: where earlier ones are not answered yet, this is the last one, and nothing
        is read behind it.
        """
        if self.transport.is_closing() or self._is_last_read:
            return
        self._metrics.malformed.labels(str(self._refusal.status)).inc()
        self._is_last_read = True
        self.began_s = None
        # The newest request: what is refused is part of it, else it comes after it.
        refused_one = self._unanswered[-1] if self._unanswered and not self._reads_headers else None
        if refused_one is not None and len(self._unanswered) > 1:
            self._unanswered.pop()
            self.pipeline.popleft()
        elif refused_one is not None:
            # It is being served: whoever serves it must not answer a second time, and learns what was answered.
            self.scope[ANSWERED] = self._refusal  # type: ignore[typeddict-unknown-key]
            self._answer_last(has_begun=refused_one.response_started)
            return
        if self._unanswered:
            self.flow.pause_reading()
        else:
            self._answer_last()

    def _answer_last(self, *, has_begun: bool = False) -> None:
        if not has_begun:
            start, body = refused(self._refusal)
            lines = [STATUS_LINE[self._refusal.status]]
            lines += [b"%b: %b\r\n" % (name, value) for name, value in start["headers"] if name != b"connection"]
            self.transport.write(b"".join([*lines, b"connection: close\r\n\r\n", body["body"]]))
        self._hang_up()
        self.transport.close()

    def _hang_up(self) -> None:
        """Let whoever serves a request that is not answered yet know that nobody waits for it."""
        for cycle in self._unanswered:
            cycle.disconnected = True
            cycle.message_event.set()
        self.pipeline.clear()


def _is_closed() -> None:
    """Close nothing: takes the place of what leads back to a connection that is gone, so that its memory is free at once."""
