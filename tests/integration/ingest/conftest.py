"""Fixtures: one ingest with short deadlines for a module's tests, and a source of each test's own."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.support.running_ingest import SIGNED_SOURCE, RunningIngest, ingest_at

TESTS_MAX = 30
HEADERS_MS_MAX = 1_000
REQUEST_MS_MAX = 2_000
CONNECTIONS_MAX = 1_100


@pytest.fixture(scope="module")
def ingest(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIngest]:
    """One ingest with short deadlines for all tests of this module."""
    names = [f"{uuid4().hex[:8]}-{number}" for number in range(TESTS_MAX)]
    sources = "".join(SIGNED_SOURCE.format(name=name) for name in names)
    limits = {
        "RECIBO_INGEST_HEADERS_MS_MAX": str(HEADERS_MS_MAX),
        "RECIBO_INGEST_REQUEST_MS_MAX": str(REQUEST_MS_MAX),
        "RECIBO_INGEST_CONNECTIONS_MAX": str(CONNECTIONS_MAX),
        "RECIBO_INGEST_CONNECTIONS_OF_ADDRESS_MAX": str(CONNECTIONS_MAX),
    }
    with ingest_at(broker, tmp_path_factory.mktemp("ingest"), sources, **limits) as running:
        running.unused_names = names
        running.wait_for_kafka()
        yield running


@pytest.fixture
def name(ingest: RunningIngest) -> str:
    """A source of a test's own."""
    return ingest.unused_names.pop()
