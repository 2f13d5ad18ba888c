"""A broker for the rows that take it away or change it, started once a file."""

import asyncio
from collections.abc import Iterator

import pytest

from operations.topics import create_missing
from runtime.kafka.settings import KafkaSettings
from tests.integration.conftest import start_ingest
from tests.support.outage import OwnBroker

__all__ = ["start_ingest"]


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnBroker]:
    """A broker with the declared topics, that can be taken away and brought back."""
    broker = OwnBroker(tmp_path_factory.mktemp("broker"))
    broker.start()
    asyncio.run(create_missing(KafkaSettings(broker.address), 1, 4))
    yield broker
    broker.stop()
