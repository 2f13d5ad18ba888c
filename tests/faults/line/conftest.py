"""One line for all kills."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.line import Line, running_line


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """A running line, shared by the tests of a file."""
    folder: Path = tmp_path_factory.mktemp("line")
    with running_line(folder) as running:
        yield running
