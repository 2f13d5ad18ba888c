"""What strangers may do with a connection: slow, huge, malformed or abandoned requests, over raw sockets."""

import asyncio
import json
import socket
import time

import orjson

from schemas.topics import RAW, REQUESTS
from tests.integration.ingest.conftest import CONNECTIONS_MAX, HEADERS_MS_MAX, REQUEST_MS_MAX
from tests.support.raw_http import exchange, request, resident_bytes
from tests.support.running_ingest import (
    RunningIngest,
    event_body,
    eventually_records,
    records_of,
)
from tests.support.webhook_posts import Traffic, read_status

SLOW_CONNECTIONS = 1_000
BUSY_MACHINE_S = 10.0
"""What a busy machine may need beside the deadline to close as many."""


async def test_slow_headers_are_closed_and_others_served(ingest: RunningIngest, name: str) -> None:
    """Connections that never finish their headers are answered 408 and closed; good requests are served meanwhile."""
    slow = [await asyncio.open_connection("127.0.0.1", ingest.port) for _ in range(SLOW_CONNECTIONS)]
    try:
        for _, writer in slow:
            writer.write(b"POST /v1/webhooks/x HTTP/1.1\r\nhost: t\r\nx: ")
        traffic = Traffic(ingest, name, connections=2)
        posting = asyncio.create_task(traffic.run(2))
        closing = asyncio.gather(*(read_status(reader) for reader, _ in slow))
        statuses = await asyncio.wait_for(closing, HEADERS_MS_MAX / 1000 + BUSY_MACHINE_S)
        await posting
    finally:
        for _, writer in slow:
            writer.close()
    assert set(statuses) == {408}
    assert set(traffic.answers.values()) == {204}


async def test_silent_connection_is_closed(ingest: RunningIngest) -> None:
    """A connection that sends nothing is closed at the headers' deadline."""
    assert await exchange(ingest, b"") == 408


async def test_empty_lines_hold_no_connection(ingest: RunningIngest) -> None:
    """A client that keeps sending what is no request is closed at the headers' deadline, after a good request too."""
    reader, writer = await asyncio.open_connection("127.0.0.1", ingest.port)
    writer.write(b"GET / HTTP/1.1\r\nhost: t\r\n\r\n")
    assert await asyncio.wait_for(read_status(reader), 8) == 404
    writer.write(b"\r\n")
    assert await asyncio.wait_for(read_status(reader), 8) == 408
    writer.close()


async def test_client_that_does_not_read_is_closed(ingest: RunningIngest) -> None:
    """A client that asks and asks and reads no answer is closed at the request's deadline, and leaves nothing in flight."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", ingest.port))
        client.settimeout(0)
        ask = b"GET / HTTP/1.1\r\nhost: t\r\n\r\n" * 100
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
    """A POST that offers to continue in another protocol is answered 400: the parser would see no body in it, and lose it."""
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


async def test_who_is_idle_makes_room(ingest: RunningIngest) -> None:
    """A connection too many is served, and the oldest that has proved nothing is closed for it."""
    held = [await asyncio.open_connection("127.0.0.1", ingest.port) for _ in range(CONNECTIONS_MAX)]
    assert await exchange(ingest, b"GET / HTTP/1.1\r\nhost: t\r\n\r\n") == 404
    assert await asyncio.wait_for(read_status(held[0][0]), 5) == 503
    for _, writer in held:
        writer.close()


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
