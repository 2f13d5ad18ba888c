"""The programs that are compared: how each is run, and where it writes."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from runtime.ports import free_port
from runtime.programs import CHECKOUT
from schemas.topics import RAW, Topic, Topics, declared
from tests.bench.cluster import PARTITIONS, Cluster
from tests.bench.peers.environments import PEERS, kafka_streams_classpath, quix_python
from tests.bench.peers.task import Task
from tests.bench.program import Program
from tests.support.servers import CACHE

CORES = len(os.sched_getaffinity(0))
_JAVA_HEAP_MB = 2048
_OUTPUT_CONFIG = {"cleanup.policy": "delete", "max.message.bytes": str(4 * 1024 * 1024)}


def recibo(cluster: Cluster, number: int, workers: int = 1) -> Program:
    """Return our processors as shipped, all crash safety on; run `number` is a generation of its own.

    Args:
        cluster: where.
        number: of the run.
        workers: processes; Python runs on one core in each.
    """
    topics = Topics(number)
    data_dir = cluster.folder / f"recibo-{number}"
    data_dir.mkdir(exist_ok=True)
    return Program(
        "recibo",
        (sys.executable, "-m", "processors"),
        data_dir,
        f"recibo-processors-g{number}",
        topics.message_state,
        (topics.message_events, topics.set_aside),
        {
            "KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrap,
            "RECIBO_CONFIG": str(data_dir / "recibo.toml"),
            "RECIBO_DATA_DIR": str(data_dir),
            "RECIBO_REPAIR_GENERATION": str(number),
            "RECIBO_GENERATION": str(number),  # what commits before the topic `deployment` read
            "RECIBO_PROCESSORS_WORKERS": str(workers),
            "RECIBO_PROCESSORS_METRICS_PORT": str(free_port()),
            "PYTHONPATH": f"{PEERS / 'announcing'}:{CHECKOUT}",
        },
    )


def kafka_streams(cluster: Cluster, number: int, threads: int) -> Program:
    """Return Kafka Streams with a number of stream threads."""
    command = ("java", f"-Xmx{_JAVA_HEAP_MB}m", "-XX:+UseParallelGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
    classpath = kafka_streams_classpath(CACHE / "bench")
    task = _task(cluster, f"kafka-streams-{threads}-{number}", threads)
    return _peer(f"kafka_streams_{threads}", (*command, "-cp", classpath, "Peer"), task, f"{task.app}-state-changelog")


def quix_streams(cluster: Cluster, number: int) -> Program:
    """Return Quix Streams."""
    task = _task(cluster, f"quix-streams-{number}")
    command = (str(quix_python(CACHE / "bench")), "-m", "tests.bench.peers.quix_streams")
    return _peer("quix_streams", command, task, f"changelog__{task.app}--{RAW}--default")


def stock_faust(cluster: Cluster, number: int) -> Program:
    """Return Faust as it comes."""
    task = _task(cluster, f"stock-faust-{number}")
    command = (sys.executable, "-m", "tests.bench.peers.stock_faust")
    return _peer("stock_faust", command, task, f"{task.app}-state-changelog")


def limit(cluster: Cluster, number: int) -> Program:
    """Return the limit: consume and parse, nothing else."""
    task = _task(cluster, f"limit-{number}")
    return Program(
        "limit", (sys.executable, "-m", "tests.bench.peers.limit"), Path(task.folder), task.app, environ=task.environ()
    )


Make = Callable[[Cluster, int], Program]
"""Makes a program for the run of that number; a number is used once."""

PROGRAMS: dict[str, Make] = {
    "recibo": lambda cluster, number: recibo(cluster, number, min(CORES, PARTITIONS)),
    "recibo_1": recibo,
    "kafka_streams_1": lambda cluster, number: kafka_streams(cluster, number, 1),
    "kafka_streams_2": lambda cluster, number: kafka_streams(cluster, number, 2),
    "quix_streams": quix_streams,
    "stock_faust": stock_faust,
    "limit": limit,
}
"""The programs compared, by name."""


def topics_of(program: Program, number: int) -> tuple[Topic, ...]:
    """Return the topics to create before a program runs; the peers make their changelogs themselves."""
    if program.group.startswith("recibo"):
        return tuple(topic for topic in declared(Topics(number)) if topic.name.endswith(f".g{number}"))
    return tuple(Topic(name, dict(_OUTPUT_CONFIG)) for name in program.outputs)


def _task(cluster: Cluster, app: str, threads: int = 1) -> Task:
    folder: Path = cluster.folder / app
    folder.mkdir()
    return Task(cluster.bootstrap, app, RAW, f"{app}.events", f"{app}.set_aside", str(folder), str(threads))


def _peer(name: str, command: tuple[str, ...], task: Task, state: str) -> Program:
    return Program(name, command, Path(task.folder), task.app, state, (task.events, task.set_aside), task.environ())
