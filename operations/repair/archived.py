"""Records older than the log, from an archive: which of them may be folded, and folding them before the log's.

They go through the lanes of a worker of this process, as the log's do through the processors': state before outputs,
store after them. The group's commit in the raw log says how far the archive is folded, so that an interrupted run resumes.
"""

import asyncio
import os
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from operations.archive.location import Location
from operations.archive.manifest import Manifest
from operations.archive.read import manifests_of, partitions_of, read_file
from operations.repair.plan import Plan
from operations.repair.raw_group import RawGroup
from processors.lane import BatchInFlight
from processors.settings import from_environ
from processors.worker import Worker
from runtime.environ import environ_of
from schemas.errors import DeploymentError
from schemas.topics import RAW

_BATCH_RECORDS: Final = 2_000
_IN_FLIGHT_MAX: Final = 4


def archive_starts(archive: str, begins: Mapping[int, int]) -> dict[int, int]:
    """Return the first offset of each raw partition that archive and log hold together without a gap.

    Args:
        archive: its location; empty: none.
        begins: raw partition → first offset in the log.

    Raises:
        DeploymentError: an archived partition ends before the log begins: the records between are in neither.
    """
    starts = dict(begins)
    if not archive:
        return starts
    location = Location(archive)
    for partition in partitions_of(location, RAW):
        files = _without_gap(manifests_of(location, RAW, partition))
        if partition not in begins or not files:
            continue
        end = files[-1].last_offset + 1
        if end < begins[partition]:
            raise DeploymentError(
                f"{archive}: partition {partition} of {RAW} ends at offset {end} and the log begins at "
                f"{begins[partition]}; the records between are in neither. Repair without --archive"
            )
        starts[partition] = min(begins[partition], files[0].first_offset)
    return starts


def _without_gap(manifests: Sequence[Manifest]) -> list[Manifest]:
    """Return the files at the end of a partition's archive that follow one another without a gap."""
    kept: list[Manifest] = []
    for manifest in reversed(manifests):
        kept.insert(0, manifest)
        if manifest.missing_before:
            break
    return kept


async def fold_archive(plan: Plan) -> None:
    """Fold what lies in the archive between the group's commit and the log's start. Raises what stops a lane."""
    async with RawGroup(plan.kafka, plan.processors_group) as group:
        begins, positions = await group.begins(), await group.committed()
        waiting = {p: begin for p, begin in begins.items() if positions[p] < begin}
        if not waiting:
            return
        if not plan.archive:
            raise DeploymentError(
                f"{RAW}: retention passed offset {positions} where the repair stands (the log begins at {begins}). "
                "Start over: recibo repair --discard"
            )
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        worker = _worker(plan, failed, begins, positions)

        async def commit(last: Any) -> None:
            await group.commit({last.partition: last.offset + 1})
            positions[last.partition] = last.offset + 1

        await worker.open()
        try:
            for partition, begin in waiting.items():
                records = _records(Location(plan.archive), partition, positions[partition], begin)
                await _fold(plan, worker, commit, failed, records)
        finally:
            await worker.close()


def _worker(
    plan: Plan, failed: "asyncio.Future[None]", begins: Mapping[int, int], positions: Mapping[int, int]
) -> Worker:
    environ = {
        **os.environ,
        **environ_of(plan.kafka),
        "RECIBO_CONFIG": str(plan.config_file),
        "RECIBO_DATA_DIR": str(plan.data_dir),
        "RECIBO_REPAIR_GENERATION": str(plan.new),
    }

    def on_error(error: BaseException) -> None:
        if not failed.done():
            failed.set_exception(error)

    return Worker(from_environ(environ), on_error, begins.__getitem__, positions.__getitem__)


async def _fold(
    plan: Plan,
    worker: Worker,
    commit: Callable[[Any], Awaitable[None]],
    failed: "asyncio.Future[None]",
    records: Iterable[Any],
) -> None:
    """Put records of one partition through its lane, a few batches at once, committing each that is durable."""
    in_flight: deque[tuple[asyncio.Future[None], list[Any]]] = deque()
    reading = iter(records)
    done = 0
    while batch := await asyncio.to_thread(lambda: list(islice(reading, _BATCH_RECORDS))):
        durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        worker.lanes.submit(batch[0].partition, BatchInFlight(batch, _setter(durable), lambda: False))
        in_flight.append((durable, batch))
        while len(in_flight) >= _IN_FLIGHT_MAX or (in_flight and len(batch) < _BATCH_RECORDS):
            durable, folded = in_flight.popleft()
            await asyncio.wait({durable, failed}, return_when=asyncio.FIRST_COMPLETED)
            if failed.done():
                failed.result()
            await commit(folded[-1])
            done += len(folded)
            plan.progress("folding the archive", done, done)
    for durable, folded in in_flight:
        await asyncio.wait({durable, failed}, return_when=asyncio.FIRST_COMPLETED)
        if failed.done():
            failed.result()
        await commit(folded[-1])


def _setter(durable: "asyncio.Future[None]") -> Any:
    return lambda: durable.set_result(None)


def _records(location: Location, partition: int, first: int, end: int) -> Iterator[Any]:
    """Yield a partition's archived records from offset `first` up to, not including, `end`."""
    for manifest in manifests_of(location, RAW, partition):
        if manifest.last_offset >= first and manifest.first_offset < end:
            for record in read_file(location, manifest):
                if first <= record.offset < end:
                    yield record
