"""The whole line without servers: what ingest would store and the processors would publish, by their pure functions.

For checking the demo's truth, and the published schemas, against real values in milliseconds.
"""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass

from deploy.demo.attempts import Attempt
from deploy.demo.observed import Coordinate, Derived, Observed, RawRecord
from deploy.demo.sources import RECIBO_TOML, SECRETS
from deploy.demo.traffic import Traffic
from processors.batch import fold_batch, keys_of, read_batch
from schemas.record import (
    HEADER_REQUEST,
    HEADER_SOURCE,
    RequestStamp,
    SourceContext,
    decode_request,
    decode_source,
    encode_request,
    encode_source,
    record_key,
)
from schemas.sources import Source, parse_sources

PARTITIONS = 4
SOURCES = parse_sources(RECIBO_TOML, SECRETS).by_name


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record of the raw log as the processors' consumer delivers it."""

    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


def run_offline(traffic: Traffic, received_at_ms: int) -> tuple[list[Attempt], Observed, list[StoredRecord]]:
    """Return what would have been answered and found in every topic."""
    attempts = [
        Attempt(index, traffic.posts[index].refusal or 204, received_at_ms + place, received_at_ms + place)
        for place, index in enumerate(traffic.order)
    ]
    stored = _store(traffic, received_at_ms)
    observed = Observed(raw=[_observed(record) for record in stored])
    _process(stored, observed)
    return attempts, observed, stored


def _store(traffic: Traffic, received_at_ms: int) -> list[StoredRecord]:
    offsets = [itertools.count() for _ in range(PARTITIONS)]
    stored = []

    def append(source: Source, key: bytes, body: bytes, stamp: RequestStamp) -> None:
        context = SourceContext(source.name, source.account, source.provider.name, selected=source.selected)
        partition = sum(key) % PARTITIONS
        headers = ((HEADER_SOURCE, encode_source(context)), (HEADER_REQUEST, encode_request(stamp)))
        at_ms = stamp.received_at_ms + 1
        stored.append(StoredRecord(partition, next(offsets[partition]), at_ms, key, body, headers))

    for place, index in enumerate(traffic.order):
        post = traffic.posts[index]
        if post.refusal is not None:
            continue
        source, request_id, at_ms = SOURCES[post.source.name], f"{place:032x}", received_at_ms + place
        parts = source.parser.split(post.body, "application/json")
        if len(parts) > 1:
            append(source, request_id.encode(), post.body, RequestStamp(request_id, -1, "batch", at_ms))
        kind = "part" if len(parts) > 1 else "single"
        for number, part in enumerate(parts):
            key = request_id.encode() if part.subject is None else record_key(source.account, part.subject)
            append(source, key, part.body, RequestStamp(request_id, number, kind, at_ms))
    return stored


def _observed(record: StoredRecord) -> RawRecord:
    context, stamp = decode_source(record.headers[0][1]), decode_request(record.headers[1][1])
    return RawRecord(
        Coordinate(record.partition, record.offset),
        record.timestamp,
        record.key,
        record.value,
        stamp.request_id,
        stamp.index,
        stamp.kind,
        stamp.received_at_ms,
        context.source,
        context.account,
    )


def _process(stored: Sequence[StoredRecord], observed: Observed) -> None:
    for partition in range(PARTITIONS):
        records = [record for record in stored if record.partition == partition]
        understood = read_batch(records, lambda context, _: SOURCES[context.source].parser, lambda *_: False)
        messages, connections = keys_of(understood)
        folded = fold_batch(understood, partition, dict.fromkeys(messages), dict.fromkeys(connections))
        for table, events, states in (
            (folded.messages, observed.message_events, observed.message_states),
            (folded.connections, observed.connection_events, observed.connection_states),
        ):
            events += [Derived(key, json.loads(value or b"")) for key, value, _ in table.events]
            states += [Derived(key, json.loads(value or b"")) for key, value, _ in table.changed()]
        observed.set_aside += [Derived(key, json.loads(value or b"")) for key, value, _ in folded.set_aside]
