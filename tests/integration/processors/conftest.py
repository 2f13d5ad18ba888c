"""Fixtures of the processors' tests: workers that end with their test, whatever happened."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.processors.scene import Scene
from tests.faults.processors.worker import WorkerProcess
from tests.support.polling import until
from tests.support.servers import kafka_server


async def until_held(worker: WorkerProcess, count: int) -> None:
    """Wait until a worker says that it holds back so many keys; it counts every second."""

    async def says_so() -> bool:
        return worker.metric("recibo_processors_held_keys") == count

    await until(says_so, f"{count} held keys")


MakeWorker = Callable[..., WorkerProcess]


@pytest.fixture(scope="package")
def kafka_bootstrap() -> Iterator[str]:
    """The bootstrap address of a broker that only this folder's tests use: they choose its partition counts."""
    with kafka_server() as bootstrap_servers:
        yield bootstrap_servers


@pytest.fixture
def make_worker(tmp_path: Path) -> Iterator[MakeWorker]:
    """A function that makes a worker of a scene (option: its name), not started."""
    made: list[WorkerProcess] = []

    def make(scene: Scene, name: str = "0") -> WorkerProcess:
        made.append(WorkerProcess(scene.bootstrap, tmp_path / f"data-{name}", scene.generation, name))
        return made[-1]

    yield make
    for worker in made:
        if worker.is_running():
            worker.end(signal.SIGKILL)
