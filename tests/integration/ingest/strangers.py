"""One stranger who sends at most 100 KB/s, in each of the ways that have kept others out."""

import asyncio
import contextlib
import ssl
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from tests.support.raw_http import resident_bytes
from tests.support.running_ingest import RunningIngest
from tests.support.webhook_posts import Traffic

SOURCE: Final = "genuine"
"""Whose posts must be answered meanwhile."""
SHARE_MIN: Final = 0.99
P99_MS_MAX: Final = 250
GROWTH_BYTES_MAX: Final = 100_000_000
BYTES_PER_SECOND_MAX: Final = 100_000
_CONNECTION_BYTES: Final = 200
"""What opening and closing a connection costs on the wire, roughly."""
_HELD_MAX: Final = 2_500
"""Connections of his at once: more than an address may have, and than requests may be in flight."""

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Pace:
    """Lets so many bytes a second through, and no more."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._free_at_s = time.monotonic()

    async def spend(self, count: int) -> None:
        """Return when `count` bytes may be sent."""
        self._free_at_s = max(self._free_at_s, time.monotonic()) + count / self._per_second
        await asyncio.sleep(self._free_at_s - time.monotonic())


class Stranger:
    """Attacks one ingest until cancelled."""

    def __init__(self, running: RunningIngest, source: str) -> None:
        self._running = running
        self._source = source
        self._pace = Pace(BYTES_PER_SECOND_MAX)
        self._held: deque[asyncio.StreamWriter] = deque()

    async def attack(self, kind: str) -> None:
        """Attack in one of the ways of `KINDS`."""
        try:
            while True:
                with contextlib.suppress(OSError):
                    await KINDS[kind](self)
        finally:
            for writer in self._held:
                writer.transport.abort()

    async def _connect(self) -> Connection:
        """Open a connection that is kept: the oldest is closed where there are too many."""
        await self._pace.spend(_CONNECTION_BYTES)
        connection = await asyncio.open_connection("127.0.0.1", self._running.port)
        self._held.append(connection[1])
        if len(self._held) > _HELD_MAX:
            self._held.popleft().close()
        return connection

    async def _send(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        await self._pace.spend(len(data))
        writer.write(data)
        await writer.drain()

    async def _say(self, data: bytes) -> None:
        _, writer = await self._connect()
        await self._send(writer, data)

    async def silent(self) -> None:
        """Say nothing (before a TLS handshake, where there is one)."""
        await self._connect()

    async def idle(self) -> None:
        """Ask something, and keep the connection."""
        await self._say(b"GET / HTTP/1.1\r\nhost: t\r\n\r\n")

    async def without_body(self) -> None:
        """Announce a body that never comes."""
        await self._say(self._head("content-length: 100"))

    async def half_a_header(self) -> None:
        """Begin a header that never ends."""
        await self._say(self._head("x: ")[:-4])

    async def trailers(self) -> None:
        """Send trailers without end."""
        reader, writer = await self._connect()
        await self._send(writer, self._head("transfer-encoding: chunked") + b"2\r\n{}\r\n0\r\n")
        while not reader.at_eof():
            await self._send(writer, b"x: " + b"a" * 500 + b"\r\n")

    async def pipelined(self) -> None:
        """Send requests without end, without reading an answer."""
        reader, writer = await self._connect()
        while not reader.at_eof():
            await self._send(writer, (self._head("content-length: 2") + b"{}") * 10)

    def _head(self, header: str) -> bytes:
        return f"POST /v1/webhooks/{self._source} HTTP/1.1\r\nhost: t\r\n{header}\r\n\r\n".encode()


KINDS: Final[dict[str, Callable[[Stranger], Awaitable[None]]]] = {
    "silent": Stranger.silent,
    "idle keep-alives": Stranger.idle,
    "bodies that never come": Stranger.without_body,
    "headers that never end": Stranger.half_a_header,
    "trailers": Stranger.trailers,
    "pipelining": Stranger.pipelined,
}


class Figures(NamedTuple):
    """What became of genuine posts while a stranger attacked."""

    posted: int
    share: float
    """Of them answered 2xx."""
    p50_ms: float
    p99_ms: float
    growth_bytes: int
    """Of the process's memory."""


async def while_attacked(running: RunningIngest, kind: str, seconds: float, tls: ssl.SSLContext | None) -> Figures:
    """Attack for some seconds, and return how genuine posts of another address were answered."""
    before = resident_bytes(running)
    kept = Traffic(running, SOURCE, connections=3, pause_s=0.02, address="127.0.0.2", tls=tls)
    fresh = Traffic(running, SOURCE, 1, pause_s=0.02, address="127.0.0.2", tls=tls, posts_of_connection_max=1)
    attack = asyncio.create_task(Stranger(running, SOURCE).attack(kind))
    await asyncio.gather(kept.run(seconds), fresh.run(seconds))
    assert not attack.done(), attack.exception()
    attack.cancel()
    await asyncio.gather(attack, return_exceptions=True)
    posted = kept.posted + fresh.posted
    took_ms = sorted(took_s * 1000 for _, took_s in kept.seconds + fresh.seconds)
    return Figures(
        posted=posted,
        share=(len(kept.acknowledged) + len(fresh.acknowledged)) / posted,
        p50_ms=took_ms[len(took_ms) // 2],
        p99_ms=took_ms[int(len(took_ms) * 0.99)],
        growth_bytes=resident_bytes(running) - before,
    )
