"""The processors are a Faust application: Faust's own command runs them."""

import signal
from pathlib import Path

from tests.faults.processors.scene import Scene
from tests.integration.processors.conftest import MakeWorker, until_ready


async def test_fausts_own_command_runs_a_worker(kafka_bootstrap: str, make_worker: MakeWorker, tmp_path: Path) -> None:
    """`faust -A processors.app worker` folds the log exactly, is ready, and drains on SIGTERM."""
    async with Scene(kafka_bootstrap, seed=21) as scene:
        await scene.append(scene.traffic.records(400))
        worker = make_worker(scene)
        worker.start(module=("faust", "-A", "processors.app", "worker", "--without-web"))
        await until_ready(worker)
        await scene.until_done()
        assert worker.end(signal.SIGTERM) == 0, worker.log_tail()
        await scene.check_finished()
        assert scene.findings.differences == []
