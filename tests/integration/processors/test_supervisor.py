"""Several workers of one supervisor."""

import signal
import time

import httpx

from runtime.ports import HOST
from tests.faults.processors.scene import Scene
from tests.faults.processors.worker import WorkerProcess
from tests.integration.processors.conftest import MakeWorker
from tests.support.polling import until
from tests.support.processes import children_of, lives


def is_ready(port: int) -> bool:
    """Return whether a worker answers on its own port that it is ready."""
    try:
        answer = httpx.get(f"http://{HOST}:{port}/readyz")
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK and answer.json() == {
        "status": "ready",
        "stage": "processors",
        "why": [],
    }


async def start_two(supervisor: WorkerProcess) -> list[int]:
    """Start a supervisor of two workers, and return them once both are ready."""
    supervisor.start({"RECIBO_PROCESSORS_WORKERS": "2"})
    ports = [supervisor.metrics_port, supervisor.metrics_port + 1]

    async def both_ready() -> bool:
        assert supervisor.is_running(), supervisor.log_tail()
        return all(map(is_ready, ports))

    await until(both_ready, "two workers to be ready", s_max=90)
    return children_of(supervisor.pid())


async def test_two_workers_fold_and_stop_together(kafka_bootstrap: str, make_worker: MakeWorker) -> None:
    """Worker i is ready on the metrics port + i; both fold the log exactly, and drain on SIGTERM with code 0."""
    async with Scene(kafka_bootstrap, seed=41, partitions=4) as scene:
        supervisor = make_worker(scene)
        workers = await start_two(supervisor)
        assert len(workers) == 2
        await scene.append(scene.traffic.records(400))
        await scene.until_done()
        assert supervisor.end(signal.SIGTERM) == 0, supervisor.log_tail()
        assert not any(map(lives, workers))
        await scene.check_finished()
        assert scene.findings.differences == []


async def test_a_killed_supervisor_takes_its_workers_along(kafka_bootstrap: str, make_worker: MakeWorker) -> None:
    """Two seconds after the supervisor is killed by -9 no worker lives."""
    async with Scene(kafka_bootstrap, seed=42, partitions=4) as scene:
        supervisor = make_worker(scene)
        workers = await start_two(supervisor)
        begun = time.monotonic()
        supervisor.end(signal.SIGKILL)

        async def all_gone() -> bool:
            return not any(map(lives, workers))

        await until(all_gone, "the workers to end", s_max=2)
        assert time.monotonic() - begun < 3
