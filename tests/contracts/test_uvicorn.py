"""What ingest leans on inside uvicorn's HTTP protocol and its cycle: an upgrade that changes it fails here first.

A changed digest is no error in itself: read the method again, with what is said beside it in mind, run the tests of
ingest and `make hostile`, and then write the new digest down.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

import pytest
import uvloop
from uvicorn import Config, Server
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState
from uvloop.loop import SSLProtocol  # type: ignore[attr-defined] # its stub leaves it out

from ingest.http.request import EXCHANGE, Request
from tests.contracts.reading import check_as_read, parameters

REQUEST = b"POST /path?a=1 HTTP/1.1\r\nhost: here\r\ncontent-length: 4\r\n\r\nbody"
HEADERS_ONLY = b"POST /path HTTP/1.1\r\nhost: here\r\ncontent-length: 4\r\n\r\n"


class _Transport(asyncio.Transport):
    """A socket that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it."""
        self.written += bytes(data)

    def is_closing(self) -> bool:
        """Return whether it was closed."""
        return self.closing

    def close(self) -> None:
        """Close."""
        self.closing = True

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ARG002 - nothing is known
        """Return nothing."""
        return default

    def pause_reading(self) -> None:
        """Stop reading."""

    def resume_reading(self) -> None:
        """Read again."""


class _App:
    """Notes what it is given and waits; answers 204 when asked to."""

    def __init__(self) -> None:
        self.scopes: list[Any] = []
        self.received: list[Any] = []
        self.answer = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        self.scopes.append(scope)
        self.received.append(await receive())
        await self.answer.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


Make = Callable[..., tuple[HttpToolsProtocol, _Transport, _App]]


@pytest.fixture
def make() -> Make:
    """A function that makes a protocol of a kind, connected, over an app."""

    def made(kind: type[HttpToolsProtocol] = HttpToolsProtocol) -> tuple[HttpToolsProtocol, _Transport, _App]:
        app, transport = _App(), _Transport()
        config = Config(app, lifespan="off", log_config=None, access_log=False, ws="none", server_header=False)
        protocol = kind(config=config, server_state=ServerState(), app_state={})
        protocol.connection_made(transport)
        return protocol, transport, app

    return made


async def turn() -> None:
    """Let what is ready run."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (HttpToolsProtocol.__init__, ["self", "config", "server_state", "app_state", "_loop"]),
        (HttpToolsProtocol.connection_made, ["self", "transport"]),
        (HttpToolsProtocol.connection_lost, ["self", "exc"]),
        (HttpToolsProtocol.data_received, ["self", "data"]),
        (HttpToolsProtocol.on_message_begin, ["self"]),
        (HttpToolsProtocol.on_headers_complete, ["self"]),
        (HttpToolsProtocol.on_message_complete, ["self"]),
        (HttpToolsProtocol.pause_writing, ["self"]),
        (HttpToolsProtocol.resume_writing, ["self"]),
        (HttpToolsProtocol.send_400_response, ["self", "msg"]),
        (Server.capture_signals, ["self"]),
        (Server.serve, ["self", "sockets"]),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_signatures(function: Callable[..., Any], expected: list[str]) -> None:
    """What ingest overrides or calls is there and takes what it gives."""
    assert parameters(function) == expected


@pytest.mark.parametrize(
    ("function", "known", "look_at"),
    [
        (
            HttpToolsProtocol.data_received,
            "010a7ae59a5d3b1a",
            "answers what cannot be parsed by `send_400_response` alone",
        ),
        (
            HttpToolsProtocol.on_headers_complete,
            "1ea8589acfad92d8",
            "makes the cycle last, and starts it in a task: not before we add to its scope",
        ),
        (HttpToolsProtocol.on_message_complete, "1fbad42dc31fc01f", "says the body is whole, and nothing else"),
        (
            HttpToolsProtocol.on_response_complete,
            "64e254f28e389e76",
            "starts what waits in the pipeline: `Request.write` calls it after its one write",
        ),
        (HttpToolsProtocol.connection_lost, "c91a4c9bf2e29c55", "marks the cycle disconnected and wakes it"),
        (
            RequestResponseCycle.send,
            "abdd8601b326a8da",
            "`Request.write` does the same for an answer without a body: is any state new?",
        ),
        (
            RequestResponseCycle.receive,
            "8124ae006be71184",
            "`Request.take_body` reads `body` in its place; 100-continue is sent here",
        ),
        (
            RequestResponseCycle.run_asgi,
            "0f33f2449a444bc2",
            "answers 500 only where nothing was answered and nobody left",
        ),
        (
            Server.capture_signals,
            "e1bbcd4770d1c887",
            "leaves all signals to us when it captures none: does it do anything else now?",
        ),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_source_is_the_one_that_was_read(function: Callable[..., Any], known: str, look_at: str) -> None:
    """The body of a method that ingest relies on has not changed since it was read."""
    check_as_read(function, known, look_at)


async def test_a_connection_before_its_first_request(make: Make) -> None:
    """A connection stands among the server's, and has no cycle until a request's headers are whole."""
    protocol, _, _ = make()
    assert protocol in protocol.connections, "`close_slow` looks through uvicorn's set"
    assert protocol.connections is protocol.server_state.connections
    assert vars(protocol)["cycle"] is None, "whatever uvicorn declares"
    protocol.connection_lost(None)
    assert protocol not in protocol.connections


async def test_what_is_added_to_the_scope_after_the_headers_reaches_the_application(make: Make) -> None:
    """The application gets the very scope, and only after the headers were dealt with."""

    class Adding(HttpToolsProtocol):
        def on_headers_complete(self) -> None:
            super().on_headers_complete()
            self.scope["added"] = self.cycle  # type: ignore[typeddict-unknown-key]

    protocol, _, app = make(Adding)
    protocol.data_received(REQUEST)
    assert app.scopes == []
    await turn()
    assert app.scopes[0]["added"] is protocol.cycle
    assert app.scopes[0]["headers"] is protocol.headers
    assert protocol.url == b"/path?a=1"


async def test_a_callback_that_raises_stops_the_parser(make: Make) -> None:
    """A request refused at its headers is answered by `send_400_response`, and the application never sees it."""
    answered: list[str] = []

    class Refusing(HttpToolsProtocol):
        def on_headers_complete(self) -> None:
            raise ValueError("too large")

        def send_400_response(self, msg: str) -> None:
            answered.append(msg)

    protocol, _, app = make(Refusing)
    protocol.data_received(REQUEST)
    await turn()
    assert len(answered) == 1
    assert app.scopes == []


async def test_a_cycle_marked_disconnected_is_woken_and_answers_no_more(make: Make) -> None:
    """Who serves a request that the protocol has answered itself receives a disconnect, and what it sends is dropped."""
    protocol, transport, app = make()
    protocol.data_received(HEADERS_ONLY)
    await turn()
    protocol.cycle.disconnected = True
    protocol.cycle.message_event.set()
    app.answer.set()
    await turn()
    assert [message["type"] for message in app.received] == ["http.disconnect"]
    assert transport.written == b""


async def test_a_body_that_is_whole_stands_in_the_cycle(make: Make) -> None:
    """The body can be taken from the cycle without `receive`, once no more of it comes."""
    protocol, _, _ = make()
    protocol.data_received(HEADERS_ONLY)
    assert protocol.cycle.more_body
    protocol.data_received(b"body")
    assert vars(protocol.cycle)["more_body"] is False
    assert isinstance(protocol.cycle.body, bytearray)
    assert bytes(protocol.cycle.body) == b"body"


async def test_an_answer_written_past_asgi_lets_the_next_request_begin(make: Make) -> None:
    """One write by `Request.write` ends the exchange for uvicorn as well: what was pipelined is served."""
    protocol, transport, app = make()
    protocol.data_received(REQUEST)
    cycle = protocol.cycle
    protocol.data_received(REQUEST)
    await turn()
    assert len(app.scopes) == 1, "a second request waits for the answer to the first"
    assert Request({**app.scopes[0], EXCHANGE: cycle}).write(STATUS_LINE[204])
    await turn()
    assert transport.written == b"HTTP/1.1 204 No Content\r\n\r\n"
    assert len(app.scopes) == 2
    assert protocol.cycle is not cycle
    assert not transport.closing


async def test_a_connection_that_is_to_be_closed_says_so(make: Make) -> None:
    """Where the client wants its connection closed, the cycle does not keep it: `Request.write` leaves that to uvicorn."""
    protocol, transport, _ = make()
    protocol.data_received(REQUEST.replace(b"host", b"connection: close\r\nhost"))
    assert not Request({**protocol.scope, EXCHANGE: protocol.cycle}).write(STATUS_LINE[204])
    assert transport.written == b""


def test_tls_protocol_is_fed_as_a_buffered_protocol() -> None:
    """Uvloop's TLS protocol can be made and fed by whoever has read the first bytes: `ingest.http.handshake` does so."""
    assert {"get_buffer", "buffer_updated", "connection_made", "connection_lost"} <= set(dir(SSLProtocol))
    loop = uvloop.new_event_loop()
    waiter = loop.create_future()
    made = SSLProtocol(
        loop,
        asyncio.Protocol(),
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH),
        waiter,
        server_side=True,
        ssl_handshake_timeout=1.0,
    )
    assert len(memoryview(made.get_buffer(10))) >= 10
    loop.close()


def test_status_lines() -> None:
    """A status line is bytes, ready to be sent."""
    assert STATUS_LINE[413].startswith(b"HTTP/1.1 413 ")
    assert STATUS_LINE[413].endswith(b"\r\n")


def test_flow() -> None:
    """Whether the client reads its answers stands in `write_paused`."""
    flow = FlowControl(_Transport())
    assert flow.write_paused is False
    flow.pause_writing()
    assert flow.write_paused is True
