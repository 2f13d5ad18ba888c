"""A TCP proxy that knows no protocol: it delays, cuts into pieces, resets and refuses, as networks do."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.support.faulty_proxy import _reset

_PIECE_BYTES = 65_536


class PacketProxy:
    """Forwards connections to `host:port` in the way its attributes say; they may change at any time."""

    def __init__(self, host: str, port: int, seed: int = 1) -> None:
        """Forward to `host:port`; chance is of the seed."""
        self._target = host, port
        self._rng = random.Random(seed)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.delay_s: tuple[float, float] = (0.0, 0.0)
        """Least and greatest delay of what was read."""
        self.piece_bytes_max = _PIECE_BYTES
        """Most bytes that are passed on at once."""
        self.resets_per_piece = 0.0
        """Chance that both ends are reset instead of a piece being passed on: what was passed before is a torn frame."""
        self.is_away = False
        """Whether new connections are reset."""
        self.resets = 0
        """How many connections it has reset."""

    async def start(self, port: int) -> None:
        """Listen on a port of 127.0.0.1."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)

    async def stop(self) -> None:
        """Stop listening, and end every connection."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            _reset(writer)

    def heal(self) -> None:
        """Pass on everything at once, from now on."""
        self.delay_s, self.piece_bytes_max, self.resets_per_piece, self.is_away = (0.0, 0.0), _PIECE_BYTES, 0.0, False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_away:
            _reset(writer)
            return
        with suppress(OSError, asyncio.CancelledError):
            there, to_there = await asyncio.open_connection(*self._target)
            ends = {writer, to_there}
            self._open |= ends
            try:
                await asyncio.gather(self._pass_on(reader, to_there, ends), self._pass_on(there, writer, ends))
            finally:
                self._open -= ends
                for end in ends:
                    end.close()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ends: set[asyncio.StreamWriter]
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(_PIECE_BYTES):
                if self.delay_s[1]:
                    await asyncio.sleep(self._rng.uniform(*self.delay_s))
                while data:
                    if self.resets_per_piece and self._rng.random() < self.resets_per_piece:
                        self.resets += 1
                        for end in ends:
                            _reset(end)
                        return
                    writer.write(data[: self.piece_bytes_max])
                    data = data[self.piece_bytes_max :]
                    await writer.drain()
            writer.write_eof()


@asynccontextmanager
async def packet_proxy(host: str, port: int, at: int, seed: int = 1) -> AsyncIterator[PacketProxy]:
    """Run a proxy on port `at` in front of `host:port`."""
    proxy = PacketProxy(host, port, seed)
    await proxy.start(at)
    try:
        yield proxy
    finally:
        await proxy.stop()
