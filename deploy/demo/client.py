"""A lean HTTP/1.1 client: one keep-alive connection, one request at a time; a missing answer raises `NoAnswer`."""

import asyncio
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

import httptools


class NoAnswer(Exception):
    """The connection failed, or ended, or was silent for too long, before an answer was complete."""


class Connection:
    """A connection to one host, opened when first needed and again after it failed."""

    def __init__(self, url: str, timeout_s: float) -> None:
        """Prepare to talk to the origin of `url` (`http://` or `https://`)."""
        parts = urlsplit(url)
        self._host = parts.hostname or "127.0.0.1"
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._port = parts.port or (443 if self._tls else 80)
        self._authority = parts.netloc.rpartition("@")[2].encode()
        self._timeout_s = timeout_s
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """Send a POST and return the status answered. Raises NoAnswer."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._exchange(path, headers, body)
        except (OSError, EOFError, TimeoutError, httptools.HttpParserError) as error:
            self.close()
            raise NoAnswer(f"{self._host}:{self._port}: {error!r}") from error

    def close(self) -> None:
        """Close the connection at once."""
        if self._streams:
            self._streams[1].close()
            self._streams = None

    async def _exchange(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        reader, writer = self._streams
        lines = [b"POST %b HTTP/1.1\r\nHost: %b" % (path.encode(), self._authority)]
        lines += [f"{name}: {value}".encode() for name, value in headers.items()]
        writer.write(b"\r\n".join(lines) + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        answer = _Answer()
        parser = httptools.HttpResponseParser(answer)
        while not answer.complete:
            received = await reader.read(65_536)
            if not received:
                raise EOFError("the connection ended before the answer did")
            parser.feed_data(received)
        if not parser.should_keep_alive():
            self.close()
        return int(parser.get_status_code())


class _Answer:
    complete = False

    def on_message_complete(self) -> None:
        self.complete = True
