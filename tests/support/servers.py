"""The real servers that tests run against: Kafka and ClickHouse, in containers where a Docker engine answers,
else the local stack's own processes.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from testcontainers.community.clickhouse import ClickHouseContainer
from testcontainers.community.kafka import KafkaContainer

from deploy.local.broker import broker_program
from deploy.local.engine import clickhouse_program
from deploy.local.engine_access import USER, ensure_password
from runtime.clickhouse.client import password_of
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.ports import HOST, free_port
from runtime.programs import CHECKOUT
from runtime.supervisor import Child, Program

CACHE = CHECKOUT / ".recibo" / "cache"
KAFKA_IMAGE = "confluentinc/cp-kafka:8.1.0"
CLICKHOUSE_IMAGE = "clickhouse/clickhouse-server:26.8"
GIVEN_CLICKHOUSE = os.environ.pop("CLICKHOUSE_URL", "")
"""A server that the tests of the engine run against (`make test CLICKHOUSE_URL=…`). What tests start reads no such variable."""
_READY_S_MAX = 90.0


@contextmanager
def kafka_server() -> Iterator[str]:
    """Run a broker with no data; yields its bootstrap address."""
    if docker_answers():
        container = KafkaContainer(KAFKA_IMAGE).with_kraft().with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
        with container:
            yield container.get_bootstrap_server()
        return
    port = free_port()
    with _scratch() as folder, running(broker_program(folder / "kafka", CACHE, port, starts_fast=True), folder):
        yield f"{HOST}:{port}"


@contextmanager
def auto_creating_kafka_server() -> Iterator[str]:
    """Run a broker that creates a missing topic when it is asked for, as Kafka does by default."""
    port = free_port()
    with _scratch() as folder:
        program = broker_program(folder / "kafka", CACHE, port, starts_fast=True, creates_topics=True)
        with running(program, folder):
            yield f"{HOST}:{port}"


@contextmanager
def clickhouse_server() -> Iterator[str]:
    """Run an empty ClickHouse, unless one is given; yields the URL of its HTTP interface, credentials included."""
    if GIVEN_CLICKHOUSE:
        yield GIVEN_CLICKHOUSE
        return
    if docker_answers():
        with ClickHouseContainer(CLICKHOUSE_IMAGE, port=8123) as container:
            address = f"{container.get_container_host_ip()}:{container.get_exposed_port(8123)}"
            yield f"http://{container.username}:{container.password}@{address}"
        return
    port = free_port()
    with _scratch() as folder, running(clickhouse_program(folder / "clickhouse", port), folder):
        yield local_url(folder / "clickhouse", port)


def local_url(directory: Path, port: int) -> str:
    """Return the URL of the local engine with its data in `directory`, credentials included."""
    return f"http://{USER}:{ensure_password(directory).read_text().strip()}@{HOST}:{port}"


def url_of(clickhouse: ClickHouseSettings) -> str:
    """Return the URL of an engine that settings lead to, credentials included."""
    parts = urlsplit(clickhouse.url)
    if parts.username:
        return clickhouse.url
    who = f"{clickhouse.username}:{password_of(clickhouse)}"
    return parts._replace(netloc=f"{who}@{parts.netloc}").geturl()


@contextmanager
def running(program: Program, log_folder: Path) -> Iterator[Child]:
    """Run a program of the local stack, ready when this is entered, ended when it is left."""
    child = Child(program, log_folder / f"{program.name}.log")
    with ExitStack() as ending:
        ending.callback(child.stop)
        child.start()
        child.wait_ready(_READY_S_MAX)
        yield child


@cache
def docker_answers() -> bool:
    """Return whether a Docker engine runs here."""
    if shutil.which("docker") is None:
        return False
    asked = subprocess.run(["docker", "version", "--format", "{{.Server.Version}}"], capture_output=True, check=False)
    return asked.returncode == 0


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="recibo-test-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


needs_local = pytest.mark.skipif(
    docker_answers(), reason="about the local process; here ClickHouse runs in a container"
)
