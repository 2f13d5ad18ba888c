"""Archiving: what is over and not yet archived, hour by hour, a partition at a time."""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import ExitStack, aclosing
from dataclasses import dataclass

from operations.archive.hour_file import HourFile
from operations.archive.hours import HOUR_MS, by_hour, first_open_hour, hour_named
from operations.archive.location import Location
from operations.archive.manifest import Manifest
from operations.archive.partition_log import Bounds, PartitionLog
from operations.archive.read import last_manifest
from operations.archive.record import Record
from schemas.errors import DeploymentError

OnProgress = Callable[[int, int], None]
"""Called with the records read so far, and how many there are to read."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be archived of a partition."""

    partition: int
    last: Manifest | None
    """Of the last file there is."""
    bounds: Bounds

    @property
    def due(self) -> int:
        """The offset that comes next, in the log or not."""
        return self.last.last_offset + 1 if self.last else 0

    @property
    def first(self) -> int:
        """The offset to begin at: behind what retention has deleted."""
        return max(self.due, self.bounds.begin)

    @property
    def records(self) -> int:
        """How many records there are to read."""
        return max(0, self.bounds.limit - self.first)

    @property
    def earliest_ms(self) -> int:
        """The first hour that is not archived yet."""
        return hour_named(self.last.hour) + HOUR_MS if self.last else 0


async def archive(log: PartitionLog, location: Location, now_ms: int, on_progress: OnProgress) -> list[Manifest]:
    """Write every hour that is over at `now_ms` and not yet archived, and return the new files' manifests.

    May be killed anywhere and run again: an hour counts once its manifest is there, and is rewritten until then.

    Raises:
        DeploymentError: the log is not the one that was archived here.
        ContiguityBroken: offsets are missing in the middle of the log.
        OSError: the location cannot be written.
    """
    open_ms = first_open_hour(now_ms)
    tasks = []
    for partition in range(log.partitions):
        last = last_manifest(location, log.topic, partition)
        tasks.append(Task(partition, last, await log.bounds(partition, open_ms)))
    for task in tasks:
        _check_same_log(log.topic, task)
    of, done, written = sum(task.records for task in tasks), 0, list[Manifest]()

    def advance(records: int) -> None:
        nonlocal done
        done += records
        on_progress(done, of)

    for task in tasks:
        if task.records:
            await _archive_partition(log, location, task, open_ms, on_written=written.append, advance=advance)
    return written


async def _archive_partition(
    log: PartitionLog,
    location: Location,
    task: Task,
    open_ms: int,
    *,
    on_written: Callable[[Manifest], None],
    advance: Callable[[int], None],
) -> None:
    missing = task.first - task.due
    writing: HourFile | None = None
    with ExitStack() as unfinished:  # closes the file that an error leaves without a manifest
        async with aclosing(_hours(log, task)) as hours:
            async for hour_ms, records in hours:
                if writing is not None and writing.hour_ms != hour_ms:
                    on_written(writing.publish())
                    writing = None
                if hour_ms >= open_ms:
                    break
                if writing is None:
                    hour_file = HourFile(location, log.topic, task.partition, hour_ms, missing)
                    writing, missing = unfinished.enter_context(hour_file), 0
                writing.add(records)
                advance(len(records))
        if writing is not None:
            on_written(writing.publish())


async def _hours(log: PartitionLog, task: Task) -> AsyncGenerator[tuple[int, list[Record]]]:
    """Yield the records to archive with their hours, after a look at the last one archived."""
    earliest_ms = task.earliest_ms
    is_known = task.last is not None and task.due > task.bounds.begin
    async for records in log.read(task.partition, task.first - is_known, task.bounds.limit):
        if is_known:
            _check_known(log.topic, task, records.pop(0))
            is_known = False
        for hour in by_hour(records, earliest_ms):
            yield hour
            earliest_ms, _ = hour


def _check_same_log(topic: str, task: Task) -> None:
    if task.due > task.bounds.end:
        raise DeploymentError(
            f"{topic}[{task.partition}] ends at offset {task.bounds.end}, and the archive has come to {task.due}: the "
            "topic was recreated. Archive it into another location"
        )


def _check_known(topic: str, task: Task, record: Record) -> None:
    if task.last is not None and record.timestamp != task.last.last_at_ms:
        raise DeploymentError(
            f"{topic}[{task.partition}], offset {record.offset} was appended at {record.timestamp} ms, and the archive has "
            f"{task.last.last_at_ms} ms: this is another log. Archive it into another location"
        )


def gaps(manifests: Iterable[Manifest]) -> Iterator[str]:
    """Yield, for people, what retention had deleted before it was archived."""
    for manifest in manifests:
        if manifest.missing_before:
            first, last = manifest.first_offset - manifest.missing_before, manifest.first_offset - 1
            yield f"{manifest.topic}[{manifest.partition}]: offsets {first} to {last} are not there: retention deleted them"
