"""Fixtures for all tests: one broker and one ClickHouse a session, and fresh topics and databases a test."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import clickhouse_connect
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck, settings

from operations.topics import wait_for_leaders
from tests.support.needs import (
    pytest_collection_modifyitems,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
)
from tests.support.servers import clickhouse_server, kafka_server

__all__ = [
    "pytest_collection_modifyitems",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_testnodedown",
]

# How fast a machine makes inputs says nothing about the product: a loaded one would fail a sound test.
settings.register_profile("any machine", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("any machine")

MakeTopic = Callable[..., Awaitable[str]]


@pytest.fixture(scope="session")
def kafka_bootstrap() -> Iterator[str]:
    """The bootstrap address of a broker that all tests of the session share."""
    with kafka_server() as bootstrap_servers:
        yield bootstrap_servers


@pytest.fixture(scope="session")
def clickhouse_url() -> Iterator[str]:
    """The HTTP URL of a ClickHouse that all tests of the session share."""
    with clickhouse_server() as url:
        yield url


@pytest.fixture
def fresh_name() -> str:
    """A name no other test uses, fit for topics, groups and databases."""
    return f"test_{uuid.uuid4().hex[:12]}"


@pytest.fixture
async def kafka_admin(kafka_bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """An admin client of the session's broker."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    yield admin
    await admin.close()


@pytest.fixture
def make_topic(kafka_admin: AIOKafkaAdminClient) -> MakeTopic:
    """A function that creates a topic (options: name, partitions, config) and returns its name, fresh by default."""

    async def make(name: str = "", *, partitions: int = 4, config: dict[str, str] | None = None) -> str:
        name = name or f"test_{uuid.uuid4().hex[:12]}"
        await kafka_admin.create_topics([NewTopic(name, partitions, 1, topic_configs=config or {})])
        await wait_for_leaders(kafka_admin, [name])
        return name

    return make


@pytest.fixture
def clickhouse(clickhouse_url: str, fresh_name: str) -> Iterator[Client]:
    """A client of the session's ClickHouse, in a database of the test's own."""
    with clickhouse_connect.get_client(dsn=clickhouse_url) as client:
        client.command(f"CREATE DATABASE {fresh_name}")
    with clickhouse_connect.get_client(dsn=clickhouse_url, database=fresh_name) as client:
        yield client
        client.command(f"DROP DATABASE {fresh_name} SYNC")
