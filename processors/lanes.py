"""The partitions of this worker: one for each raw partition it owns, made at its first batch."""

import asyncio
import time
from collections.abc import Callable

from processors.lane import BatchInFlight
from processors.partition import Partition


class Lanes:
    """Makes, drains and closes the partitions' lanes."""

    def __init__(self, make: Callable[[int], Partition], away_until: Callable[[int], float] = lambda _: 0.0) -> None:
        """Wire.

        Args:
            make: makes a partition, not yet running.
            away_until: until when (monotonic) Kafka was last seen away for a partition: nothing is late until then.
        """
        self._make = make
        self._away_until = away_until
        self._partitions: dict[int, Partition] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def submit(self, number: int, batch: BatchInFlight) -> None:
        """Give a fetched batch to its partition."""
        partition = self._partitions.get(number)
        if partition is None:
            partition = self._partitions[number] = self._make(number)
            self._tasks[number] = asyncio.create_task(partition.run(), name=f"partition-{number}")
        partition.submit(batch)

    async def drained(self) -> None:
        """Wait until every batch at work is acknowledged. A lane that recovers or is paused has begun nothing: it is stopped."""
        working = [partition for partition in self._partitions.values() if partition.is_at_work]
        for number, partition in self._partitions.items():
            if not partition.is_at_work:
                self._tasks[number].cancel()
        for partition in working:
            await partition.drained()

    async def close(self) -> None:
        """Stop every lane, closing its stores; the next assignment starts again from what is durable."""
        tasks = list(self._tasks.values())
        self._partitions.clear()
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def not_ready(self) -> tuple[str, ...]:
        """Return why this worker is not ready: partitions that are paused after a failure, or recovering."""
        paused = tuple(partition.why_paused for partition in self._partitions.values() if partition.why_paused)
        recovering = [
            n for n, partition in self._partitions.items() if not partition.is_at_work and not partition.why_paused
        ]
        return (*paused, f"recovering partitions {recovering}") if recovering else paused

    def in_flight_records(self) -> int:
        """Return how many fetched records are not yet acknowledged."""
        return sum(partition.in_flight_records() for partition in self._partitions.values())

    def hot_bytes(self) -> int:
        """Return what the decoded states kept in memory take, about."""
        return sum(partition.hot_bytes() for partition in self._partitions.values())

    def held_count(self) -> int:
        """Return how many keys are held back."""
        return sum(partition.held_count() for partition in self._partitions.values())

    def paused_count(self) -> int:
        """Return how many partitions are paused after a failure."""
        return sum(bool(partition.why_paused) for partition in self._partitions.values())

    def oldest_batch_age_s(self) -> float:
        """Return the age of the oldest unacknowledged batch, or 0. The time that Kafka was away does not count."""
        begun = [
            max(at, self._away_until(number))
            for number, partition in self._partitions.items()
            if (at := partition.oldest_begun_at()) is not None
        ]
        return max(0.0, time.monotonic() - min(begun)) if begun else 0.0
