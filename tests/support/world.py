"""Records of every topic with a known truth, made from `schemas` alone: what the processors would have written."""

import random
import time
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgspec

from schemas import message_state
from schemas.connection_state import absent as absent_connection
from schemas.connection_state import encode as encode_connection
from schemas.connection_state import join as join_connection
from schemas.event import NOWHERE, UNDECIDED, ErrorDetail, Event, RawReference, encode_cloud_event
from schemas.message_state import Bookkeeping, MessageState
from schemas.record import (
    HEADER_REQUEST,
    HEADER_SOURCE,
    Kind,
    RequestRecord,
    RequestStamp,
    SetAside,
    SourceContext,
    encode_request,
    encode_source,
    record_key,
)
from schemas.status import RANK, Outcome
from schemas.topics import RAW, REQUESTS, Topics

PARTITIONS = 4
DAY_MS = 24 * 60 * 60 * 1000
WEEK_MS = 7 * DAY_MS
START_MS = (int(time.time() * 1000) // WEEK_MS - 2) * WEEK_MS
"""A Thursday midnight, UTC, two to three weeks ago: within every table's retention."""


@dataclass(frozen=True)
class FakeRecord:
    """A Kafka record that no broker has seen."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass
class World:
    """Records by topic, and what is true once all of them are projected."""

    generation: int = 1
    start_ms: int = START_MS
    records: dict[str, list[FakeRecord]] = field(default_factory=dict)
    states: dict[tuple[str, str], MessageState] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    _next: Counter[tuple[str, int]] = field(default_factory=Counter)
    _seen: set[tuple[str, str, str]] = field(default_factory=set)
    _connections: dict[tuple[str, str], Any] = field(default_factory=dict)
    _clock_ms: int = 0

    def append(
        self, topic: str, key: bytes, value: bytes | None, at_ms: int, headers: tuple[tuple[str, bytes], ...] = ()
    ) -> FakeRecord:
        """Add a record to a topic, at the next offset of its key's partition."""
        partition = zlib.crc32(key) % PARTITIONS
        offset = self._next[topic, partition]
        self._next[topic, partition] += 1
        record = FakeRecord(topic, partition, offset, at_ms, key, value, headers)
        self.records.setdefault(topic, []).append(record)
        return record

    def post(self, event: Event, *, delay_ms: int = 10) -> None:
        """One request with one event goes the whole way: request, raw, outcome, state."""
        self._clock_ms += delay_ms
        at_ms = self.start_ms + self._clock_ms
        request_id = f"{at_ms:012x}{len(self.records.get(REQUESTS, [])):020x}"
        topics = Topics(self.generation)
        subject = event.message_id or event.connection_id
        key = record_key(event.account, subject)
        body = b'{"event": "%s", "id": "%s"}' % (event.status.encode(), subject.encode())
        raw = self.append(RAW, key, body, at_ms, raw_headers(event, request_id))
        self.append(REQUESTS, request_id.encode(), request_of(event, request_id, len(body)), at_ms + 2)
        known = (event.account, subject, event.id) in self._seen
        self._seen.add((event.account, subject, event.id))
        if known:
            self.outcomes["repeat"] += 1
            aside = SetAside(
                partition=raw.partition,
                offset=raw.offset,
                raw_at_ms=at_ms,
                outcome=Outcome.REPEAT,
                why="event id known",
                source=event.source,
                account=event.account,
                provider=event.provider,
                request_id=request_id,
                index=0,
                received_at_ms=event.received_at_ms,
                event_id=event.id,
            )
            self.append(topics.set_aside, key, msgspec.json.encode(aside), at_ms)
            return
        reference = RawReference(raw.partition, raw.offset, at_ms)
        if event.message_id:
            outcome, value = self._fold(event, raw, at_ms)
            self.append(topics.message_state, key, value, at_ms)
            self.append(topics.message_events, key, encode_cloud_event(event, outcome, request_id, 0, reference), at_ms)
        else:
            outcome = "advanced"
            state = self._connections.setdefault((event.account, subject), absent_connection(event, at_ms))
            join_connection(state, event)
            state.bookkeeping = Bookkeeping(raw.offset, at_ms, [])
            self.append(topics.connection_state, key, encode_connection(state), at_ms)
            self.append(
                topics.connection_events, key, encode_cloud_event(event, outcome, request_id, 0, reference), at_ms
            )
        self.outcomes[outcome] += 1

    def _fold(self, event: Event, raw: FakeRecord, at_ms: int) -> tuple[str, bytes]:
        name = (event.account, event.message_id)
        state = self.states.get(name)
        if state is None or at_ms > state.bookkeeping.last_at_ms + message_state.HORIZON_MS:
            state = self.states[name] = message_state.absent(event, at_ms)
        before = state.status
        message_state.join(state, event)
        state.bookkeeping = Bookkeeping(raw.offset, at_ms, [])
        return ("advanced" if state.status != before else "filled"), message_state.encode(state)

    def wait(self, ms: int) -> None:
        """Let time pass."""
        self._clock_ms += ms


def raw_headers(event: Event, request_id: str) -> tuple[tuple[str, bytes], ...]:
    """Return the headers that ingest writes."""
    source = SourceContext(source=event.source, account=event.account, provider=event.provider)
    stamp = RequestStamp(request_id, 0, Kind.SINGLE, event.received_at_ms)
    return ((HEADER_SOURCE, encode_source(source)), (HEADER_REQUEST, encode_request(stamp)))


def request_of(event: Event, request_id: str, body_bytes: int) -> bytes:
    """Return the value of webhook.requests for an event's request."""
    return msgspec.json.encode(
        RequestRecord(
            request_id=request_id,
            received_at_ms=event.received_at_ms,
            answered_at_ms=event.received_at_ms + 3,
            method="POST",
            path=f"/v1/webhooks/{event.source}",
            source=event.source,
            account=event.account,
            provider=event.provider,
            remote_address="127.0.0.1",
            status=204,
            duration_us=3_000,
            body_bytes=body_bytes,
            sha256="0" * 64,
            events=1,
            stored="log",
        )
    )


def message_event(message_id: str, status: str, at_ms: int, **fields: Any) -> Event:
    """Return an event of a message, received a second after it happened."""
    values: dict[str, Any] = {
        "id": f"evt-{message_id}-{status}-{at_ms}",
        "account": "acme",
        "source": "wpp",
        "provider": "wpp_marketing",
        "connection_id": "conn-1",
        "provider_status": status,
        "time_source": "provider",
        "received_at_ms": at_ms + 1_000,
        "recipient": "5500900000001",
        "recipient_kind": "phone",
    }
    if status in ("error", "expired", "number_not_found"):
        values["error"] = ErrorDetail("media", "131052", "Media download error")
    values.update(fields)
    return Event(
        outcome=UNDECIDED,
        request_id="",
        index=0,
        raw=NOWHERE,
        message_id=message_id,
        status=status,
        occurred_at_ms=at_ms,
        **values,
    )


def connection_event(connection_id: str, status: str, at_ms: int, **fields: Any) -> Event:
    """Return an event of a connection."""
    values: dict[str, Any] = {"id": f"evt-{connection_id}-{status}-{at_ms}", "received_at_ms": at_ms + 500, **fields}
    return Event(
        outcome=UNDECIDED,
        request_id="",
        index=0,
        raw=NOWHERE,
        account="acme",
        source="wpp",
        provider="wpp_marketing",
        connection_id=connection_id,
        message_id="",
        status=status,
        provider_status=status,
        occurred_at_ms=at_ms,
        time_source="provider",
        **values,
    )


def busy_world(messages: int, seed: int = 1, generation: int = 1, **fields: Any) -> World:
    """Return a world of `messages` messages whose events come shuffled, repeated and in conflict."""
    world = World(generation=generation)
    post_busily(world, messages, seed, **fields)
    return world


def post_busily(world: World, messages: int, seed: int, **fields: Any) -> None:
    """Post the events of `messages` more messages, shuffled, repeated and in conflict."""
    random_ = random.Random(seed)
    events = []
    for number in range(messages):
        at_ms = START_MS + number * 10
        statuses = random_.sample(list(RANK), random_.randint(1, 4))
        for status in statuses:
            at_ms += random_.randint(1, 5_000)
            event = message_event(
                f"m-{seed}-{number}",
                status,
                at_ms,
                connection_id=f"conn-{number % 3}",
                recipient=f"55009{number % 5000:08d}",
                client_ref=f"order-{number}",
                campaign=f"campaign-{number % 7}" if number % 2 else "",
                aliases=(f"t-{seed}-{number}",) if number % 5 == 0 else (),
                **fields,
            )
            events.append((number + random_.random() * 20, event))
            if random_.random() < 0.05:
                events.append((number + random_.random() * 40, event))
    events.sort(key=lambda pair: pair[0])
    for _, event in events:
        world.post(event, delay_ms=1)
