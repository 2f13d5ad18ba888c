"""An accepted socket until its TLS handshake is done: counted from its first moment, and given a few seconds.

The event loop could do the handshake by itself, but would show us a connection only afterwards: one that sends nothing
would be neither counted nor closed, and would hold the 256 KiB that uvloop allots to TLS.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Protocol

from uvloop.loop import SSLProtocol  # type: ignore[attr-defined] # its stub leaves it out

from ingest.http.crowd import Crowd, Guest


class OverTls(Protocol):
    """What goes on with a connection whose handshake is done."""

    transport: asyncio.Transport
    """None until then, whatever uvicorn declares."""

    def count_as(self, guest: Guest) -> None:
        """Know whose connection it is: he has been counted in, and is counted out by whoever loses the connection."""


class Handshake(asyncio.Protocol):
    """One accepted socket on its way to HTTPS."""

    def __init__(self, make_http: Callable[[], OverTls], context: ssl.SSLContext, s_max: float, crowd: Crowd) -> None:
        """Wait for the socket.

        Args:
            make_http: makes the protocol that goes on.
            context: of the server.
            s_max: seconds until the handshake must be done.
            crowd: where the socket is counted.
        """
        self._loop = asyncio.get_running_loop()
        self._make_http = make_http
        self._context = context
        self._s_max = s_max
        self._crowd = crowd
        self._guest: Guest | None = None
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count it in, and give it its time."""
        self._transport = transport
        self._guest = Guest(transport.abort)
        self._deadline = self._loop.call_later(self._s_max, transport.abort)
        peer = transport.get_extra_info("peername")
        leaving = self._crowd.enter(self._guest, peer[0] if isinstance(peer, tuple) else "")
        if leaving is not None:
            leaving.close()

    def data_received(self, data: bytes) -> None:
        """Begin the handshake with its first bytes. What comes later goes past this."""
        assert self._transport is not None
        assert self._guest is not None
        http, done = self._make_http(), self._loop.create_future()
        http.count_as(self._guest)
        done.add_done_callback(lambda done: self._end(done, http))
        tls = SSLProtocol(self._loop, http, self._context, done, server_side=True, ssl_handshake_timeout=self._s_max)
        self._transport.set_protocol(tls)
        tls.connection_made(self._transport)
        # As the transport would do it (asyncio.BufferedProtocol): what it has read goes into the buffer that is offered.
        while data and not self._transport.is_closing():
            buffer = memoryview(tls.get_buffer(len(data)))
            count = min(len(data), len(buffer))
            buffer[:count] = data[:count]
            tls.buffer_updated(count)
            data = data[count:]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - it is gone, why does not matter
        """Count it out: it never began."""
        if self._deadline is not None:
            self._deadline.cancel()
        if self._guest is not None:
            self._crowd.leave(self._guest)

    def _end(self, done: "asyncio.Future[None]", http: OverTls) -> None:
        """The handshake is done, or will never be."""
        has_failed = done.cancelled() or done.exception() is not None or http.transport is None
        if has_failed and self._transport is not None:
            self._transport.abort()
            self.connection_lost(None)
        elif self._deadline is not None:
            self._deadline.cancel()
