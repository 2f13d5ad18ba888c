"""What strangers may do with a connection: slow, huge, malformed or abandoned requests, over raw sockets."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import orjson
import pytest

from schemas.topics import RAW, REQUESTS
from tests.support.running_ingest import (
    SIGNED_SOURCE,
    RunningIngest,
    event_body,
    eventually_records,
    ingest_at,
    records_of,
    signature,
)
from tests.support.webhook_posts import Traffic, read_status

TESTS_MAX = 30
HEADERS_MS_MAX = 1_000
REQUEST_MS_MAX = 2_000
CONNECTIONS_MAX = 1_100
SLOW_CONNECTIONS = 1_000


@pytest.fixture(scope="module")
def ingest(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIngest]:
    """One ingest with short deadlines for all tests of this module."""
    names = [f"{uuid4().hex[:8]}-{number}" for number in range(TESTS_MAX)]
    sources = "".join(SIGNED_SOURCE.format(name=name) for name in names)
    limits = {
        "RECIBO_INGEST_HEADERS_MS_MAX": str(HEADERS_MS_MAX),
        "RECIBO_INGEST_REQUEST_MS_MAX": str(REQUEST_MS_MAX),
        "RECIBO_INGEST_CONNECTIONS_MAX": str(CONNECTIONS_MAX),
    }
    with ingest_at(broker, tmp_path_factory.mktemp("ingest"), sources, **limits) as running:
        running.unused_names = names
        running.wait_for_kafka()
        yield running


@pytest.fixture
def name(ingest: RunningIngest) -> str:
    """A source of a test's own."""
    return ingest.unused_names.pop()


def request(source: str, body: bytes, *, length: int | None = None, extra: str = "") -> bytes:
    headers = "".join(f"{key}: {value}\r\n" for key, value in signature(body).items())
    declared = len(body) if length is None else length
    head = f"POST /v1/webhooks/{source} HTTP/1.1\r\nhost: t\r\n{headers}{extra}content-length: {declared}\r\n\r\n"
    return head.encode() + body


async def exchange(running: RunningIngest, data: bytes, *, s_max: float = 8.0) -> int:
    """Send bytes and return the status answered; 0 where the connection ended without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    try:
        with contextlib.suppress(ConnectionError):
            writer.write(data)
            await writer.drain()
        return await asyncio.wait_for(read_status(reader), s_max)
    except (EOFError, ConnectionError):
        return 0
    finally:
        writer.close()


def resident_bytes(running: RunningIngest) -> int:
    assert running.process is not None
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


async def test_slow_headers_are_closed_and_others_served(ingest: RunningIngest, name: str) -> None:
    """Connections that never finish their headers are answered 408 and closed; good requests are served meanwhile."""
    slow = [await asyncio.open_connection("127.0.0.1", ingest.port) for _ in range(SLOW_CONNECTIONS)]
    for _, writer in slow:
        writer.write(b"POST /v1/webhooks/x HTTP/1.1\r\nhost: t\r\nx: ")
    traffic = Traffic(ingest, name, connections=2)
    began = time.monotonic()
    posting = asyncio.create_task(traffic.run(2))
    statuses = await asyncio.gather(*(asyncio.wait_for(read_status(reader), 10) for reader, _ in slow))
    assert time.monotonic() - began <= HEADERS_MS_MAX / 1000 + 3
    assert set(statuses) == {408}
    await posting
    for _, writer in slow:
        writer.close()
    assert set(traffic.answers.values()) == {204}


async def test_silent_connection_is_closed(ingest: RunningIngest) -> None:
    """A connection that sends nothing is closed at the headers' deadline."""
    assert await exchange(ingest, b"") == 408


async def test_empty_lines_hold_no_connection(ingest: RunningIngest) -> None:
    """A client that goes on sending what is no request is closed at the headers' deadline, after a good request too."""
    reader, writer = await asyncio.open_connection("127.0.0.1", ingest.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nhost: t\r\n\r\n")
    assert await asyncio.wait_for(read_status(reader), 8) == 200
    writer.write(b"\r\n")
    assert await asyncio.wait_for(read_status(reader), 8) == 408
    writer.close()


async def test_client_that_does_not_read_is_closed(ingest: RunningIngest) -> None:
    """A client that asks and asks and reads no answer is closed at the request's deadline, and leaves nothing in flight."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", ingest.port))
        client.settimeout(0)
        ask = b"GET /metrics HTTP/1.1\r\nhost: t\r\n\r\n" * 100
        deadline = time.monotonic() + REQUEST_MS_MAX / 1000 + 10
        while time.monotonic() < deadline:
            try:
                client.send(ask)
            except BlockingIOError:
                await asyncio.sleep(0.01)
            except ConnectionError:
                break
        else:
            raise AssertionError("the connection is still open")


async def test_offer_of_another_protocol_is_refused(ingest: RunningIngest, name: str) -> None:
    """A POST that offers to go on in another protocol is answered 400: the parser would see no body in it, and lose it."""
    offer = "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQBAAAAAAUAAEAA\r\n"
    assert await exchange(ingest, request(name, event_body(1), extra=offer)) == 400
    assert await exchange(ingest, request(name, event_body(1), extra="upgrade: h2c\r\n")) == 204
    assert len(await records_of(ingest.bootstrap_servers, RAW, name)) == 1


async def test_slow_body_is_408(ingest: RunningIngest, name: str) -> None:
    """A body that does not arrive in time is answered 408, and nothing is stored."""
    body = event_body(1)
    assert await exchange(ingest, request(name, body)[:-1]) == 408
    assert await records_of(ingest.bootstrap_servers, RAW, name) == []


async def test_header_floods_are_431(ingest: RunningIngest, name: str) -> None:
    """Too many headers, too large ones, and one that never ends are answered 431."""
    body = event_body(1)
    many = "".join(f"x-{number}: 1\r\n" for number in range(200))
    assert await exchange(ingest, request(name, body, extra=many)) == 431
    large = f"x-large: {'a' * 60_000}\r\n"
    assert await exchange(ingest, request(name, body, extra=large)) == 431
    endless = f"POST /v1/webhooks/{name} HTTP/1.1\r\nhost: t\r\nx: ".encode() + b"a" * 2_000_000
    assert await exchange(ingest, endless) in (431, 0)
    long_url = f"POST /v1/webhooks/{'u' * 100_000} HTTP/1.1\r\nhost: t\r\ncontent-length: 0\r\n\r\n".encode()
    assert await exchange(ingest, long_url) == 431
    assert await exchange(ingest, request(name, body, extra=f"x-fits: {'a' * 20_000}\r\n")) == 204


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


async def test_fifty_megabytes_are_413_in_bounded_memory(ingest: RunningIngest, name: str) -> None:
    """50 MB, declared or in chunks, are answered 413 while memory stays where it was."""
    before = resident_bytes(ingest)
    declared = request(name, event_body(1), length=50_000_000)
    assert await exchange(ingest, declared) == 413
    head = f"POST /v1/webhooks/{name} HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\n".encode()
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    streams = [head + b"transfer-encoding: chunked\r\n\r\n" + chunk * 800] * 4
    assert set(await asyncio.gather(*(exchange(ingest, stream) for stream in streams))) <= {413, 0}
    assert await exchange(ingest, streams[0][:4_000_000]) == 413
    assert resident_bytes(ingest) - before < 30_000_000


async def test_client_that_hangs_up_is_recorded_499(ingest: RunningIngest, name: str) -> None:
    """A client that leaves before its answer is recorded as 499, never as 204."""
    _reader, writer = await asyncio.open_connection("127.0.0.1", ingest.port)
    writer.write(request(name, event_body(1), length=100_000))
    await writer.drain()
    writer.close()
    (record,) = await eventually_records(ingest.bootstrap_servers, REQUESTS, name, 1)
    said = orjson.loads(record.value)
    assert (said["status"], said["answered_at_ms"], said["stored"]) == (499, None, "nowhere")


async def test_pipelined_requests_are_answered_in_order(ingest: RunningIngest, name: str) -> None:
    """Requests sent together on one connection are answered one after the other, each stored."""
    reader, writer = await asyncio.open_connection("127.0.0.1", ingest.port)
    bad = request(name, b"{}", extra="").replace(b"sha256=", b"sha256=0")
    writer.write(request(name, event_body(1)) + bad + request(name, event_body(2)))
    assert [await asyncio.wait_for(read_status(reader), 8) for _ in range(3)] == [204, 401, 204]
    writer.close()
    assert len(await records_of(ingest.bootstrap_servers, RAW, name)) == 2


async def test_connections_are_bounded(ingest: RunningIngest) -> None:
    """A connection too many is answered 503 and closed; when others leave there is room again."""
    held = [await asyncio.open_connection("127.0.0.1", ingest.port) for _ in range(CONNECTIONS_MAX)]
    assert await exchange(ingest, b"GET /healthz HTTP/1.1\r\nhost: t\r\n\r\n") == 503
    for _, writer in held:
        writer.close()
    deadline = time.monotonic() + 5
    while await exchange(ingest, b"GET /healthz HTTP/1.1\r\nhost: t\r\n\r\n") != 200:
        assert time.monotonic() < deadline


async def test_log_lines_cannot_be_forged(ingest: RunningIngest, name: str) -> None:
    """Whatever strangers send, each line of the log is one JSON object, and holds no secret and no control byte."""
    for path in ("%0d%0a%7b%22event%22:1%7d", "%1b%5b2J", "x" * 300, "+5511999990000", "a%00b"):
        assert await exchange(ingest, f"POST /v1/webhooks/{path} HTTP/1.1\r\nhost: t\r\n\r\n".encode()) == 404
    body = event_body(1)
    assert await exchange(ingest, request(name, body, extra="x-forwarded-for: \x1b[31m5511999990000\r\n")) in (204, 400)
    lines = ingest.log.splitlines()
    assert lines
    for line in lines:
        json.loads(line)
        assert not any(ord(character) < 32 for character in line)
        assert "5511999990000" not in line
        assert "a-secret-of-the-tests" not in line


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


async def test_a_malformed_request_behind_another_is_not_answered_for_it(ingest: RunningIngest, name: str) -> None:
    """What follows a good request and is not HTTP never makes the answer to the good one a 400."""
    for _ in range(20):
        assert await exchange(ingest, request(name, event_body(1)) + b"not HTTP\r\n\r\n") in (204, 0)
