"""Two and three workers share the partitions under load; one is killed, one comes: exact, and the stall is measured."""

import asyncio
import logging
import signal
import time

import pytest

from tests.faults.processors.scene import Scene
from tests.faults.processors.supervised import Supervised
from tests.integration.processors.conftest import MakeWorker

log = logging.getLogger(__name__)

SETTINGS = {
    "RECIBO_PROCESSORS_SESSION_TIMEOUT_MS": "10000",
    "RECIBO_PROCESSORS_BATCH_RECORDS_MAX": "500",
    "RECIBO_PROCESSORS_COMMIT_INTERVAL_MS": "100",
}
STALL_S_MAX = 60.0


class Load:
    """Appends steadily, and watches each partition for the longest time without progress while it had work."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._idle_since: dict[int, tuple[int, float]] = {}
        self.stall_s: dict[int, float] = {}

    async def run(self) -> None:
        """Append and watch until cancelled."""
        while True:
            await self._scene.append(self._scene.traffic.records(200))
            now = time.monotonic()
            for partition, done in (await self._scene.committed()).items():
                known, since = self._idle_since.get(partition, (-1, now))
                if done > known:
                    self._idle_since[partition] = (done, now)
                    since = now
                self.stall_s[partition] = max(self.stall_s.get(partition, 0.0), now - since)
            await asyncio.sleep(0.05)


@pytest.mark.chaos
@pytest.mark.timeout(600)
async def test_killed_and_added_under_load(kafka_bootstrap: str, make_worker: MakeWorker) -> None:
    """Workers join, die by SIGKILL, leave for good and come again while records arrive; all comes out exactly."""
    async with Scene(kafka_bootstrap, seed=31, partitions=4) as scene:
        scene.findings.in_order = False
        one, two, three = (make_worker(scene, name) for name in ("one", "two", "three"))
        load = Load(scene)
        pair, trio = Supervised(scene, SETTINGS, one, two), Supervised(scene, SETTINGS, one, two, three)
        feeding = None
        try:
            await pair.until_ready()
            feeding = asyncio.create_task(load.run())
            await pair.until_taken_over()
            load.stall_s.clear()
            two.end(signal.SIGKILL)  # started again at once: static membership, no rebalance
            await pair.until_taken_over()
            log.info("stall, one of two killed and started again: %.1f s", max(load.stall_s.values()))
            load.stall_s.clear()
            await trio.until_ready()
            await trio.until_taken_over()
            log.info("stall, a third one joining: %.1f s", max(load.stall_s.values()))
            load.stall_s.clear()
            three.end(signal.SIGKILL)  # and stays away: its partitions wait for its session to end
            await pair.until_taken_over()
            log.info("stall, one of three killed for good: %.1f s", max(load.stall_s.values()))
            assert max(load.stall_s.values()) < STALL_S_MAX
            feeding.cancel()
            await pair.until_done()
        finally:
            if feeding is not None:
                feeding.cancel()
            trio.end()
        await scene.check_finished()
        assert not scene.findings.differences, "\n".join(scene.findings.differences)
        deaths = pair.deaths + trio.deaths
        assert not any(death.endswith("exit code 1") for death in deaths), deaths  # a rebalance stops nobody
