"""Workers that are started again when they end, as any deployment would."""

import logging
from collections.abc import Mapping

from tests.faults.processors.scene import Scene
from tests.faults.processors.worker import WorkerProcess
from tests.support.polling import until

log = logging.getLogger(__name__)


class Supervised:
    """Starts what ended again, and counts how often."""

    def __init__(self, scene: Scene, environ: Mapping[str, str], *workers: WorkerProcess) -> None:
        self._scene = scene
        self._environ = environ
        self._workers = workers
        self.deaths: list[str] = []

    async def until_ready(self) -> None:
        """Wait until all of them have partitions and their state."""

        async def all_ready() -> bool:
            self._start_ended()
            return all(worker.is_ready() for worker in self._workers)

        await until(all_ready, "the workers to be ready", s_max=90)

    async def until_taken_over(self) -> None:
        """Wait until every partition moved on from where it is now."""
        known = await self._scene.committed()
        ends = {partition: known.get(partition, 0) + 1 for partition in await self._scene.ends()}

        async def all_moved() -> bool:
            self._start_ended()
            done = await self._scene.committed()
            return all(done.get(partition, 0) >= end for partition, end in ends.items())

        await until(all_moved, "every partition to move on", s_max=90)

    async def until_done(self) -> None:
        """Wait until all of the raw log is committed."""

        async def all_done() -> bool:
            self._start_ended()
            return await self._scene.done()

        await until(all_done, "all to be committed", s_max=90)

    def end(self) -> None:
        """End those that run, as `recibo` would."""
        for worker in self._workers:
            if worker.is_running():
                worker.end()

    def _start_ended(self) -> None:
        for worker in self._workers:
            if not worker.is_running():
                if worker.code() is not None:
                    self.deaths.append(f"{worker.name}: exit code {worker.code()}")
                    log.info("%s\n%s", self.deaths[-1], worker.log_tail(3))
                worker.start(self._environ)
