"""A worker that was paused past its session, and goes on when another has its partitions, harms nothing."""

import logging
import signal
from pathlib import Path

import pytest

from tests.crash.scene import Scene
from tests.crash.worker import WorkerProcess
from tests.polling import until

log = logging.getLogger(__name__)

SETTINGS = {
    "RECIBO_PROCESSORS_SESSION_TIMEOUT_MS": "6000",
    "RECIBO_PROCESSORS_BATCH_RECORDS_MAX": "200",
    "RECIBO_PROCESSORS_COMMIT_INTERVAL_MS": "50",
    "RECIBO_PROCESSORS_PRODUCE_BYTES_MAX": "20000",
}
PAUSES = ("fetched:4", "state_sent:4", "state_acknowledged:4", "outputs_sent:4", "store_written:4", "committed:1")
DEATHS_MAX = 4
"""Leaving on purpose is allowed, going round in circles is not."""


class Supervised:
    """Workers that are started again when they end, as any deployment would."""

    def __init__(self, scene: Scene, *workers: WorkerProcess) -> None:
        self._scene = scene
        self._workers = workers
        self.deaths: list[str] = []

    async def until_ready(self) -> None:
        """Wait until all of them have partitions and their state."""

        async def all_ready() -> bool:
            self._start_ended()
            return all(worker.is_ready() for worker in self._workers)

        await until(all_ready, "the workers to be ready", seconds_max=90)

    async def until_done(self) -> None:
        """Wait until all of the raw log is committed."""

        async def all_done() -> bool:
            self._start_ended()
            return await self._scene.done()

        await until(all_done, "all to be committed", seconds_max=90)

    def _start_ended(self) -> None:
        for worker in self._workers:
            if not worker.is_running():
                self.deaths.append(f"{worker.name}: exit code {worker.code()}")
                log.info("%s\n%s", self.deaths[-1], worker.log_tail(3))
                worker.start(SETTINGS)


@pytest.mark.chaos
@pytest.mark.timeout(600)
@pytest.mark.parametrize("pause_at", PAUSES)
async def test_paused_past_its_session(pause_at: str, kafka_bootstrap: str, tmp_path: Path) -> None:
    """Wherever it was paused, its late writes change no state and no value, and lose nothing."""
    async with Scene(kafka_bootstrap, seed=21, partitions=4) as scene:
        scene.findings.in_order = False  # two workers may write the same values
        paused = WorkerProcess(kafka_bootstrap, tmp_path / "a", scene.generation, "a")
        other = WorkerProcess(kafka_bootstrap, tmp_path / "b", scene.generation, "b")
        workers = Supervised(scene, paused, other)
        try:
            paused.start(SETTINGS, crash_at=pause_at, module=("tests.crash.pausing_worker",))
            other.start(SETTINGS)
            await workers.until_ready()
            await scene.append(scene.traffic.records(6000))

            async def is_paused() -> bool:
                return paused.is_paused()

            await until(is_paused, f"the worker to pause at {pause_at}", seconds_max=60)
            await scene.append(scene.traffic.records(2000))
            await workers.until_done()  # the other one took its partitions, and finished their work
            paused.send(signal.SIGCONT)
            for _ in range(2):
                await scene.append(scene.traffic.records(2000))
                await workers.until_done()
                await workers.until_ready()
        finally:
            for worker in (paused, other):
                if worker.is_running():
                    worker.end()
        await scene.check_finished()
        assert not scene.findings.differences, "\n".join(scene.findings.differences)
        assert len(workers.deaths) <= DEATHS_MAX, workers.deaths
