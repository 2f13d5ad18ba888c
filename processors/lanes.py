"""The lanes of this worker: one for each raw partition it owns, made at the partition's first batch."""

import asyncio
import time
from collections.abc import Callable, Iterable

import structlog

from processors.batch import Stuck
from processors.lane import BatchInFlight, Lane
from processors.quarantine import Quarantine

log = structlog.get_logger()


class Lanes:
    """Makes, drains and closes lanes; reports the first error of any."""

    def __init__(
        self,
        make: Callable[[int, Quarantine], Lane],
        quarantine_of: Callable[[int], Quarantine],
        on_error: Callable[[BaseException], None],
    ) -> None:
        """Wire.

        Args:
            make: makes the lane of a partition, not yet running.
            quarantine_of: reads what a partition holds back.
            on_error: called with the error that ended a lane; must stop the worker.
        """
        self._make = make
        self._quarantine_of = quarantine_of
        self._on_error = on_error
        self._lanes: dict[int, Lane] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def submit(self, partition: int, batch: BatchInFlight) -> None:
        """Give a fetched batch to its partition's lane. Where none can be made (a refused store), the worker must stop."""
        lane = self._lanes.get(partition)
        if lane is None:
            try:
                quarantine = self._quarantine_of(partition)
                lane = self._lanes[partition] = self._make(partition, quarantine)
            except Exception as error:  # Faust would restart the agent, and continue without this batch
                self._on_error(error)
                raise
            self._tasks[partition] = asyncio.create_task(self._run(lane, quarantine), name=f"lane-{partition}")
        lane.submit(batch)

    async def _run(self, lane: Lane, quarantine: Quarantine) -> None:
        try:
            await lane.run()
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever it is, the worker must not continue without this lane
            for stuck in _stuck_among(error):
                held = quarantine.failed(stuck.key, stuck.offset, str(stuck))
                log.critical("a record stops its lane", why=str(stuck), quarantined=held)
            self._on_error(error)

    async def drained(self) -> None:
        """Wait until every lane has acknowledged all it was given. One that still recovers has begun nothing: it is stopped."""
        working = [lane for lane in self._lanes.values() if lane.recovered]
        for partition, lane in self._lanes.items():
            if not lane.recovered:
                self._tasks[partition].cancel()
        for lane in working:
            await lane.drained()

    async def close(self) -> None:
        """Stop every lane and close its stores; the next assignment starts again from what is durable."""
        lanes, tasks = list(self._lanes.values()), list(self._tasks.values())
        self._lanes.clear()
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for lane in lanes:
            lane.close()

    def not_ready(self) -> str:
        """Return why this worker is not ready (a lane is recovering), or ""."""
        recovering = [partition for partition, lane in self._lanes.items() if not lane.recovered]
        return f"recovering partitions {recovering}" if recovering else ""

    def in_flight_records(self) -> int:
        """Return how many fetched records are not yet acknowledged."""
        return sum(lane.in_flight_records() for lane in self._lanes.values())

    def oldest_batch_age_s(self) -> float:
        """Return the age of the oldest unacknowledged batch, or 0."""
        begun = [at for lane in self._lanes.values() if (at := lane.oldest_begun_at()) is not None]
        return time.monotonic() - min(begun) if begun else 0.0


def _stuck_among(error: BaseException) -> Iterable[Stuck]:
    if isinstance(error, Stuck):
        yield error
    elif isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _stuck_among(inner)
