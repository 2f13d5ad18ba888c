"""Clients that post distinct events over kept-alive connections, and remember what each was answered."""

import asyncio
import contextlib
import ssl
import time
from dataclasses import dataclass, field

from tests.support.running_ingest import RunningIngest, event_body, signature

_ANSWER_S_MAX = 15.0


@dataclass
class Traffic:
    """Posts numbered events from several connections until asked to stop; survives resets and refusals."""

    running: RunningIngest
    source: str
    connections: int = 8
    pause_s: float = 0.01
    padding_bytes: int = 0
    """White space at the end of each body, to fill disks sooner."""
    address: str = "127.0.0.1"
    """Where they come from."""
    tls: ssl.SSLContext | None = None
    posts_of_connection_max: int = 1_000_000
    answers: dict[int, int] = field(default_factory=dict)
    """Event number → status answered; an event without an answer is not in it."""
    seconds: list[tuple[float, float]] = field(default_factory=list)
    """(when it was answered, how long that took), monotonic seconds."""
    _next: int = 0
    _stopping: bool = False

    @property
    def posted(self) -> int:
        """Events posted, answered or not."""
        return self._next

    @property
    def acknowledged(self) -> set[int]:
        """Numbers of the events answered 2xx."""
        return {number for number, status in self.answers.items() if 200 <= status < 300}

    async def run(self, seconds: float | None = None) -> None:
        """Post for some seconds, or until `stop` is called."""
        clients = [asyncio.create_task(self._client()) for _ in range(self.connections)]
        if seconds is not None:
            await asyncio.sleep(seconds)
            self.stop()
        await asyncio.gather(*clients)

    def stop(self) -> None:
        """Post nothing more."""
        self._stopping = True

    async def _client(self) -> None:
        while not self._stopping:
            with contextlib.suppress(OSError, EOFError, TimeoutError):
                await self._connection()
            await asyncio.sleep(self.pause_s)

    async def _connection(self) -> None:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.running.port, local_addr=(self.address, 0), ssl=self.tls
        )
        try:
            for _ in range(self.posts_of_connection_max):
                if self._stopping:
                    break
                self._next += 1
                number = self._next
                began = time.monotonic()
                writer.write(signed_request(self.source, event_body(number) + b" " * self.padding_bytes))
                self.answers[number] = await asyncio.wait_for(read_status(reader), _ANSWER_S_MAX)
                now = time.monotonic()
                self.seconds.append((now, now - began))
                await asyncio.sleep(self.pause_s)
        finally:
            writer.close()


def signed_request(source: str, body: bytes) -> bytes:
    """Return a signed POST, as it goes over the wire."""
    headers = "".join(f"{name}: {value}\r\n" for name, value in signature(body).items())
    head = f"POST /v1/webhooks/{source} HTTP/1.1\r\nhost: t\r\n{headers}content-length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def read_status(reader: asyncio.StreamReader, *, is_head: bool = False) -> int:
    """Read one answer, with its body, and return its status. Raises EOFError where the connection ends first."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    _, _, length = head.partition(b"content-length: ")
    if length and not is_head:
        await reader.readexactly(int(length.split(b"\r\n")[0]))
    return int(head.split(b" ")[1])
