"""Reading from the log what a source sent that was not understood, and some of what is understood.

A record is judged by its outcome, as the processors wrote it, never by what a parser would say now: what was unmapped
and has no event since, by (request id, index), is still to be learned or re-driven, however often this is run.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from operations.learn.capture import Capture
from operations.sources.log_reader import LogReader, reading
from runtime.kafka.settings import KafkaSettings
from schemas.event import decode_cloud_event
from schemas.record import (
    HEADER_REQUEST,
    HEADER_SOURCE,
    Coordinate,
    Kind,
    SetAside,
    decode_request,
    decode_source,
)
from schemas.status import Outcome

_UNDERSTOOD_KEPT: Final = 200
"""Understood records kept as a check, the latest ones."""
_decode_set_aside = msgspec.json.Decoder(SetAside).decode

Identity = tuple[str, int]
"""(request id, index): one event of one request, whichever of its copies is looked at."""


@dataclass(slots=True)
class Outcomes:
    """What became of a source's records."""

    unmapped: dict[Identity, Coordinate] = field(default_factory=dict)
    """Where the first copy of each is."""
    settled: set[Identity] = field(default_factory=set)
    """Those with any other outcome."""
    understood: dict[Identity, Coordinate] = field(default_factory=dict)
    """The latest that became events."""

    def waiting(self) -> list[Coordinate]:
        """Return where the records are that no copy was understood of, in the log's order."""
        return sorted(where for identity, where in self.unmapped.items() if identity not in self.settled)


async def outcomes_of(kafka: KafkaSettings, generation: int, source: str, since_ms: int) -> Outcomes:
    """Return what became of a source's records since a time (UTC ms). Raises DeploymentError."""
    topics = kafka.topics(generation)
    found = Outcomes()
    named = b'"source":' + msgspec.json.encode(source)
    async with reading(kafka, topics.set_aside, topics.message_events, topics.connection_events) as reader:
        async for records in reader.since(since_ms):
            for record in records:
                if record.value is not None and named in record.value:
                    note(found, source, record, is_set_aside=record.topic == topics.set_aside)
    return found


def note(found: Outcomes, source: str, record: Any, *, is_set_aside: bool) -> Identity | None:
    """Note one record of a derived topic in `found`; return whose outcome it was, None where another source's."""
    if is_set_aside:
        aside = _decode_set_aside(record.value)
        identity = (aside.request_id, aside.index)
        if aside.source != source:
            return None
        if aside.outcome == Outcome.UNMAPPED:
            where = Coordinate(aside.partition, aside.offset)
            found.unmapped[identity] = found.unmapped.get(identity, where)
        else:
            found.settled.add(identity)
        return identity
    data = decode_cloud_event(record.value).data
    if data.source != source:
        return None
    identity = (data.request_id, data.index)
    found.settled.add(identity)
    found.understood.pop(identity, None)
    found.understood[identity] = Coordinate(data.raw.partition, data.raw.offset)
    if len(found.understood) > _UNDERSTOOD_KEPT:
        del found.understood[next(iter(found.understood))]
    return identity


async def captures_at(kafka: KafkaSettings, coordinates: Iterable[Coordinate]) -> list[Capture]:
    """Return the raw records at these coordinates, those no longer in the log left out. Raises DeploymentError."""
    wanted: dict[int, list[int]] = {}
    for partition, offset in sorted(coordinates):
        wanted.setdefault(partition, []).append(offset)
    captures: list[Capture] = []
    if not wanted:
        return captures
    raw = kafka.topics().raw
    async with reading(kafka, raw) as reader:
        for partition, offsets in wanted.items():
            captures += await _captures(reader, raw, partition, offsets)
    return captures


async def _captures(reader: LogReader, raw: str, partition: int, offsets: list[int]) -> list[Capture]:
    found = []
    async for record in reader.at(raw, partition, offsets):
        headers = dict(record.headers)
        stamp = decode_request(headers[HEADER_REQUEST])
        if stamp.kind != Kind.BATCH:
            source_header = headers[HEADER_SOURCE]
            found.append(Capture(decode_source(source_header), stamp, source_header, record.value or b""))
    return found
