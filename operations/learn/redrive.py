"""Appending captures to the raw log again, under the keys that a mapping reads in them, and waiting for their outcomes.

A copy has the capture's own request id, index and time of receipt, so it is the same event wherever it comes: run
twice, or cut off half-way and run again, it makes repeats and nothing else. A copy is not relayed again.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from operations.learn.capture import Capture
from operations.learn.capture_log import Identity, Outcomes, note
from operations.sources.log_reader import LogReader, reading
from runtime.kafka.clients import make_producer
from runtime.kafka.settings import KafkaSettings
from schemas.errors import DeploymentError
from schemas.event import Unmapped
from schemas.providers.provider import PARTS_MAX, Parser
from schemas.record import HEADER_REQUEST, HEADER_SOURCE, Kind, RequestStamp, encode_request, encode_source, record_key
from schemas.topics import MAX_RECORD_BYTES, Topics

_IN_FLIGHT_MAX: Final = 500


class Copy(NamedTuple):
    """One record to append."""

    key: bytes
    value: bytes
    source_header: bytes
    stamp: RequestStamp

    @property
    def identity(self) -> Identity:
        """Whose outcome the copy will have."""
        return self.stamp.request_id, self.stamp.index


def copies_of(capture: Capture, parser: Parser, mapping: str = "") -> Iterator[Copy]:
    """Return the records that a capture makes under a parser: one, or one for each event in it. Pure.

    `mapping` is what the parser was made by, as records carry it; "": as the capture has it.
    """
    stamp, header = capture.stamp, capture.source_header
    if mapping:
        header = encode_source(msgspec.structs.replace(capture.context, mapping=mapping))
    parts = parser.split(capture.body, capture.context.content_type)
    for number, part in enumerate(parts):
        own = stamp
        if len(parts) > 1:
            # The parts of a whole body are numbered from 0, as ingest would have; those of a part, out of others' way.
            index = number if stamp.kind == Kind.SINGLE else (stamp.index + 1) * PARTS_MAX + number
            own = RequestStamp(stamp.request_id, index, str(Kind.PART), stamp.received_at_ms)
        key = stamp.request_id.encode() if part.subject is None else record_key(capture.context.account, part.subject)
        yield Copy(key, part.body, header, own)


def copies_understood(parser: Parser, captures: Iterable[Capture], mapping: str = "") -> list[Copy]:
    """Return the copies of those captures in which the parser understands anything, those it understands first. Pure.

    A capture's parts go together: one that is not understood is a capture of its own from then on.
    """
    understood: list[Copy] = []
    others: list[Copy] = []
    for capture in captures:
        copies = list(copies_of(capture, parser, mapping))
        known = [_is_understood(parser, capture, copy) for copy in copies]
        if any(known):
            understood += [copy for copy, is_known in zip(copies, known, strict=True) if is_known]
            others += [copy for copy, is_known in zip(copies, known, strict=True) if not is_known]
    return understood + others


def _is_understood(parser: Parser, capture: Capture, copy: Copy) -> bool:
    said = parser.normalize(copy.value, capture.context, copy.stamp.received_at_ms)
    return not isinstance(said, Unmapped)


class Redrive:
    """Appends copies and reports what becomes of them."""

    def __init__(self, producer: AIOKafkaProducer, reader: LogReader, source: str, topics: Topics) -> None:
        self._producer = producer
        self._reader = reader
        self._source = source
        self._topics = topics

    async def append(self, copies: Sequence[Copy]) -> None:
        """Append copies; return when the log has them all."""
        for begin in range(0, len(copies), _IN_FLIGHT_MAX):
            sent = [await self._send(copy) for copy in copies[begin : begin + _IN_FLIGHT_MAX]]
            await asyncio.gather(*sent)

    async def _send(self, copy: Copy) -> "asyncio.Future[object]":
        headers = [(HEADER_SOURCE, copy.source_header), (HEADER_REQUEST, encode_request(copy.stamp))]
        future: asyncio.Future[object] = await self._producer.send(
            self._topics.raw, copy.value, copy.key, headers=headers
        )
        return future

    async def outcomes(self, copies: Iterable[Copy], s_max: float) -> Outcomes:
        """Return the outcomes that came within the time, ending when each copy has one."""
        waiting = {copy.identity for copy in copies}
        found = Outcomes()
        deadline = time.monotonic() + s_max
        while waiting and time.monotonic() < deadline:
            for record in await self._reader.poll():
                identity = note(found, self._source, record, is_set_aside=record.topic == self._topics.set_aside)
                waiting.discard(identity or ("", 0))
        return found


async def redrive(
    kafka: KafkaSettings,
    generation: int,
    source: str,
    copies: Sequence[Copy],
    *,
    s_max: float,
    on_wait: Callable[[], None],
) -> Outcomes:
    """Append copies and return their outcomes.

    The first one goes alone, again and again until the processors understand it: until then they have not read the
    mapping, and the others would be set aside as well.

    Args:
        kafka: the cluster.
        generation: whose outcomes are waited for.
        source: the source's name.
        copies: what to append; at least one.
        s_max: how long to wait for the first outcome, and for the last.
        on_wait: called when the processors do not understand yet.

    Raises:
        DeploymentError: the log cannot be written, or no outcome came; running again continues from there.
    """
    topics = kafka.topics(generation)
    producer = make_producer(
        kafka, "recibo-operator", acks="all", enable_idempotence=True, max_request_size=MAX_RECORD_BYTES
    )
    async with reading(kafka, topics.set_aside, topics.message_events, topics.connection_events) as reader:
        await reader.seek_to_end()
        try:
            await producer.start()
            return await _all(Redrive(producer, reader, source, topics), copies, s_max, on_wait)
        except KafkaError as error:
            raise DeploymentError(
                f"Kafka at {kafka.bootstrap_servers} does not accept the copies: {error}; run this again"
            ) from error
        finally:
            await producer.stop()


async def _all(drive: Redrive, copies: Sequence[Copy], s_max: float, on_wait: Callable[[], None]) -> Outcomes:
    first, rest = copies[:1], copies[1:]
    deadline = time.monotonic() + s_max
    while True:
        await drive.append(first)
        found = await drive.outcomes(first, deadline - time.monotonic())
        if first[0].identity in found.settled:
            break
        if time.monotonic() >= deadline:
            raise DeploymentError(
                "the processors do not understand the captures with the saved mapping yet: see that they run and have "
                "read recibo.toml, then run `recibo source learn` with --redrive; nothing is lost"
            )
        on_wait()
        await asyncio.sleep(1)
    await drive.append(rest)
    others = await drive.outcomes(rest, s_max)
    others.settled |= found.settled
    return others
