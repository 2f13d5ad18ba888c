"""What one connection is allowed while it is crowded, and how it makes room for another."""

import asyncio
from time import monotonic
from typing import Any

from uvicorn import Config
from uvicorn.server import ServerState

from ingest.http.crowd import Crowd, Standing
from ingest.http.protocol import BoundedHttpProtocol, ConnectionLimits
from ingest.http.request import GUEST
from ingest.metrics import IngestMetrics

LIMITS = ConnectionLimits(headers_count_max=100, headers_bytes_max=32_768, headers_s_max=5.0, request_s_max=9.0)
REQUEST = b"POST /path HTTP/1.1\r\nhost: here\r\ncontent-length: 4\r\n\r\nbody"


class Transport(asyncio.Transport):
    """A socket that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it."""
        self.written += bytes(data)

    def is_closing(self) -> bool:
        """Return whether it was closed."""
        return self.closed

    def close(self) -> None:
        """Close."""
        self.closed = True

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return where it comes from."""
        return ("192.0.2.1", 1) if name == "peername" else default

    def pause_reading(self) -> None:
        """Stop reading."""

    def resume_reading(self) -> None:
        """Read again."""


async def authenticate_and_answer(scope: Any, receive: Any, send: Any) -> None:
    """Answer 204 to whoever; a path that ends in `genuine` is authenticated."""
    await receive()
    if scope["path"].endswith("genuine"):
        scope[GUEST].serve(proves=True)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def connected(crowd: Crowd) -> tuple[BoundedHttpProtocol, Transport]:
    config = Config(
        authenticate_and_answer, lifespan="off", log_config=None, access_log=False, ws="none", server_header=False
    )
    protocol = BoundedHttpProtocol(
        limits=LIMITS,
        crowd=crowd,
        metrics=IngestMetrics(),
        config=config,
        server_state=ServerState(),
        app_state={},
    )
    transport = Transport()
    protocol.connection_made(transport)
    return protocol, transport


def a_crowd(guests_max: int = 10) -> Crowd:
    return Crowd(guests_max=guests_max, guests_of_address_max=guests_max, exempt=())


async def turn() -> None:
    """Let what is ready run."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_idle_times_are_short_while_it_is_crowded() -> None:
    """Between two requests five seconds, until the headers one; otherwise longer, as the settings say."""
    (idle, idle_socket), (begun, begun_socket) = connected(a_crowd()), connected(a_crowd())
    idle.data_received(REQUEST)
    await turn()
    begun.data_received(REQUEST[:20])
    now_s = monotonic()
    for protocol, seconds in ((idle, 60.0), (begun, 4.0)):
        protocol.close_if_slow(now_s + seconds, is_crowded=False)
    assert [idle_socket.closed, begun_socket.closed] == [False, False]
    idle.close_if_slow(now_s + 6, is_crowded=True)
    begun.close_if_slow(now_s + 2, is_crowded=True)
    assert idle_socket.closed
    assert idle_socket.written.startswith(b"HTTP/1.1 204 ")
    assert idle_socket.written.count(b"HTTP/1.1") == 1
    assert begun_socket.written.startswith(b"HTTP/1.1 408 ")


async def test_who_makes_room_is_told_where_he_waits_for_an_answer() -> None:
    """A connection with half a request is answered 503; one between two requests is only closed."""
    crowd = a_crowd(guests_max=2)
    (idle, idle_socket), (half, half_socket) = connected(crowd), connected(crowd)
    idle.data_received(REQUEST)
    await turn()
    half.data_received(REQUEST[:-1])
    connected(crowd)
    assert half_socket.written.startswith(b"HTTP/1.1 503 "), "who has just been answered comes after who only waits"
    connected(crowd)
    assert idle_socket.closed
    assert idle_socket.written.count(b"HTTP/1.1") == 1
    assert len(crowd) == 2


async def test_a_connection_that_has_proved_itself_stays_busy_while_it_sends() -> None:
    """After an authenticated request it is idle, not a stranger; from the first byte of the next one it makes no room."""
    crowd = a_crowd()
    protocol, _ = connected(crowd)
    (guest,) = crowd._guests
    standings = [guest.standing]
    protocol.data_received(REQUEST.replace(b"/path", b"/genuine"))
    await turn()
    standings.append(guest.standing)
    protocol.data_received(REQUEST[:10])
    assert [*standings, guest.standing] == [Standing.STRANGER, Standing.IDLE, Standing.BUSY]
    protocol.connection_lost(None)
    assert len(crowd) == 0
