"""A deployment that the tests of sends share."""

import asyncio
import time
import uuid
from collections.abc import Iterator

import httpx
import pytest

from operations.generation import settle
from projections.clickhouse.migrate import migrate
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.settings import KafkaSettings
from runtime.ports import HOST
from tests.integration.projections.test_projector import projector
from tests.support.databases import Databases
from tests.support.sends_deployment import SendsDeployment


@pytest.fixture(scope="session")
def deployment(
    clickhouse_url: str, kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SendsDeployment]:
    """Topics, databases and a projector that tests share."""
    name = f"sends{uuid.uuid4().hex[:8]}"
    client = connect(ClickHouseSettings(clickhouse_url))
    databases = Databases(client, clickhouse_url, f"{name}_store", name)
    migrate(client, databases.store, views_database=name)
    kafka = KafkaSettings(kafka_bootstrap, topic_prefix=f"{name}.", raw_timestamps="CreateTime")
    asyncio.run(settle(kafka, 4, tmp_path_factory.mktemp("data"), {}))
    made = SendsDeployment(databases, kafka_bootstrap, f"{name}.")
    with projector(databases, kafka_bootstrap, **made.environ) as (_process, port):
        wait_until_it_reads(port)
        yield made
    for database in (name, f"{name}_numbers", f"{name}_bi", databases.store):
        client.command(f"DROP DATABASE {database} SYNC")
    client.close()


def wait_until_it_reads(port: int) -> None:
    """Return once a projector reads its topics: on a slow machine it starts for longer than a command waits for rows."""
    deadline = time.monotonic() + 120
    while True:
        try:
            if httpx.get(f"http://{HOST}:{port}/readyz", timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            pass
        assert time.monotonic() < deadline, "the projector is not ready"
        time.sleep(0.1)


@pytest.fixture
def line(deployment: SendsDeployment, fresh_name: str) -> SendsDeployment:
    """The deployment, with an account of the test's own."""
    deployment.account = fresh_name
    return deployment
