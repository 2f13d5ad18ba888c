"""A test whose tool is missing is left out, by name; the others run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.source_tree import ROOT

TESTS = """
import pytest

@pytest.mark.needs_tool("no-such-tool")
def test_one():
    raise AssertionError

@pytest.mark.needs_tool("sh")
@pytest.mark.needs_tool("python-of-nowhere")
class TestTwo:
    def test_two(self):
        raise AssertionError

@pytest.mark.needs_tool("sh")
def test_three():
    pass
"""


@pytest.mark.parametrize("processes", ["0", "2"])
def test_what_cannot_run_here_is_listed(tmp_path: Path, processes: str) -> None:
    """The run is green and names each test that was left out with what it needs, in one process or in several."""
    (tmp_path / "test_these.py").write_text(TESTS)
    (tmp_path / "conftest.py").write_text("from tests.support.needs import *\n")
    options = ["-p", "no:cacheprovider", f"--numprocesses={processes}", "--rootdir", str(tmp_path)]
    ini = ["-c", str(ROOT / "pyproject.toml"), "--import-mode=importlib"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *ini, *options, str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    listed = [line for line in done.stdout.splitlines() if line.startswith("not run here: ")]
    assert [line.partition("test_these.py")[2] for line in listed] == [
        "::TestTwo::test_two (needs python-of-nowhere)",
        "::test_one (needs no-such-tool)",
    ]
    assert "1 passed" in done.stdout
