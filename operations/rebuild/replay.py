"""A topic read again: from where its group left off to an end noted before, every record stored, then committed.

One process assigns itself all partitions: no membership, so that one killed is not waited for.
"""

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

from aiokafka import TopicPartition

from projections.batch import Batch
from projections.settings import Settings
from projections.writer import Writer
from runtime.kafka.clients import make_consumer
from schemas.errors import StateRefused

_POLL_MS: Final = 200

Progress = Callable[[str, int, int], None]
"""Told of a step: its name, how much is done, of how much."""


class Replay:
    """Reads one topic for one group. Use as an asynchronous context manager."""

    def __init__(self, topic: str, group: str, settings: Settings, *, compacted: bool) -> None:
        """Prepare to read `topic` as `group`. Where it is not `compacted`, a gap in its offsets is refused."""
        self.topic = topic
        self._group = group
        self._settings = settings
        self._compacted = compacted
        self._partitions: list[TopicPartition] = []
        self._consumer = make_consumer(
            settings.kafka,
            f"recibo-replay-{topic}",
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_wait_ms=50,
            max_partition_fetch_bytes=8 * 1024 * 1024,
        )

    async def __aenter__(self) -> Self:
        """Connect. Raises StateRefused where the topic does not exist."""
        await self._consumer.start()
        numbers = self._consumer.partitions_for_topic(self.topic) or await self._looked_up()
        self._partitions = [TopicPartition(self.topic, number) for number in sorted(numbers)]
        self._consumer.assign(self._partitions)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Disconnect. What is not committed is read again."""
        await self._consumer.stop()

    async def _looked_up(self) -> set[int]:
        await self._consumer._client.set_topics([self.topic])  # noqa: SLF001 - partitions_for_topic knows only these
        numbers: set[int] | None = self._consumer.partitions_for_topic(self.topic)
        if not numbers:
            raise StateRefused(f"topic {self.topic} does not exist on {self._settings.kafka.bootstrap_servers}")
        return numbers

    async def begin(self) -> None:
        """Have the group begin at the log's present start, whatever it committed before."""
        await self._consumer.commit(await self._consumer.beginning_offsets(self._partitions))

    async def go_on_at(self, offsets: Mapping[int, int]) -> None:
        """Have the group resume at `offsets` (by partition)."""
        await self._consumer.commit({TopicPartition(self.topic, p): offset for p, offset in offsets.items()})

    async def ends(self) -> dict[int, int]:
        """Return where each partition ends now."""
        return {tp.partition: end for tp, end in (await self._consumer.end_offsets(self._partitions)).items()}

    async def committed(self) -> dict[int, int]:
        """Return where the group stands: the log's start where it has not begun."""
        begins = await self._consumer.beginning_offsets(self._partitions)
        found = {}
        for tp in self._partitions:
            offset = await self._consumer.committed(tp)
            found[tp.partition] = begins[tp] if offset is None else offset
        return found

    async def store_to(self, ends: Mapping[int, int], stores: Sequence[Writer], progress: Progress, step: str) -> None:
        """Store what lies between the group's commit and `ends` (perhaps a little more), in every one of `stores`.

        Raises:
            StateRefused: records were deleted before they were read.
        """
        positions = await self._seek_to_committed()
        done, total = 0, sum(max(0, ends[p] - position) for p, position in positions.items())
        progress(step, 0, total)
        while any(positions[p] < end for p, end in ends.items()):
            batch = await self._next_batch(positions)
            if not batch.records:
                positions.update({tp.partition: await self._consumer.position(tp) for tp in self._partitions})
                continue
            for store in stores:
                await store.store(batch.records)
            offsets = batch.next_offsets()
            await self.go_on_at(offsets)
            positions.update(offsets)
            done += len(batch.records)
            progress(step, min(done, total), total)
        progress(step, total, total)

    async def _seek_to_committed(self) -> dict[int, int]:
        begins = await self._consumer.beginning_offsets(self._partitions)
        positions = await self.committed()
        for tp in self._partitions:
            if positions[tp.partition] < begins[tp]:
                raise StateRefused(
                    f"{self.topic}, partition {tp.partition}: {self._group} stands at {positions[tp.partition]} and the "
                    f"log begins at {begins[tp]} by now: retention passed what was not read yet. Start over with --discard"
                )
            self._consumer.seek(tp, positions[tp.partition])
        return positions

    async def _next_batch(self, positions: Mapping[int, int]) -> Batch:
        batch = Batch()
        records_max = self._settings.batch_rows_max
        found: dict[TopicPartition, list[Any]] = await self._consumer.getmany(
            timeout_ms=_POLL_MS, max_records=records_max
        )
        for tp, records in found.items():
            first, expected = records[0].offset, positions[tp.partition]
            if first != expected and not self._compacted:
                raise StateRefused(
                    f"{self.topic}, partition {tp.partition}: expected offset {expected}, found {first}: retention passed "
                    "what was not read yet. Start over with --discard"
                )
            batch.add(records)
        return batch
