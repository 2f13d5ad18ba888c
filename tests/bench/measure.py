"""One run of one program: how long it took over the raw topic, and what it cost.

The clock starts when the program consumes its first record (it says so: everything before is start-up) and stops when
the driver sees, on the broker, that every output record is there and the group's committed offsets are at the end: all
that was consumed is durable, state included, since each of these programs commits only after its state's changelog.
`output_s` leaves the last commit out: until the last record appeared in the output topics.
The driver asks often only near the end (POLL_S), so that asking costs the broker nothing that counts; its own
CPU time is in nobody's figures.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from schemas.topics import RAW
from tests.bench.cluster import Cluster
from tests.bench.program import Process, Program, cpu_s

POLL_S = 0.02
_POLL_S_MAX = 0.5
_STABLE_S = 1.0
_SILENCE_S_MAX = 120.0


@dataclass(frozen=True, slots=True)
class Run:
    """The figures of one run."""

    program: str
    events_in: int
    records_out: int
    seconds: float
    output_s: float
    events_per_s: float
    cpu_s: float
    events_per_cpu_s: float
    broker_cpu_s: float
    peak_memory_mb: float


class _Watch:
    """Sees a program's outputs and commits grow."""

    def __init__(self, cluster: Cluster, process: Process, written: int, read: int) -> None:
        self._cluster = cluster
        self._process = process
        self._written = written
        self._read = read

    async def finished(self) -> tuple[float, float]:
        """Return the wall clock when all outputs were written, and when all was committed. Raises Failed."""
        program, count = self._process.program, self._cluster.count
        if program.outputs:
            await self._reaches(lambda: count(*program.outputs), self._written, "records written")
        written_at = time.time()
        await self._reaches(lambda: self._cluster.committed(program.group, RAW), self._read, "records committed")
        committed_at = time.time()
        if program.state:
            committed_at = await self._settled(program.state, committed_at)
        return written_at, committed_at

    async def _reaches(self, ask: Any, expected: int, what: str) -> None:
        began = changed_at = time.monotonic()
        seen = at_first = await ask()
        while (now := await ask()) < expected:
            if now != seen:
                seen, changed_at = now, time.monotonic()
            if self._process.has_ended() or time.monotonic() - changed_at > _SILENCE_S_MAX:
                raise self._process.failed(f"stopped at {now} of {expected} {what}")
            to_go = (expected - now) * (time.monotonic() - began) / max(1, now - at_first)
            await asyncio.sleep(min(_POLL_S_MAX, max(POLL_S, to_go / 2)))
        if now != expected:
            raise self._process.failed(f"has {now} {what}, not {expected}")

    async def _settled(self, topic: str, at: float) -> float:
        """Return when the state topic grew for the last time, `at` or later."""
        seen = await self._cluster.count(topic)
        watched_since = time.time()
        while time.time() - watched_since < _STABLE_S:
            await asyncio.sleep(POLL_S)
            if (now := await self._cluster.count(topic)) != seen:
                seen, at = now, time.time()
                watched_since = at
        return at


async def measure(cluster: Cluster, program: Program, records: int, process: Process | None = None) -> Run:
    """Run `program` over the `records` records of the raw topic; its output topics exist and are empty.

    Args:
        cluster: where.
        program: what.
        records: how many records the raw topic holds.
        process: the program, already started, where the caller needs it afterwards.

    Raises:
        Failed: it ended, stood still, or wrote another number of records.
    """
    if process is None:
        with Process(program, cluster.folder / f"{program.group}.log") as process:  # noqa: PLR1704
            return await measure(cluster, program, records, process)
    committed = await cluster.committed(program.group, RAW)
    written = await cluster.count(*program.outputs) if program.outputs else 0
    first = await asyncio.to_thread(process.first)
    broker_before = cpu_s(cluster.broker_pid)
    watch = _Watch(cluster, process, records, records)
    written_at, committed_at = await watch.finished()
    cpu, broker_cpu, memory = process.cpu_s(), cpu_s(cluster.broker_pid), process.peak_memory_mb()
    seconds = committed_at - first.at_s
    done = records - committed
    out = await cluster.count(*program.outputs) - written if program.outputs else 0
    out += await cluster.count(program.state) if program.state else 0
    return Run(
        program=program.name,
        events_in=done,
        records_out=out,
        seconds=round(seconds, 3),
        output_s=round(written_at - first.at_s, 3),
        events_per_s=round(done / seconds),
        cpu_s=round(cpu - first.cpu_s, 2),
        events_per_cpu_s=round(done / max(0.01, cpu - first.cpu_s)),
        broker_cpu_s=round(broker_cpu - broker_before, 2),
        peak_memory_mb=round(memory),
    )


def median_of(runs: Sequence[Run]) -> dict[str, Any]:
    """Return the median of each figure over a program's repetitions, and every repetition's events/s."""
    figures: dict[str, Any] = {"repetitions": len(runs), "events_per_s_of_each": [run.events_per_s for run in runs]}
    for name, value in asdict(runs[0]).items():
        if name != "program":
            figures[name] = statistics.median(getattr(run, name) for run in runs) if len(runs) > 1 else value
    return figures
