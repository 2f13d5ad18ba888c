"""Kills have a broker of their own: they delete the raw log, and choose its partition count, as they need."""

from collections.abc import Iterator

import pytest

from tests.support.servers import kafka_server


@pytest.fixture(scope="package")
def kafka_bootstrap() -> Iterator[str]:
    """The bootstrap address of a broker that only this folder's tests use."""
    with kafka_server() as bootstrap_servers:
        yield bootstrap_servers
