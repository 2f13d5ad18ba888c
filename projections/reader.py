"""The edge in: one topic's records in batches, nothing skipped unseen, offsets committed on request."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from projections.batch import Batch
from projections.settings import Settings
from runtime.kafka.clients import make_consumer
from schemas.errors import StateRefused

_POLL_MS: Final = 500
"""How long one poll waits for a first record: bounds how late a request to stop is heard."""
_BROKER_WAIT_MS: Final = 50
_BROKER_BYTES_MIN: Final = 16 * 1024
"""The broker gathers this much or waits that long, so that a trickle costs few fetches."""

log = structlog.get_logger()


class Reader(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """Reads one topic as a member of its consumer group."""

    def __init__(self, topic: str, settings: Settings, *, compacted: bool) -> None:
        """Prepare to read `topic`. Where it is not `compacted`, a gap in its offsets is refused."""
        self.topic = topic
        self._settings = settings
        self._compacted = compacted
        self._expected: dict[int, int] = {}
        self._assigned_at: dict[int, int] = {}
        """Partition → what was committed when it was assigned; 0: nothing."""
        self.is_joined = False
        """Whether the group has assigned this member its partitions (perhaps none)."""
        self._consumer: Any = None

    async def start(self) -> None:
        """Join the group, the first time or again. Raises aiokafka's KafkaConnectionError where no broker answers."""
        s = self._settings
        self._consumer = make_consumer(
            s.kafka,
            f"recibo-projections-{self.topic}",
            group_id=s.group_of(self.topic),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=_BROKER_WAIT_MS,
            fetch_min_bytes=_BROKER_BYTES_MIN,
            max_partition_fetch_bytes=8 * 1024 * 1024,
            session_timeout_ms=6_000,  # the least a broker allows by default: how long a killed projector is waited for
            heartbeat_interval_ms=1_500,
            metadata_max_age_ms=10_000,
            max_poll_interval_ms=60 * 60 * 1000,
        )
        await self._consumer.start()
        self._consumer.subscribe([self.topic], listener=self)

    async def stop(self) -> None:
        """Leave the group, if it was joined."""
        self.is_joined = False
        if self._consumer is not None:
            await self._consumer.stop()

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:  # noqa: ARG002 - aiokafka's
        """What is not committed is read again by the next owner, and changes nothing."""
        self.is_joined = False

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Forget where reading was: it resumes from the committed offset, of now or of a commit that is under way."""
        self._expected.clear()
        self._assigned_at.clear()
        try:
            for partition in assigned:
                committed = await self._consumer.committed(partition)
                # Nothing yet: reading begins at the beginning, though the former owner's first commit may be under way.
                self._assigned_at[partition.partition] = committed if committed is not None else 0
        except KafkaError as error:
            log.info("what is committed is asked again at the first record", topic=self.topic, why=repr(error))
        self.is_joined = True

    async def read(self, batch: Batch, age_ms_max: float) -> None:
        """Add records to `batch` until it is full or `age_ms_max` have passed since its first record came.

        Raises:
            StateRefused: records between the last committed one and the next were lost.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + age_ms_max / 1000 if batch.records else None
        s = self._settings
        while len(batch.records) < s.batch_rows_max and batch.value_bytes < s.batch_bytes_max:
            wait_ms = _POLL_MS if deadline is None else int(max(0.0, deadline - clock()) * 1000)
            found = await self._consumer.getmany(timeout_ms=wait_ms, max_records=s.batch_rows_max - len(batch.records))
            for partition, records in found.items():
                await self._check_contiguous(partition, records[0].offset, records[-1].offset)
                batch.add(records)
            if deadline is None:
                if not batch.records:
                    return
                deadline = clock() + age_ms_max / 1000
            if clock() >= deadline:
                return

    async def _check_contiguous(self, partition: TopicPartition, first: int, last: int) -> None:
        if not self._compacted:
            expected = self._expected.get(partition.partition)
            earliest = expected
            if expected is None:
                expected = await self._consumer.committed(partition)
                earliest = self._assigned_at.get(partition.partition, expected)
            if expected is not None and first < (expected if earliest is None else earliest):
                raise StateRefused(
                    f"{self.topic}, partition {partition.partition}: the commit is {expected}, and the log has {first} next: it "
                    "was truncated or recreated under the projections. Nothing was changed. Run `recibo repair`: it makes "
                    "the next generation from the log that is there"
                )
            if not continues(first, earliest, expected) and not self._settings.accepts_gaps:
                raise StateRefused(
                    f"{self.topic}, partition {partition.partition}: expected offset {expected}, found {first}. "
                    "The records between were deleted by retention. "
                    f"See what is missing in {self._settings.clickhouse.views_database}.completeness, then start once with RECIBO_PROJECTIONS_ACCEPTS_GAPS=1"
                )
        self._expected[partition.partition] = last + 1

    async def commit(self, batch: Batch) -> None:
        """Commit that `batch` is stored. Where the partitions have gone to another member, it reads them again."""
        offsets = {TopicPartition(self.topic, p): offset for p, offset in batch.next_offsets().items()}
        mine = {p: offset for p, offset in offsets.items() if p in self._consumer.assignment()}
        try:
            if mine:
                await self._consumer.commit(mine)
        except (CommitFailedError, IllegalStateError):
            return

    async def ends(self) -> dict[int, int]:
        """Return partition → where it ends, of the partitions assigned. Raises KafkaError. May wait long for an answer."""
        if not self.is_joined:
            return {}
        found = await self._consumer.end_offsets(list(self._consumer.assignment()))
        return {p.partition: offset for p, offset in found.items()}

    async def begins(self) -> dict[int, int]:
        """Return partition → the first offset it still has; otherwise as `ends`."""
        if not self.is_joined:
            return {}
        found = await self._consumer.beginning_offsets(list(self._consumer.assignment()))
        return {p.partition: offset for p, offset in found.items()}

    def lag_records(self) -> int:
        """Return how many records of the assigned partitions are not yet read."""
        lag = 0
        for partition in self._consumer.assignment() if self._consumer is not None else ():
            end, position = self._consumer.highwater(partition), self._expected.get(partition.partition)
            if end is not None and position is not None:
                lag += max(0, end - position)
        return lag


def continues(first: int, earliest: int | None, expected: int | None) -> bool:
    """Return whether a first record follows what is committed, or was, when its partition was assigned. Pure.

    A batch of before may be committed between the two: reading may begin at either. None: nothing was ever committed.
    """
    return expected is None or (expected if earliest is None else earliest) <= first <= expected
