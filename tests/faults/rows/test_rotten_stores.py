"""A worker whose store's bytes rotted: states, outcomes and commits stay those of the truth."""

import signal
from pathlib import Path

import pytest

from tests.faults.matrix.size import first_seed, rounds
from tests.faults.means.flipped_bits import flip_bits
from tests.faults.processors.scene import Scene
from tests.faults.processors.worker import WorkerProcess
from tests.support.servers import kafka_server

RECORDS = 1_500


@pytest.mark.long_fault
@pytest.mark.timeout(600)
async def test_a_rotten_store_is_rebuilt_and_nothing_is_wrong(tmp_path: Path) -> None:
    """Bits flip in the files of a stopped worker's stores, round after round: it rebuilds them, and everything is right."""
    with kafka_server() as bootstrap:
        async with Scene(bootstrap, seed=first_seed()) as scene:
            worker = WorkerProcess(bootstrap, tmp_path / "data", scene.generation)
            try:
                for number in range(rounds(3)):
                    await scene.append(scene.traffic.records(RECORDS))
                    for _ in range(4):  # a store that is found rotten in use ends the worker, as it should
                        if not worker.is_running():
                            worker.start()
                        await scene.until_ended_or_done(worker)
                        if await scene.done():
                            break
                    await scene.until_done()
                    worker.end(signal.SIGTERM)  # only a store that was closed has files: there is no write-ahead log
                    flip_bits((tmp_path / "data").rglob("*.sst"), 6, seed=number)
                await scene.check_finished()
                assert scene.findings.differences == []
            finally:
                if worker.is_running():
                    worker.end(signal.SIGKILL)
