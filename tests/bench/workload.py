"""The processors' benchmark work: four statuses a message, 5 % repeated, shuffled within seconds, as raw records.

The same work as the peers': JSON of 257 bytes, in the shape WPP Marketing's mapping reads, keyed by message.
"""

import random
from collections.abc import Iterator
from typing import NamedTuple

import orjson

from schemas.record import RequestStamp, SourceContext, encode_request, encode_source, record_key

STATUSES = ("queued", "created", "delivered", "read")
ACCOUNT = "bench"


class Record(NamedTuple):
    """A raw record to write: key, value, headers."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def records(messages: int, seed: int = 7) -> Iterator[Record]:
    """Yield the records of `messages` messages in the order they arrive."""
    rnd = random.Random(seed)
    source = encode_source(SourceContext("bench", ACCOUNT, "wpp_marketing"))
    arrivals: list[tuple[float, str, bytes]] = []
    for i in range(messages):
        message_id = f"wamid.{rnd.getrandbits(96):024x}"
        start = 1.79e9 + i * 0.01
        for j, status in enumerate(STATUSES):
            body = orjson.dumps(
                {
                    "event_id": f"{rnd.getrandbits(128):032x}",
                    "event": status,
                    "message_id": message_id,
                    "connection_id": f"conn-{i % 50}",
                    "occurred_at": start + j * 2.5,
                    "to": f"55119{rnd.randrange(10**8):08d}",
                    "campaign": "black-friday-2026",
                    "meta": {"order": i, "store": "loja-42"},
                }
            )
            arrivals.append((start + j * 2.5 + rnd.random() * 6, message_id, body))
            if rnd.random() < 0.05:
                arrivals.append((start + j * 2.5 + rnd.random() * 10, message_id, body))
    arrivals.sort(key=lambda arrival: arrival[0])
    for n, (at, message_id, body) in enumerate(arrivals):
        stamp = RequestStamp(f"{n:032x}", 0, "single", int(at * 1000))
        headers = [("source", source), ("request", encode_request(stamp))]
        yield Record(record_key(ACCOUNT, message_id), body, headers)
