"""How far one URL has come, kept by Kafka: a consumer group that commits, and reads nothing."""

import time
from collections.abc import Collection, Mapping
from typing import Any, Final

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from runtime.kafka.clients import make_admin, make_consumer
from runtime.kafka.settings import KafkaSettings
from schemas.errors import StateRefused

log = structlog.get_logger()

_NOTHING: Final[dict[int, int]] = {}


class Bookmark:
    """One URL's commits in the raw log."""

    def __init__(self, kafka: KafkaSettings, group: str, host: str) -> None:
        """Prepare; `host` names the URL in what is logged."""
        self._kafka = kafka
        self._group = group
        self._host = host
        self._raw = kafka.topics().raw
        self._consumer: Any = make_consumer(kafka, "recibo-relay", group_id=group, enable_auto_commit=False)

    async def open(self) -> None:
        """Connect. Raises KafkaError."""
        await self._consumer.start()

    async def close(self) -> None:
        """Disconnect."""
        await self._consumer.stop()

    async def found(self, back_ms: int) -> dict[int, int]:
        """Return partition → where to go on, for all partitions that the log has now.

        Args:
            back_ms: a URL seen for the first time begins so long before now.

        Raises:
            KafkaError: there is no such topic yet, among others.
            StateRefused: a commit lies beyond the log's end: it is another log.
        """
        partitions = await partitions_of(self._kafka)
        where = [TopicPartition(self._raw, number) for number in partitions]
        self._consumer.assign(where)
        self._consumer.pause(*where)
        begins = await self._consumer.beginning_offsets(where)
        ends = await self._consumer.end_offsets(where)
        first = await self._consumer.offsets_for_times(dict.fromkeys(where, int(time.time() * 1000) - back_ms))
        committed = {tp: offset for tp in where if (offset := await self._consumer.committed(tp)) is not None}
        positions = {}
        for tp in where:
            self._consumer.seek(tp, ends[tp])  # a position of its own, so that none is looked for
            recent = first[tp].offset if first.get(tp) else ends[tp]
            at = begin_at(committed.get(tp), begins[tp], recent, is_new_url=not committed)
            if at > ends[tp]:
                raise StateRefused(
                    f"the relay to {self._host} has come to offset {at} of {self._raw} partition {tp.partition}, which ends "
                    f"at {ends[tp]}: this is another log; delete the consumer group {self._group} to start over"
                )
            if committed.get(tp, at) < at:
                self.note_lost(tp.partition, at - committed[tp])
            positions[tp.partition] = at
        return positions

    def note_lost(self, partition: int, records: int) -> None:
        """Say that records left the log before they were relayed."""
        log.error(
            "records left the log before they were relayed", host=self._host, records=records, partition=partition
        )

    async def commit(self, offsets: Mapping[int, int]) -> None:
        """Commit partition → offset to resume from. Raises KafkaError."""
        if offsets:
            await self._consumer.commit({TopicPartition(self._raw, number): at for number, at in offsets.items()})


def begin_at(committed: int | None, begin: int, recent: int, *, is_new_url: bool) -> int:
    """Return where a URL goes on in a partition: `recent` where it is new; in a partition that is new, from its first record. Pure."""
    if committed is None:
        return recent if is_new_url else begin
    return max(committed, begin)


async def partitions_of(kafka: KafkaSettings) -> Collection[int]:
    """Return the raw log's partitions. Raises KafkaError: among others, there is no such topic yet."""
    admin = make_admin(kafka, "recibo-relay")
    try:
        await admin.start()
        (topic,) = await admin.describe_topics([kafka.topics().raw])
        numbers = [partition["partition"] for partition in topic["partitions"]]
    finally:
        await admin.close()
    if not numbers:
        raise UnknownTopicOrPartitionError(kafka.topics().raw)
    return numbers
