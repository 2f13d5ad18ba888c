"""Kills a worker again and again at named points of its work, and compares what is left with the truth.

A round appends records, starts the worker armed, waits until it killed itself (or had nothing left to do: then the
point was not reached, and is counted so), and looks at the topics: nothing may be published that was not written
ahead, nothing committed that has no outcome. Now and then an unarmed worker finishes; then all must be true.
"""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from processors.crash_points import POINTS
from tests.faults.processors.scene import Scene, WorkerFailed
from tests.faults.processors.worker import WorkerProcess


@dataclass(frozen=True, slots=True)
class Round:
    """What one round does."""

    point: str
    nth: int
    records: int
    environ: Mapping[str, str]
    lose_disk: bool = False
    leap: bool = False
    """Finish what there is and let all states expire first, so that the sweep has work."""


@dataclass(slots=True)
class Report:
    """What a run counted."""

    rounds: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    not_reached: Counter[str] = field(default_factory=Counter)
    disks_lost: int = 0
    checks: int = 0


class Harness:
    """One run: a scene of its own, one worker, many deaths."""

    def __init__(
        self,
        bootstrap: str,
        folder: Path,
        *,
        seed: int,
        partitions: int = 3,
        records: int = 2000,
        module: Sequence[str] = ("processors",),
    ) -> None:
        """Prepare a run.

        Args:
            bootstrap: the broker.
            folder: where the worker keeps its state and its log.
            seed: of traffic and rounds.
            partitions: of every topic.
            records: of a round, about.
            module: the worker's module and arguments.
        """
        self.rnd = random.Random(seed)
        self.report = Report()
        self.scene = Scene(bootstrap, seed=seed, partitions=partitions)
        self.findings = self.scene.findings
        self.worker = WorkerProcess(bootstrap, folder / "data", self.scene.generation)
        self._records = records
        self._module = module

    async def __aenter__(self) -> Self:
        await self.scene.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        if self.worker.is_running():
            self.worker.end(signal.SIGKILL)
        await self.scene.__aexit__(*error)

    def plan(self, points: Sequence[str] = POINTS) -> Round:
        """Choose a round."""
        rnd = self.rnd
        point = rnd.choice(points)
        batch = rnd.choice((50, 200, 1000))
        batches = max(1, self._records // batch)
        nth = 1 if point in ("revoke", "recovery", "committed", "sweep") else rnd.randint(1, batches)
        environ = {
            "RECIBO_PROCESSORS_BATCH_RECORDS_MAX": str(batch),
            "RECIBO_PROCESSORS_COMMIT_INTERVAL_MS": str(rnd.choice((20, 100, 500))),
            "RECIBO_PROCESSORS_PRODUCE_BYTES_MAX": str(rnd.choice((3_000, 30_000, 1_000_000))),
            "RECIBO_PROCESSORS_HOT_STATES_BYTES": str(rnd.choice((1, 268_435_456))),
            "RECIBO_PROCESSORS_SWEEP_SHARE_MAX": "1",  # a leap over the horizon ends all of them at once
        }
        if point == "sweep":
            environ["RECIBO_PROCESSORS_SWEEP_INTERVAL_S"] = "0"
        lose_disk = rnd.random() < (0.6 if point == "recovery" else 0.15)
        return Round(point, nth, self._records, environ, lose_disk, leap=point == "sweep" or rnd.random() < 0.02)

    async def round(self, plan: Round) -> bool:
        """Do one round; return whether the worker killed itself at the point."""
        if plan.leap:
            await self.finish()
            self.scene.traffic.leap()
            self.findings.leap()
        if plan.lose_disk:
            self.worker.lose_disk()
            self.report.disks_lost += 1
        await self.scene.append(self.scene.traffic.records(plan.records))
        self.worker.start(plan.environ, crash_at=f"{plan.point}:{plan.nth}", module=self._module)
        await self.scene.until_ended_or_done(self.worker)
        if self.worker.is_running():
            self.worker.end()
        self.report.rounds += 1
        reached = self.worker.killed_itself()
        (self.report.kills if reached else self.report.not_reached)[plan.point] += 1
        if not reached and self.worker.code() != 0:
            raise WorkerFailed(f"exit code {self.worker.code()}, not a kill: {self.worker.log_tail()}")
        await self.scene.look()
        return reached

    async def finish(self) -> None:
        """Let an unarmed worker do what is left, and compare everything with the truth."""
        if not await self.scene.done():
            self.worker.start(module=self._module)
            await self.scene.until_ended_or_done(self.worker)
            if self.worker.end() != 0:
                raise WorkerFailed(f"exit code {self.worker.code()} without being killed: {self.worker.log_tail()}")
        await self.scene.check_finished()
        self.report.checks += 1


async def run(
    harness: Harness,
    rounds: int,
    check_every: int,
    say: Callable[[str], None],
    note: Callable[[int, int], None] = lambda *_: None,
) -> None:
    """Do `rounds` random rounds, finishing and comparing every `check_every` and at the end.

    Args:
        harness: of the run.
        rounds: how many.
        check_every: rounds between full comparisons.
        say: called with a sentence about each round.
        note: called after each round with its number and the differences so far.
    """
    started = time.monotonic()
    for number in range(1, rounds + 1):
        plan = harness.plan()
        reached = await harness.round(plan)
        if number % check_every == 0 or number == rounds:
            await harness.finish()
        found = harness.findings
        note(number, found.difference_count)
        say(
            f"round {number}/{rounds} {plan.point}:{plan.nth} {'killed' if reached else 'NOT REACHED'} "
            f"{found.records} records, {found.reemitted} emitted again, {found.difference_count} differences, "
            f"{time.monotonic() - started:.0f} s"
        )
        await asyncio.sleep(0)


def summary(harness: Harness) -> dict[str, Any]:
    """Return the run's figures."""
    report, found = harness.report, harness.findings
    return {
        "rounds": report.rounds,
        "kills": sum(report.kills.values()),
        "kills_by_point": {point: report.kills[point] for point in POINTS},
        "not_reached": dict(report.not_reached),
        "disks_lost": report.disks_lost,
        "checks": report.checks,
        "records": found.records,
        "emitted_again": found.reemitted,
        "outcomes": found.truth.outcomes,
        "states": len(found.truth.states),
        "differences": found.difference_count,
    }
