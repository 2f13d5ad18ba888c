"""Where a processors' group stands in the raw log; moved only while it has no members."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from aiokafka import TopicPartition

from runtime.kafka.clients import make_consumer
from runtime.kafka.settings import KafkaSettings


class RawGroup:
    """A group's commits in the raw log. Use as an asynchronous context manager."""

    def __init__(self, kafka: KafkaSettings, group: str) -> None:
        """Prepare to look at `group`."""
        self._raw = kafka.topics().raw
        self._consumer = make_consumer(kafka, "recibo-operator", self._raw, group_id=None, enable_auto_commit=False)
        self._group_consumer = make_consumer(kafka, "recibo-operator", group_id=group, enable_auto_commit=False)
        self._partitions: list[TopicPartition] = []

    async def __aenter__(self) -> Self:
        """Connect."""
        await self._consumer.start()
        await self._group_consumer.start()
        self._partitions = [
            TopicPartition(self._raw, p) for p in sorted(self._consumer.partitions_for_topic(self._raw) or ())
        ]
        self._group_consumer.assign(self._partitions)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self._group_consumer.stop()
        await self._consumer.stop()

    async def begins(self) -> dict[int, int]:
        """Return where the log begins, by partition."""
        return {tp.partition: at for tp, at in (await self._consumer.beginning_offsets(self._partitions)).items()}

    async def ends(self) -> dict[int, int]:
        """Return where the log ends now, by partition."""
        return {tp.partition: at for tp, at in (await self._consumer.end_offsets(self._partitions)).items()}

    async def committed(self) -> dict[int, int]:
        """Return where the group stands; where it has not begun, where the log begins."""
        begins = await self.begins()
        return {
            tp.partition: begins[tp.partition] if at is None else at
            for tp in self._partitions
            for at in (await self._group_consumer.committed(tp),)
        }

    async def commit(self, offsets: Mapping[int, int]) -> None:
        """Have the group resume at `offsets`."""
        await self._group_consumer.commit({TopicPartition(self._raw, p): offset for p, offset in offsets.items()})

    async def first_at_ms(self) -> dict[int, int]:
        """Return the append time of each partition's first record (UTC ms), for those that have records."""
        self._consumer.unsubscribe()
        self._consumer.assign(self._partitions)
        ends, found = await self.ends(), {}
        for tp in self._partitions:
            begin = (await self.begins())[tp.partition]
            if begin < ends[tp.partition]:
                self._consumer.seek(tp, begin)
                record = await self._consumer.getone(tp)
                found[tp.partition] = int(record.timestamp)
        return found
