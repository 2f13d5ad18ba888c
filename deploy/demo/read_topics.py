"""Reads a deployment's topics from where the demo began, without a consumer group: it leaves no trace."""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

import orjson
from aiokafka import TopicPartition

from deploy.demo.observed import Coordinate, Derived, Observed, RawRecord
from deploy.demo.traffic import MARK
from runtime.kafka.clients import make_admin, make_consumer
from runtime.kafka.settings import KafkaSettings
from schemas.record import HEADER_REQUEST, HEADER_SOURCE, decode_request, decode_source

_POLL_MS: Final = 200
_POLL_RECORDS_MAX: Final = 20_000


class TopicReader:
    """Follows every topic of a deployment into an `Observed`."""

    def __init__(self, kafka: KafkaSettings, generation: int, only_run: str | None = None) -> None:
        """Prepare to read.

        Args:
            kafka: the cluster.
            generation: of the derived topics.
            only_run: keep only records of this run (a deployment with other traffic); None keeps everything,
                so that whatever nobody posted is noticed.
        """
        self.observed = Observed()
        self._ours = (only_run or "").encode()
        self._kafka = kafka
        self._consumer: Any = make_consumer(
            kafka,
            "recibo-demo",
            enable_auto_commit=False,
            group_id=None,
            fetch_max_wait_ms=_POLL_MS,
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )
        derived = kafka.topics(generation)
        self._take: dict[str, Callable[[Any], None]] = {
            derived.raw: self._take_raw,
            derived.requests: self._take_request,
            derived.message_events: self._keep_derived(self.observed.message_events),
            derived.message_state: self._keep_derived(self.observed.message_states),
            derived.connection_events: self._keep_derived(self.observed.connection_events),
            derived.connection_state: self._keep_derived(self.observed.connection_states),
            derived.set_aside: self._take_set_aside,
        }

    async def __aenter__(self) -> Self:
        """Connect; what is written from now on is seen (everything, where no run was named)."""
        await self._consumer.start()
        partitions = await self._partitions()
        self._consumer.assign(partitions)
        if self._ours:
            await self._consumer.seek_to_end(*partitions)
            for partition in partitions:
                await self._consumer.position(partition)
        else:
            await self._consumer.seek_to_beginning(*partitions)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self._consumer.stop()

    async def read_to_end(self) -> Observed:
        """Read everything that is in the topics now, and return all that was read so far."""
        partitions = list(self._consumer.assignment())
        ends = await self._consumer.end_offsets(partitions)
        remaining = {
            partition for partition in partitions if await self._consumer.position(partition) < ends[partition]
        }
        while remaining:
            batches = await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=_POLL_RECORDS_MAX)
            for partition, records in batches.items():
                take = self._take[partition.topic]
                for record in records:
                    take(record)
            remaining = {p for p in remaining if await self._consumer.position(p) < ends[p]}
        return self.observed

    def only_ours(self) -> Observed:
        """Return what was read, without the records of other traffic that only the raw log could tell apart."""
        if self._ours:
            self.observed.keep_only_known()
        return self.observed

    async def wait_for_outcomes(self, deadline_s: float, progress: Callable[[int, int], None]) -> bool:
        """Wait until each processed raw record has an outcome, or for `deadline_s`. Return whether all have.

        `progress` is called with how many have one, and how many there are.
        """
        until = time.monotonic() + deadline_s
        while True:
            observed = await self.read_to_end()
            wanted = {record.at for record in observed.raw if record.kind != "batch"}
            told = wanted & observed.coordinates_told()
            progress(len(told), len(wanted))
            if len(told) == len(wanted):
                await self.read_to_end()
                return True
            if time.monotonic() > until:
                return False
            await asyncio.sleep(_POLL_MS / 1000)

    async def wait_for_requests(self, least: int, deadline_s: float) -> bool:
        """Wait until at least `least` requests are recorded, or for `deadline_s`. Return whether they are."""
        until = time.monotonic() + deadline_s
        while len({request["request_id"] for request in self.observed.requests}) < least:
            if time.monotonic() > until:
                return False
            await asyncio.sleep(_POLL_MS / 1000)
            await self.read_to_end()
        return True

    async def _partitions(self) -> list[TopicPartition]:
        admin = make_admin(self._kafka, "recibo-demo")
        await admin.start()
        try:
            described = await admin.describe_topics(list(self._take))
        finally:
            await admin.close()
        missing = [topic["topic"] for topic in described if not topic["partitions"]]
        if missing:
            raise LookupError(f"topics {', '.join(missing)} do not exist: is the deployment up, its generation right?")
        return [TopicPartition(topic["topic"], p["partition"]) for topic in described for p in topic["partitions"]]

    def _take_raw(self, record: Any) -> None:
        mark = MARK.search(record.value or b"")
        if self._ours and not (mark and mark[1] == self._ours):
            return
        headers = dict(record.headers)
        source, stamp = decode_source(headers[HEADER_SOURCE]), decode_request(headers[HEADER_REQUEST])
        at = Coordinate(record.partition, record.offset)
        self.observed.raw.append(
            RawRecord(
                at,
                record.timestamp,
                record.key,
                record.value,
                stamp.request_id,
                stamp.index,
                stamp.kind,
                stamp.received_at_ms,
                source.source,
                source.account,
            )
        )

    def _take_request(self, record: Any) -> None:
        self.observed.requests.append(orjson.loads(record.value))

    def _keep_derived(self, into: list[Derived]) -> Callable[[Any], None]:
        def keep(record: Any) -> None:
            subject = record.key.partition(b"/")[2]
            if not self._ours or subject.startswith(self._ours):
                into.append(Derived(record.key, orjson.loads(record.value) if record.value else None))

        return keep

    def _take_set_aside(self, record: Any) -> None:
        self.observed.set_aside.append(Derived(record.key, orjson.loads(record.value)))
