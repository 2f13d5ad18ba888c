"""Whether programs agree: hashes of the final facts and of everything written, independent of order."""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec
import orjson

from schemas.status import RANK
from tests.bench.cluster import Cluster, Write


class Facts(msgspec.Struct):
    """What every program's state says of a message, under the same names; the rest of a state is not compared."""

    message_id: str
    status: str
    first_at_ms: dict[str, int]


_decode_facts = msgspec.json.Decoder(Facts).decode


async def facts_in(cluster: Cluster, state_topic: str) -> str:
    """Return the hash of the last value of each key of a state topic."""
    last: dict[bytes, bytes | None] = {}
    async for record in cluster.read(state_topic):
        last[record.key] = record.value
    return facts_hash(_decode_facts(value) for value in last.values() if value is not None)


def true_facts(records: Iterable[Write]) -> str:
    """Return the hash of what the records say, worked out with no regard to order, journal or state."""
    found: dict[str, Facts] = {}
    for record in records:
        body = orjson.loads(record.value)
        status, at_ms = body["event"], round(body["occurred_at"] * 1000)
        facts = found.setdefault(body["message_id"], Facts(body["message_id"], status, {}))
        facts.status = max(facts.status, status, key=RANK.__getitem__)
        facts.first_at_ms[status] = min(facts.first_at_ms.get(status, at_ms), at_ms)
    return facts_hash(found.values())


def facts_hash(facts: Iterable[Facts]) -> str:
    """Return sha256 over the sorted lines `message id|status|first time of each status, ms`."""
    lines = sorted(
        f"{f.message_id}|{f.status}|"
        + ",".join(f"{status}={f.first_at_ms[status]}" for status in sorted(f.first_at_ms))
        for f in facts
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


async def records_hash(cluster: Cluster, topics: Iterable[str]) -> str:
    """Return a hash of every field of every JSON record in the topics, whatever its order and that of its fields."""
    digests: list[bytes] = []
    for topic in topics:
        digests += [_canonical(record) async for record in cluster.read(topic)]
    return hashlib.sha256(b"".join(sorted(digests))).hexdigest()


def _canonical(record: Any) -> bytes:
    canonical = orjson.dumps(orjson.loads(record.value), option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(record.key + b"\0" + canonical, digest_size=16).digest()
