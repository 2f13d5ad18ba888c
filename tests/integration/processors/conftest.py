"""Fixtures of the processors' tests: workers that end with their test, whatever happened."""

import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from runtime.kafka.topic_check import find_topics
from tests.faults.processors.scene import Scene
from tests.faults.processors.worker import WorkerProcess
from tests.support.polling import until
from tests.support.servers import kafka_server


async def until_held(worker: WorkerProcess, count: int) -> None:
    """Wait until a worker says that it holds back so many keys; it counts every second."""

    async def says_so() -> bool:
        return worker.metric("recibo_processors_held_keys") == count

    await until(says_so, f"{count} held keys")


async def until_ready(worker: WorkerProcess) -> None:
    """Wait until a worker has its partitions and their state: topics are held to what is declared before that."""

    async def says_so() -> bool:
        assert worker.is_running(), worker.log_tail()
        return worker.is_ready()

    await until(says_so, "readiness", s_max=60)


async def alter_topics(admin: AIOKafkaAdminClient, names: Sequence[str], config: dict[str, str]) -> None:
    """Give topics other settings than are declared, as somebody may while a worker runs: one that starts refuses them."""
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, config) for name in names])

    async def in_force() -> bool:
        return all(config.items() <= found.own_config.items() for found in (await find_topics(admin, names)).values())

    await until(in_force, "the altered settings")


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
