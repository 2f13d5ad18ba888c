"""Where a request begins and ends: smuggling, trailers, pipelining, over raw sockets."""

import asyncio
import contextlib

import pytest

from schemas.topics import RAW
from tests.support.raw_http import exchange, request, resident_bytes
from tests.support.running_ingest import RunningIngest, event_body, records_of, signature
from tests.support.webhook_posts import read_status

SMUGGLING = {
    "both lengths": "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": "content-length: 5\r\ncontent-length: 6\r\n\r\nabcde",
    "signed length": "content-length: +5\r\n\r\nabcde",
    "hexadecimal length": "content-length: 0x5\r\n\r\nabcde",
    "negative length": "content-length: -5\r\n\r\nabcde",
    "unknown coding": "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked not last": "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "space before colon": "content-length : 5\r\n\r\nabcde",
    "folded header": "x: a\r\n b\r\ncontent-length: 5\r\n\r\nabcde",
    "bad chunk size": "transfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    "huge chunk size": "transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "control byte in a header": "x: a\x00b\r\ncontent-length: 5\r\n\r\nabcde",
    "bare line feeds": "content-length: 5\n\nabcde",
}


@pytest.mark.parametrize("shape", SMUGGLING)
async def test_smuggling_shapes_are_refused(ingest: RunningIngest, shape: str) -> None:
    """A request whose end two parsers could see in different places is answered 400 (or 404), never served twice."""
    data = f"POST /v1/webhooks/none HTTP/1.1\r\nhost: t\r\n{SMUGGLING[shape]}".encode("latin-1")
    assert await exchange(ingest, data) == 400


async def test_malformed_request_lines_are_400(ingest: RunningIngest, name: str) -> None:
    """What is not HTTP is answered 400 and the connection is closed; so is a request without Host."""
    for line in (b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"POST / HTTP/9.9\r\n\r\n", b"{}\r\n\r\n"):
        assert await exchange(ingest, line) == 400
    body = event_body(1)
    without_host = request(name, body).replace(b"host: t\r\n", b"")
    assert await exchange(ingest, without_host) == 400


async def test_pipelined_requests_are_answered_in_order(ingest: RunningIngest, name: str) -> None:
    """Requests sent together on one connection are answered one after the other, each stored."""
    reader, writer = await asyncio.open_connection("127.0.0.1", ingest.port)
    bad = request(name, b"{}", extra="").replace(b"sha256=", b"sha256=0")
    writer.write(request(name, event_body(1)) + bad + request(name, event_body(2)))
    assert [await asyncio.wait_for(read_status(reader), 8) for _ in range(3)] == [204, 401, 204]
    writer.close()
    assert len(await records_of(ingest.bootstrap_servers, RAW, name)) == 2


CHUNKED = "transfer-encoding: chunked\r\n"


def chunked_request(source: str, body: bytes, trailers: bytes) -> bytes:
    head = request(source, body, extra=CHUNKED).partition(b"\r\n\r\n")[0]
    head = head.replace(f"content-length: {len(body)}".encode(), b"x: y")
    return head + b"\r\n\r\n" + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n" + trailers + b"\r\n"


async def test_headers_behind_the_body_are_refused(ingest: RunningIngest, name: str) -> None:
    """A trailer is answered 400, the request is not stored; the same request without one is."""
    body = event_body(1)
    assert await exchange(ingest, chunked_request(name, body, b"x-forwarded-for: 10.0.0.1\r\n")) == 400
    assert await exchange(ingest, chunked_request(name, body, b"")) == 204
    assert len(await records_of(ingest.bootstrap_servers, RAW, name)) == 1


async def test_a_trailer_cannot_prove_anything(ingest: RunningIngest, name: str) -> None:
    """A signature that comes as a trailer does not authenticate."""
    body = event_body(1)
    signed = "".join(f"{key}: {value}\r\n" for key, value in signature(body).items()).encode()
    unsigned = chunked_request(name, body, signed).replace(signed, b"", 1)
    assert await exchange(ingest, unsigned) in (400, 401)
    assert await records_of(ingest.bootstrap_servers, RAW, name) == []


@pytest.mark.parametrize("line", [b"x: " + b"a" * 100 + b"\r\n", b"a"], ids=["many", "one without end"])
async def test_endless_trailers_take_no_memory(ingest: RunningIngest, name: str, line: bytes) -> None:
    """Trailers without end are cut off: ten connections of them take no memory to speak of."""
    before = resident_bytes(ingest)
    head = chunked_request(name, event_body(1), b"")[:-2]
    flood = head + line * (4_000_000 // len(line))
    assert set(await asyncio.gather(*(exchange(ingest, flood) for _ in range(10)))) <= {400, 431, 0}
    assert resident_bytes(ingest) - before < 30_000_000


async def test_pipelined_requests_are_bounded(ingest: RunningIngest, name: str) -> None:
    """A connection with thousands of requests waiting is closed, and takes no memory to speak of."""
    before = resident_bytes(ingest)
    flood = request(name, event_body(1)) * 8_000
    await asyncio.gather(*(exchange(ingest, flood) for _ in range(10)))
    assert resident_bytes(ingest) - before < 30_000_000
    assert await exchange(ingest, request(name, event_body(2))) == 204


async def answers_of(running: RunningIngest, data: bytes) -> list[int]:
    """Send bytes in one segment and return every status answered until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(data)
    statuses = []
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            statuses.append(await asyncio.wait_for(read_status(reader), 8))
    writer.close()
    return statuses


@pytest.mark.parametrize("garbage", [b"not HTTP\r\n\r\n", b"POST /x HTTP/1.1\r\nhost: t\r\nx y: 1\r\n\r\n", b"\0"])
async def test_what_is_good_is_answered_before_garbage_behind_it(
    ingest: RunningIngest, name: str, garbage: bytes
) -> None:
    """Good requests are stored and answered in their order, though what follows in the same segment is no HTTP: that is 400."""
    good = request(name, event_body(1)) + request(name, event_body(2))
    for _ in range(5):
        assert await answers_of(ingest, good + garbage) == [204, 204, 400]


async def test_what_is_pipelined_within_the_limit_is_answered(ingest: RunningIngest, name: str) -> None:
    """Of forty requests sent at once, those within the limit are stored and answered, then 429 ends the connection."""
    statuses = await answers_of(ingest, b"".join(request(name, event_body(number)) for number in range(40)))
    assert statuses == [204] * 17 + [429]
    assert len(await records_of(ingest.bootstrap_servers, RAW, name)) == 17
