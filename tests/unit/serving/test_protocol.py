"""What one connection to the API may send before anybody knows who it is."""

import asyncio

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from serving.api.protocol import HEAD_BYTES_MAX, HEADERS_MAX, TimedProtocol
from tests.unit.ingest.test_protocol import Transport, authenticate_and_answer

POST = b"POST /path HTTP/1.1\r\nhost: here\r\n"
MANY = b"".join(b"x-%d: y\r\n" % n for n in range(HEADERS_MAX))
LARGE = b"x: " + b"y" * HEAD_BYTES_MAX


async def answered(*pieces: bytes) -> Transport:
    config = Config(
        authenticate_and_answer, lifespan="off", log_config=None, access_log=False, ws="none", server_header=False
    )
    protocol, transport = TimedProtocol(config=config, server_state=ServerState(), app_state={}), Transport()
    protocol.connection_made(transport)
    for piece in pieces:
        protocol.data_received(piece)
    if transport.closed:
        protocol.connection_lost(ConnectionError())
    await asyncio.gather(*protocol.tasks)
    return transport


@pytest.mark.parametrize(
    "pieces",
    [
        (POST, MANY, b"\r\n"),
        (POST, LARGE),
        (POST, LARGE, b"\r\n\r\n"),
        (b"GET /", b"a" * HEAD_BYTES_MAX),
        (POST + MANY + b"\r\n",),
    ],
)
def test_too_large_a_head_is_answered_431_and_closed(pieces: tuple[bytes, ...]) -> None:
    """However a head comes, whole or in pieces, ended or not: past the limit it is refused, and nothing more is read."""
    transport = asyncio.run(answered(*pieces))
    assert transport.written.startswith(b"HTTP/1.1 431 ")
    assert b"urn:recibo:problem:head-too-large" in transport.written
    assert transport.closed


@pytest.mark.parametrize("behind", [LARGE, MANY + b"\r\n"])
def test_headers_behind_a_body_are_bounded_too(behind: bytes) -> None:
    """Trailers are kept beside the headers: past the limit the connection is closed, whatever was to be answered."""
    transport = asyncio.run(answered(POST + b"transfer-encoding: chunked\r\n\r\n", b"1\r\na\r\n0\r\n", behind))
    assert transport.closed


def test_a_body_is_no_part_of_the_head() -> None:
    """A large body, in whatever pieces, is answered as ever."""
    body = b"b" * (3 * HEAD_BYTES_MAX)
    post = POST + b"content-length: %d\r\n\r\n" % len(body)
    chunked = POST + b"transfer-encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * HEAD_BYTES_MAX + b"0\r\n\r\n"
    for pieces in ((post + body,), (post, body), (chunked,)):
        transport = asyncio.run(answered(*pieces))
        assert transport.written.startswith(b"HTTP/1.1 204 ")
        assert not transport.closed
