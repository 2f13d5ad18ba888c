"""A broker that is frozen, or gone, for longer than every timeout: the worker waits for it, and goes on as it was."""

import asyncio
import gc
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.processors.scene import Scene
from tests.faults.processors.worker import WorkerProcess
from tests.support.outage import How, OwnBroker
from tests.support.polling import until

AWAY_S = float(os.environ.get("RECIBO_OUTAGE_S", "45"))
"""Longer than `send_batch` waits (40 s), and than the watchdog of this test."""
WATCHDOG_MS = 15_000


async def until_it_says_that_kafka_is_away(worker: WorkerProcess) -> None:
    """Wait for `/readyz` to name the reason."""

    async def says_so() -> bool:
        return "Kafka has not answered" in worker.readiness()

    await until(says_so, "/readyz to say that Kafka is away", s_max=30)


async def check_that_it_waits(how: How, broker: OwnBroker, worker: WorkerProcess, scene: Scene) -> None:
    """Let Kafka be away in the middle of traffic, and compare everything once it is back."""
    await scene.append(scene.traffic.records(3000))
    worker.start({"RECIBO_PROCESSORS_OLDEST_BATCH_AGE_MS_MAX": str(WATCHDOG_MS)})
    await scene.until_done()
    await scene.append(scene.traffic.records(20_000))
    pid, recovered = worker.pid(), worker.metric("recibo_processors_recovered_states_total")
    broker.begin(how)
    await until_it_says_that_kafka_is_away(worker)

    async def has_ended() -> bool:
        return not worker.is_running()

    with pytest.raises(TimeoutError):
        await until(has_ended, "the worker to end, which it must not", s_max=AWAY_S)
    broker.end(how)
    await scene.until_done()
    assert (worker.pid(), worker.is_running()) == (pid, True), worker.log_tail()
    assert worker.metric("recibo_processors_paused_partitions") == 0
    assert worker.metric("recibo_processors_recovered_states_total") == recovered, "caches are kept"
    assert worker.end() == 0, worker.log_tail()
    await scene.check_finished()
    assert scene.findings.differences == []


@pytest.mark.chaos
@pytest.mark.timeout(400)
@pytest.mark.parametrize("how", ["paused", "away"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the test's own clients lost a broker
async def test_the_worker_waits_for_kafka(how: How, tmp_path: Path) -> None:
    """In the middle of traffic Kafka is away; the same process finishes exactly, with nothing recovered again."""
    broker = OwnBroker(tmp_path)
    broker.start()
    scene = Scene(broker.address, seed=61, partitions=2)
    worker = WorkerProcess(broker.address, tmp_path / "data", scene.generation)
    try:
        await scene.__aenter__()
        await check_that_it_waits(how, broker, worker, scene)
    finally:
        if worker.is_running():
            worker.end(signal.SIGKILL)
        with suppress(asyncio.CancelledError):  # from within its consumers, whose fetches were cut off
            await scene.__aexit__(None, None, None)
        broker.stop()
        gc.collect()
