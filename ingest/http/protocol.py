"""uvicorn's HTTP protocol with the limits it leaves to others: headers, slow senders, connections."""

import asyncio
from collections import deque
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Final, NoReturn

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from ingest.http.answers import refused
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
from ingest.http.request import ANSWERED, EXCHANGE
from ingest.metrics import IngestMetrics
from ingest.settings import Settings

_SWEEP_S: Final = 0.5
_PIPELINED_MAX: Final = 16
"""Requests that wait behind the one being served; a connection with more is closed."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one connection, and all of them, may do."""

    headers_count_max: int
    headers_bytes_max: int
    headers_s_max: float
    request_s_max: float
    connections_max: int


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection. A request has until a deadline to be there; `close_slow` enforces it for all connections."""

    def __init__(self, *, limits: ConnectionLimits, metrics: IngestMetrics, **options: Any) -> None:
        super().__init__(**options)
        self._limits = limits
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

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, if there is room."""
        super().connection_made(transport)
        self._metrics.connections.inc()
        self.began_s = monotonic()
        if len(self.connections) > self._limits.connections_max:
            self.refuse(OVERLOADED)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection; whoever serves requests of it learns that nobody waits for the answers."""
        self._metrics.connections.dec()
        self._hang_up()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, counting what is not body: the parser itself would take a megabyte of headers, and trailers without end."""
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

    def close_if_slow(self, now_s: float) -> None:
        """Close the connection where the request that is awaited, or the reading of its answer, is overdue."""
        limits = self._limits
        if self._unread_since_s is not None and now_s - self._unread_since_s > limits.request_s_max:
            self.transport.abort()
        elif self.began_s is not None:
            allowed_s = limits.headers_s_max if self._reads_headers else limits.request_s_max
            if now_s - self.began_s > allowed_s:
                self.refuse(TOO_SLOW)

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

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words; ours say more
        """Answer what cannot be parsed or routed, as problem+json, and close.

        Answers come in the order of their requests. Where an earlier request is not answered yet, there can be no answer to
        this one: the connection is closed, and whoever sent them sends again what was not answered.
        """
        if self.transport.is_closing():
            return
        self._metrics.malformed.labels(str(self._refusal.status)).inc()
        is_being_read = (
            not self._reads_headers
        )  # the newest request: what is refused is part of it, else it comes after it
        unanswered = self._unanswered
        if len(unanswered) <= is_being_read and not (unanswered and unanswered[0].response_started):
            start, body = refused(self._refusal)
            lines = [STATUS_LINE[self._refusal.status]]
            lines += [b"%b: %b\r\n" % (name, value) for name, value in start["headers"] if name != b"connection"]
            self.transport.write(b"".join([*lines, b"connection: close\r\n\r\n", body["body"]]))
            if unanswered:
                # It is being served: whoever serves it must not answer a second time, and learns what was answered.
                self.scope[ANSWERED] = self._refusal  # type: ignore[typeddict-unknown-key]
        self._hang_up()
        self.transport.close()

    def _hang_up(self) -> None:
        """Let whoever serves a request that is not answered yet know that nobody waits for it."""
        for cycle in self._unanswered:
            cycle.disconnected = True
            cycle.message_event.set()
        self.pipeline.clear()


async def close_slow(connections: set[Any]) -> None:
    """Close connections whose request is overdue, again and again; ends by cancellation."""
    while True:
        await asyncio.sleep(_SWEEP_S)
        now_s = monotonic()
        for connection in list(connections):
            try:
                connection.close_if_slow(now_s)
            except Exception:
                log.exception("a slow connection could not be closed; the others are")


def bounded(settings: Settings, metrics: IngestMetrics) -> Any:
    """Return the protocol class as uvicorn wants it, with the limits that the settings give."""
    limits = ConnectionLimits(
        headers_count_max=settings.headers_count_max,
        headers_bytes_max=settings.headers_bytes_max,
        headers_s_max=settings.headers_ms_max / 1000,
        request_s_max=settings.request_ms_max / 1000 + _SWEEP_S,
        connections_max=settings.connections_max,
    )
    return partial(BoundedHttpProtocol, limits=limits, metrics=metrics)
