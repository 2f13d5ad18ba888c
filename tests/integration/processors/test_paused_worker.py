"""A worker that was paused past its session, and resumes when another has its partitions, harms nothing."""

import signal

import pytest

from tests.faults.processors.scene import Scene
from tests.faults.processors.supervised import Supervised
from tests.integration.processors.conftest import MakeWorker
from tests.support.polling import until

SETTINGS = {
    "RECIBO_PROCESSORS_SESSION_TIMEOUT_MS": "6000",
    "RECIBO_PROCESSORS_BATCH_RECORDS_MAX": "200",
    "RECIBO_PROCESSORS_COMMIT_INTERVAL_MS": "50",
    "RECIBO_PROCESSORS_PRODUCE_BYTES_MAX": "20000",
}
IN_EVERY_RUN = "outputs_sent:4"
"""Each takes most of a minute, waiting for a session to end: one is part of `make test`, all of `make faults`."""
LONG = ("fetched:4", "state_sent:4", "state_acknowledged:4", "store_written:4", "committed:1")
DEATHS_MAX = 4
"""Leaving on purpose is allowed, going round in circles is not."""


@pytest.mark.chaos
@pytest.mark.timeout(600)
@pytest.mark.parametrize("pause_at", [IN_EVERY_RUN, *(pytest.param(p, marks=pytest.mark.long_fault) for p in LONG)])
async def test_paused_past_its_session(pause_at: str, kafka_bootstrap: str, make_worker: MakeWorker) -> None:
    """Wherever it was paused, its late writes change no state and no value, and lose nothing."""
    async with Scene(kafka_bootstrap, seed=21, partitions=4) as scene:
        scene.findings.in_order = False  # two workers may write the same values
        paused = make_worker(scene, "a")
        other = make_worker(scene, "b")
        workers = Supervised(scene, SETTINGS, paused, other)
        try:
            paused.start(SETTINGS, crash_at=pause_at, module=("tests.faults.processors.pausing_worker",))
            other.start(SETTINGS)
            await workers.until_ready()
            await scene.append(scene.traffic.records(6000))

            async def is_paused() -> bool:
                return paused.is_paused()

            await until(is_paused, f"the worker to pause at {pause_at}", s_max=60)
            await scene.append(scene.traffic.records(2000))
            await workers.until_done()  # the other one took its partitions, and finished their work
            paused.send(signal.SIGCONT)
            for _ in range(2):
                await scene.append(scene.traffic.records(2000))
                await workers.until_done()
                await workers.until_ready()
        finally:
            workers.end()
        await scene.check_finished()
        assert not scene.findings.differences, "\n".join(scene.findings.differences)
        assert len(workers.deaths) <= DEATHS_MAX, workers.deaths
