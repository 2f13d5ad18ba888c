"""A TCP proxy between client and engine that does to inserts what networks do."""

import asyncio
import struct
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum
from socket import SO_LINGER, SOL_SOCKET
from urllib.parse import urlsplit


class Fault(Enum):
    """What happens to one insert."""

    RESET_BEFORE = "the connection is reset before the engine sees a byte"
    RESET_DURING = "the connection is reset in the middle of the rows"
    RESET_AFTER = "the rows are in, and the answer is lost"
    ERROR_BEFORE = "a 500 that the engine never saw"
    ERROR_AFTER = "the rows are in, and the answer is a 500"
    STALL_AFTER = "the rows are in, and the answer does not come in time"
    SENT_TWICE = "the network delivers the insert twice"
    DELAYED = "the insert arrives late, and its answer too"
    DISK_FULL = "the engine says that its disk is full"
    SWALLOWED = "the answer is that all went well, and that no row was written"


_HARMLESS = (Fault.SENT_TWICE, Fault.DELAYED)
"""What the client does not notice: the exchange goes on."""
_DELAY_S = 0.3
_SWALLOWED = (
    b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\nX-ClickHouse-Summary: {"written_rows":"0"}\r\n\r\n'
)
_ERROR = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 5\r\nConnection: close\r\n%b\r\nwoops"


class FaultyProxy:
    """Forwards to the engine; each insert meets the next of `faults`, if any."""

    def __init__(self, host: str, port: int) -> None:
        """Forward to `host:port`."""
        self._target = host, port
        self._server: asyncio.Server | None = None
        self.port = 0
        self.faults: deque[Fault] = deque()
        self.met: list[Fault] = []
        self.is_away = False
        """Whether every connection is refused."""

    async def start(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 26)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening."""
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            if self.is_away:
                _reset(writer)
                return
            engine_reader, engine_writer = await asyncio.open_connection(*self._target, limit=1 << 26)
            try:
                while request := await _read_message(reader):
                    is_insert = b"INSERT" in request[:4000]
                    fault = self.faults.popleft() if is_insert and self.faults else None
                    if fault is not None:
                        self.met.append(fault)
                    if fault is Fault.SENT_TWICE:
                        engine_writer.write(request)
                        await _read_message(engine_reader)
                    if fault is Fault.DELAYED:
                        await asyncio.sleep(_DELAY_S)
                    if fault is not None and fault not in _HARMLESS:
                        await self._sabotage(fault, request, writer, engine_reader, engine_writer)
                        return
                    engine_writer.write(request)
                    writer.write(await _read_message(engine_reader))
                    await writer.drain()
            finally:
                engine_writer.close()
        writer.close()

    async def _sabotage(
        self,
        fault: Fault,
        request: bytes,
        writer: asyncio.StreamWriter,
        engine_reader: asyncio.StreamReader,
        engine_writer: asyncio.StreamWriter,
    ) -> None:
        if fault is Fault.RESET_DURING:
            engine_writer.write(request[: len(request) // 2])
            await engine_writer.drain()
            _reset(engine_writer)
        if fault in {Fault.RESET_AFTER, Fault.ERROR_AFTER, Fault.STALL_AFTER}:
            engine_writer.write(request)
            await _read_message(engine_reader)
        if fault is Fault.STALL_AFTER:
            await asyncio.sleep(3)
        if fault is Fault.SWALLOWED:
            writer.write(_SWALLOWED)
            await writer.drain()
            writer.close()
        elif fault in {Fault.ERROR_BEFORE, Fault.ERROR_AFTER, Fault.DISK_FULL}:
            code = b"X-ClickHouse-Exception-Code: 243\r\n" if fault is Fault.DISK_FULL else b""
            writer.write(_ERROR % code)
            await writer.drain()
            writer.close()
        else:
            _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST, as a died peer's kernel does."""
    writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()


async def _read_message(reader: asyncio.StreamReader) -> bytes:
    """Read one HTTP request or response whole; b"" at the end of the stream."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    lower = head.lower()
    if b"\r\ntransfer-encoding: chunked" in lower:
        body = b""
        while not body.endswith(b"0\r\n\r\n"):
            size = await reader.readuntil(b"\r\n")
            body += size + await reader.readexactly(int(size, 16) + 2)
        return head + body
    if b"\r\ncontent-length: " in lower:
        length = int(lower.split(b"\r\ncontent-length: ")[1].split(b"\r\n")[0])
        return head + await reader.readexactly(length)
    return head


def through(proxy: FaultyProxy, url: str) -> str:
    """Return the engine's URL by way of a proxy, as whom it says."""
    parts = urlsplit(url)
    who = parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{who}@127.0.0.1:{proxy.port}" if who else f"127.0.0.1:{proxy.port}").geturl()


@asynccontextmanager
async def faulty_proxy(url: str) -> AsyncIterator[FaultyProxy]:
    """Run a proxy in front of the engine at `url`."""
    host, _, port = url.rpartition("/")[2].rpartition("@")[2].partition(":")
    proxy = FaultyProxy(host, int(port))
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
