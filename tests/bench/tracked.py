"""Messages that are tracked already: their states, as they stand in a changelog, and what comes in for them next."""

import random
from collections.abc import Iterator, Sequence

import orjson

from schemas import message_state
from schemas.event import event_id
from schemas.message_state import Bookkeeping, JournalEntry, MessageState
from schemas.partitioner import partition_of
from schemas.record import RequestStamp, SourceContext, encode_request, encode_source, record_key
from schemas.status import BIT
from tests.bench.cluster import PARTITIONS, Write
from tests.bench.workload import ACCOUNT, STATUSES

KNOWN = STATUSES[:2]
"""Statuses already reported of a tracked message."""
NEXT = STATUSES[2:]

_SPREAD = 0x9E3779B97F4A7C15F39CC061
"""Odd, so that multiplying by it modulo 2^96 gives every number another id, far from its neighbours'."""
_OTHER_SPREAD = 0xC2B2AE3D27D4EB4F165667B1
"""Another one for event ids, so that a state does not compress better than a real one."""
_SOURCE = encode_source(SourceContext("bench", ACCOUNT, "wpp_marketing"))
_APART_S = 2.5
_REPEATED = 0.05


def states(count: int, now_ms: int) -> Iterator[Write]:
    """Yield the state of each of `count` messages of which KNOWN was reported; versions rise, as in our own writes."""
    seen = sum(BIT[status] for status in KNOWN)
    for i in range(count):
        message_id = _message_id(i)
        journal = [JournalEntry(event_id(_provider_event_id(i, s), s), i, 1) for s in KNOWN]
        state = MessageState(
            Bookkeeping(i, now_ms, journal),
            ACCOUNT,
            message_id,
            KNOWN[-1],
            seen,
            now_ms,
            {status: _occurred_ms(now_ms, status) for status in KNOWN},
            now_ms,
            now_ms,
            provider="wpp_marketing",
            sources=["bench"],
            connection_id=f"conn-{i % 50}",
            recipient=f"55119{i % 10**8:08d}",
            recipient_kind="phone",
            campaign="black-friday-2026",
        )
        yield Write(record_key(ACCOUNT, message_id), message_state.encode(state))


def repeats(count: int, now_ms: int) -> list[Write]:
    """Return, for each partition, a known event of the last of `count` messages in it: a repeat to who recovered it."""
    last: dict[int, Write] = {}
    for i in range(max(0, count - 50 * PARTITIONS), count):
        record = _raw(i, KNOWN[0], now_ms, i)
        last[partition_of(record.key, PARTITIONS)] = record
    return list(last.values())


def next_events(messages: Sequence[int], now_ms: int, seed: int = 11) -> Iterator[Write]:
    """Yield what comes in for some messages (by number): NEXT, 5 % repeated, shuffled within seconds."""
    rnd = random.Random(seed)
    arrivals: list[tuple[float, int, str]] = []
    for n, i in enumerate(messages):
        for j, status in enumerate(NEXT):
            at = n * 0.01 + j * _APART_S
            arrivals.append((at + rnd.random() * 6, i, status))
            if rnd.random() < _REPEATED:
                arrivals.append((at + rnd.random() * 10, i, status))
    arrivals.sort()
    for n, (_, i, status) in enumerate(arrivals):
        yield _raw(i, status, now_ms, n)


def _message_id(i: int) -> str:
    return f"wamid.{i * _SPREAD % 2**96:024x}"


def _provider_event_id(i: int, status: str) -> str:
    return f"{(4 * i + STATUSES.index(status)) * _OTHER_SPREAD % 2**96:024x}00000000"


def _occurred_ms(now_ms: int, status: str) -> int:
    return now_ms + int(STATUSES.index(status) * _APART_S * 1000)


def _raw(i: int, status: str, now_ms: int, n: int) -> Write:
    message_id = _message_id(i)
    body = {
        "event_id": _provider_event_id(i, status),
        "event": status,
        "message_id": message_id,
        "connection_id": f"conn-{i % 50}",
        "occurred_at": _occurred_ms(now_ms, status) / 1000,
        "to": f"55119{i % 10**8:08d}",
        "campaign": "black-friday-2026",
        "meta": {"order": i, "store": "loja-42"},
    }
    headers = [("source", _SOURCE), ("request", encode_request(RequestStamp(f"{n:032x}", 0, "single", now_ms)))]
    return Write(record_key(ACCOUNT, message_id), orjson.dumps(body), headers)
