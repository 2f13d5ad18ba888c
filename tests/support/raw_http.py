"""Requests byte by byte over raw sockets, and what a process holds meanwhile."""

import asyncio
import contextlib
from pathlib import Path

from tests.support.running_ingest import RunningIngest, signature
from tests.support.webhook_posts import read_status


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
