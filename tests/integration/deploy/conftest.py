"""A local ClickHouse of a test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.engine import clickhouse_program
from runtime.ports import free_port
from runtime.supervisor import Child
from tests.support.servers import local_url, running


@pytest.fixture
def local(tmp_path: Path) -> Iterator[tuple[Child, str]]:
    """A local ClickHouse of the test's own, and its URL."""
    port = free_port()
    with running(clickhouse_program(tmp_path / "data", port), tmp_path) as child:
        yield child, local_url(tmp_path / "data", port)
