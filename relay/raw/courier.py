"""One URL's way through the raw log: reads it, starts deliveries, and commits what is behind the oldest open one."""

import asyncio
import time
from typing import Any, Final

import msgspec
import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from relay.metrics import TargetMetrics
from relay.raw.delivery import Delivery, Webhook
from relay.raw.progress import Progress
from relay.raw.target import Target
from relay.settings import Settings
from runtime.kafka.clients import make_admin, make_consumer
from runtime.kafka.settings import KafkaSettings
from runtime.tasks import Tasks
from schemas.errors import ConfigurationError, StateRefused
from schemas.record import HEADER_RELAY, HEADER_REQUEST, HEADER_SOURCE, decode_request, decode_source
from schemas.relay_header import read_relay_header
from schemas.topics import MAX_RECORD_BYTES

_POLL_MS: Final = 500
_COMMIT_S: Final = 1.0
_RECORDS_MAX: Final = 2_000
_AGAIN_S_MIN: Final = 5.0
_AGAIN_S_MAX: Final = 300.0
_STABLE_S: Final = 60.0

log = structlog.get_logger()


def again_s(failures: int) -> float:
    """Return how long to wait after the failure that is the `failures`th (from 1) in a row.

    A webhook that no code of ours can post is read again each time, and the others after it are posted again.
    """
    return float(min(_AGAIN_S_MAX, _AGAIN_S_MIN * 2 ** min(failures - 1, 10)))


class Courier:
    """Hands one source's webhooks on to one URL, for ever. Other URLs have couriers of their own."""

    def __init__(self, target: Target, delivery: Delivery, settings: Settings, metrics: TargetMetrics) -> None:
        self._target = target
        self._delivery = delivery
        self._settings = settings
        self._metrics = metrics
        self._raw = settings.kafka.topics().raw
        self._group = settings.kafka.named(target.group)
        self._progress = Progress({})
        self._deliveries = Tasks()
        self._oldest: dict[tuple[int, int], float] = {}
        self.is_reading = False
        """It has the log before it."""
        self.trouble = ""
        """Why it does not read, where something failed."""

    async def run(self) -> None:
        """Read and hand on until cancelled; begin again from the last commit after whatever fails: ever later where that is no fault of Kafka."""
        failures = 0
        while True:
            begun = time.monotonic()
            try:
                await self._read()
            except (KafkaError, ConfigurationError) as error:  # of a file of secrets, perhaps being replaced
                pause = again_s(1)
                log.warning("Kafka fails; trying again", host=self._target.host, pause_s=pause, why=repr(error))
                self.trouble = f"Kafka fails: {error!r}"
            except Exception as error:
                failures = 1 if time.monotonic() - begun > _STABLE_S else failures + 1
                pause = again_s(failures)
                log.exception("a courier failed; it restarts", host=self._target.host, pause_s=pause)
                self.trouble = f"failed {failures} times in a row, and begins again in {pause:.0f} s: {error!r}"
            await asyncio.sleep(pause)

    async def _read(self) -> None:
        consumer = make_consumer(
            self._settings.kafka,
            "recibo-relay",
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=MAX_RECORD_BYTES,
        )
        await consumer.start()
        self._progress = Progress({})
        try:
            await self._seek(consumer)
            self.is_reading, self.trouble = True, ""
            while True:
                await self._commit(consumer)
                committed_at = time.monotonic()
                while time.monotonic() < committed_at + _COMMIT_S:
                    await self._turn(consumer)
                await self._measure(consumer)
        finally:
            self.is_reading = False
            deliveries, self._deliveries = self._deliveries, Tasks()
            await deliveries.close()
            await asyncio.shield(self._end(consumer))

    async def _end(self, consumer: Any) -> None:
        try:
            await self._commit(consumer)
        except KafkaError as error:
            log.warning(
                "the last commit failed: some webhooks will be posted again", host=self._target.host, why=repr(error)
            )
        await consumer.stop()

    async def _seek(self, consumer: Any) -> None:
        """Go where the last commit says; a URL seen for the first time begins a little before now, and is remembered.

        Raises:
            StateRefused: a commit lies beyond the log's end: it is another log.
        """
        partitions = await _partitions(self._settings.kafka)
        consumer.assign(partitions)
        begins = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        since_ms = int(time.time() * 1000) - self._settings.new_url_back_ms
        first = await consumer.offsets_for_times(dict.fromkeys(partitions, since_ms))
        positions = {}
        for partition in partitions:
            committed = await consumer.committed(partition)
            if committed is None:
                committed = first[partition].offset if first.get(partition) else ends[partition]
            if committed > ends[partition]:
                raise StateRefused(
                    f"the relay to {self._target.host} has come to offset {committed} of {self._raw} partition "
                    f"{partition.partition}, which ends at {ends[partition]}: this is another log; delete the consumer "
                    f"group {self._group} to start over"
                )
            if committed < begins[partition]:
                lost = begins[partition] - committed
                log.error("records left the log before they were relayed", records=lost, partition=partition.partition)
                committed = begins[partition]
            positions[partition.partition] = committed
            consumer.seek(partition, committed)
        self._progress = Progress(positions)
        self._oldest.clear()

    async def _turn(self, consumer: Any) -> None:
        """Read what comes next, unless too much waits already.

        Raises:
            TaskDied: a delivery died: its webhook would hold up the commits for ever, unseen.
        """
        s, progress = self._settings, self._progress
        self._deliveries.raise_death()
        if progress.waiting >= s.waiting_max or progress.waiting_bytes >= s.waiting_bytes_max:
            await asyncio.wait(self._deliveries.running, timeout=_POLL_MS / 1000, return_when=asyncio.FIRST_COMPLETED)
            return
        fetched = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_RECORDS_MAX)
        for records in fetched.values():
            for record in records:
                webhook = webhook_of(record, self._target.source)
                where = (record.partition, record.offset)
                if webhook is not None:
                    self._begin(where, webhook)
                progress.read(where)

    def _begin(self, where: tuple[int, int], webhook: Webhook) -> None:
        self._progress.begin(where, len(webhook.body))
        self._oldest[where] = time.monotonic()
        name = f"delivery of request {webhook.request_id} to {self._target.host}"
        self._deliveries.start(name, self._deliver(where, webhook), may_return=True)

    async def _deliver(self, where: tuple[int, int], webhook: Webhook) -> None:
        await self._delivery.deliver(webhook)
        self._progress.end(where)
        del self._oldest[where]

    async def _commit(self, consumer: Any) -> None:
        safe = self._progress.safe()
        if safe:
            await consumer.commit({TopicPartition(self._raw, number): offset for number, offset in safe.items()})

    async def _measure(self, consumer: Any) -> None:
        self._metrics.waiting.set(self._progress.waiting)
        oldest = next(iter(self._oldest.values()), None)
        self._metrics.oldest.set(0 if oldest is None else time.monotonic() - oldest)
        positions = self._progress.positions()
        highest = [consumer.highwater(TopicPartition(self._raw, number)) for number in positions]
        lag = sum(max(0, end - at) for end, at in zip(highest, positions.values(), strict=True) if end is not None)
        self._metrics.lag.set(lag)


async def _partitions(kafka: KafkaSettings) -> list[TopicPartition]:
    admin = make_admin(kafka, "recibo-relay")
    raw = kafka.topics().raw
    try:
        await admin.start()
        (topic,) = await admin.describe_topics([raw])
        return [TopicPartition(raw, partition["partition"]) for partition in topic["partitions"]]
    finally:
        await admin.close()


def webhook_of(record: Any, source: str) -> Webhook | None:
    """Return the webhook that a raw record begins; None for one of another source, or that is not relayed."""
    headers = dict(record.headers)
    if HEADER_RELAY not in headers:
        return None
    try:
        if decode_source(headers[HEADER_SOURCE]).source != source:
            return None
        request_id = decode_request(headers[HEADER_REQUEST]).request_id
        return Webhook(request_id, record.value or b"", read_relay_header(headers[HEADER_RELAY]))
    except (KeyError, ValueError, msgspec.DecodeError):
        log.warning("unreadable headers: not relayed", partition=record.partition, offset=record.offset)
        return None
