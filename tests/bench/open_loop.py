"""Open-loop load: requests leave at a fixed rate whatever the answers do, and a request's time counts from when it was
due, not from when a connection was free for it: no coordinated omission. Prints its figures as one line of JSON.

`python -m tests.bench.open_loop FILE PORT RATE SECONDS CONNECTIONS`
"""

import argparse
import asyncio
import json
from collections import deque
from pathlib import Path
from time import perf_counter
from typing import cast

import uvloop

from tests.bench.webhook_traffic import http_request, read

_TICK_S = 0.001
_LAST_ANSWERS_S_MAX = 10.0


class Connection(asyncio.Protocol):
    """One kept-alive connection, one request at a time."""

    def __init__(self, load: "OpenLoop") -> None:
        self._load = load
        self._due_s = 0.0
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready for requests."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own does not say so
        self._load.idle.append(self)

    def send(self, request: bytes, due_s: float) -> None:
        """Send a request that was due at `due_s`."""
        assert self._transport is not None
        self._due_s = due_s
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Take an answer; those asked for have no body worth reading."""
        self._received += data
        if self._received.endswith(b"\r\n\r\n"):
            is_taken = self._received.startswith((b"HTTP/1.1 204", b"HTTP/1.1 200"))
            self._received = b""
            self._load.answered(self, perf_counter() - self._due_s, is_taken=is_taken)


class OpenLoop:
    """Sends at a rate over a fixed number of connections."""

    def __init__(self, requests: list[bytes], rate: float, seconds: float) -> None:
        self.idle: deque[Connection] = deque()
        self._requests = requests
        self._rate = rate
        self._total = int(rate * seconds)
        self._due: deque[tuple[bytes, float]] = deque()
        self._times: list[float] = []
        self._refused = 0

    def answered(self, connection: Connection, seconds: float, *, is_taken: bool) -> None:
        """Note an answer, and use the connection again."""
        self._times.append(seconds)
        self._refused += not is_taken
        if self._due:
            connection.send(*self._due.popleft())
        else:
            self.idle.append(connection)

    async def run(self, port: int, connections: int) -> dict[str, float]:
        """Send everything, wait for the last answers, and return the figures."""
        loop = asyncio.get_running_loop()
        for _ in range(connections):
            await loop.create_connection(lambda: Connection(self), "127.0.0.1", port)
        began = perf_counter()
        sent = 0
        while sent < self._total:
            now = perf_counter()
            while sent < self._total and began + sent / self._rate <= now:
                request, due_s = self._requests[sent % len(self._requests)], began + sent / self._rate
                sent += 1
                if self.idle:
                    self.idle.popleft().send(request, due_s)
                else:
                    self._due.append((request, due_s))
            await asyncio.sleep(_TICK_S)
        ended = perf_counter()
        while len(self._times) < sent and perf_counter() - ended < _LAST_ANSWERS_S_MAX:  # noqa: ASYNC110 - and a deadline
            await asyncio.sleep(_TICK_S)
        times = sorted(self._times)

        def percentile(share: float) -> float:
            return round(times[min(len(times) - 1, int(len(times) * share))] * 1000, 3)

        return {
            "rate": round(self._rate, 1),
            "requests": sent,
            "answered": len(times),
            "refused": self._refused,
            "p50_ms": percentile(0.5),
            "p99_ms": percentile(0.99),
            "p999_ms": percentile(0.999),
        }


def main() -> None:
    """Run with the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="webhooks, as `webhook_traffic` writes them")
    parser.add_argument("port", type=int)
    parser.add_argument("rate", type=float, help="requests a second")
    parser.add_argument("seconds", type=float)
    parser.add_argument("connections", type=int)
    options = parser.parse_args()
    requests = [http_request(webhook) for webhook in read(options.file)]
    load = OpenLoop(requests, options.rate, options.seconds)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(load.run(options.port, options.connections))))


if __name__ == "__main__":
    main()
