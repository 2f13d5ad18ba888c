"""Signed webhooks for the ingest benchmark: made once, written to a file, posted again and again by the load generators."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import orjson

from schemas.signatures import sign

SECRET = "the-benchmarks-own-secret"
SINGLE = "single"
BATCH = "batch"
BATCH_EVENTS = 100
STATUSES = ("queued", "created", "delivered", "read")


class Signed(NamedTuple):
    """One request: its path, headers beside the obvious ones, and body."""

    path: str
    signature_header: str
    signature: str
    body: bytes


def single_webhooks(count: int, seed: int = 7) -> Iterator[Signed]:
    """Yield WPP Marketing events, one a request, of 320 bytes or so."""
    rnd = random.Random(seed)
    for number in range(count):
        body = orjson.dumps(
            {
                "event_id": f"evt_{rnd.getrandbits(96):024x}",
                "event": STATUSES[number % len(STATUSES)],
                "occurred_at": f"2026-03-10T12:{number // 60 % 60:02d}:{number % 60:02d}.500Z",
                "connection": {"id": f"conn-loja-{number % 50:02d}", "phone": "12025550100"},
                "message": {"id": f"wppm-{rnd.getrandbits(64):016x}", "client_ref": f"order-{number}"},
                "recipient": {"phone": f"55119{rnd.randrange(10**8):08d}"},
                "error": None,
            }
        )
        yield Signed("/v1/webhooks/single", "X-Recibo-Signature", _signature(body), body)


def batch_webhooks(count: int, seed: int = 7) -> Iterator[Signed]:
    """Yield Meta Cloud API bodies of 100 statuses."""
    rnd = random.Random(seed)
    for number in range(count):
        statuses = [
            {
                "id": f"wamid.{rnd.getrandbits(192):048x}",
                "status": "delivered",
                "timestamp": str(1_773_144_000 + number),
                "recipient_id": f"55119{rnd.randrange(10**8):08d}",
            }
            for _ in range(BATCH_EVENTS)
        ]
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "12025550100", "phone_number_id": "200000000000001"},
            "statuses": statuses,
        }
        entry = [{"id": "100000000000001", "changes": [{"field": "messages", "value": value}]}]
        body = orjson.dumps({"object": "whatsapp_business_account", "entry": entry})
        yield Signed("/v1/webhooks/batch", "X-Hub-Signature-256", _signature(body), body)


def write(webhooks: Iterator[Signed], file: Path) -> None:
    """Write one request a line: path, signature header, signature, body; tabs between."""
    with file.open("wb") as out:
        for webhook in webhooks:
            out.write(b"\t".join([*(part.encode() for part in webhook[:3]), webhook.body]) + b"\n")


def read(file: Path) -> list[Signed]:
    """Read what `write` wrote."""
    signed = []
    for line in file.read_bytes().splitlines():
        path, header, signature, body = line.split(b"\t", 3)
        signed.append(Signed(path.decode(), header.decode(), signature.decode(), body))
    return signed


def http_request(webhook: Signed) -> bytes:
    """Return the bytes of the HTTP request."""
    head = (
        f"POST {webhook.path} HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench/1\r\nAccept: */*\r\n"
        f"Content-Type: application/json\r\n{webhook.signature_header}: {webhook.signature}\r\n"
        f"Content-Length: {len(webhook.body)}\r\n\r\n"
    )
    return head.encode() + webhook.body


def _signature(body: bytes) -> str:
    return sign(SECRET.encode(), body, prefix="sha256=")
