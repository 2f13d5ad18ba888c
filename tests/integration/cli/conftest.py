"""A deployment that the tests of sends share."""

import asyncio
import uuid
from collections.abc import Iterator

import pytest

from operations.generation import settle
from projections.clickhouse.migrate import migrate
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.settings import KafkaSettings
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
    with projector(databases, kafka_bootstrap, **made.environ):
        yield made
    for database in (name, f"{name}_numbers", f"{name}_bi", databases.store):
        client.command(f"DROP DATABASE {database} SYNC")
    client.close()


@pytest.fixture
def line(deployment: SendsDeployment, fresh_name: str) -> SendsDeployment:
    """The deployment, with an account of the test's own."""
    deployment.account = fresh_name
    return deployment
