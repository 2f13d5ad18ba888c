"""Fixtures: the topics ingest writes to, and ingest processes with sources of a test's own."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from operations.topics import create_missing
from runtime.kafka.settings import KafkaSettings
from tests.support.running_ingest import SIGNED_SOURCE, RunningIngest, ingest_at

StartIngest = Callable[..., RunningIngest]


@pytest.fixture(scope="session")
def broker(kafka_bootstrap: str) -> str:
    """The session's broker, with the topics declared."""
    asyncio.run(create_missing(KafkaSettings(kafka_bootstrap), 1, 4))
    return kafka_bootstrap


@pytest.fixture
def start_ingest(tmp_path: Path, fresh_name: str) -> Iterator[StartIngest]:
    """A function that runs ingest with one signed source named `fresh_name`, or the sources given, until the test ends."""
    with ExitStack() as running:

        def start(bootstrap_servers: str, sources: str = "", **environ: str) -> RunningIngest:
            text = sources or SIGNED_SOURCE.format(name=fresh_name)
            return running.enter_context(ingest_at(bootstrap_servers, tmp_path, text, **environ))

        yield start
