"""A long-lived task of a processors worker that dies."""

import os
import subprocess
import sys

from runtime.programs import CHECKOUT

SCRIPT = """
import asyncio
from processors.app import app
from runtime.logs import configure_logs
configure_logs("processors")
async def dies():
    raise ValueError("a bug")
async def main():
    app.long_lived.start("fake", dies())
    await asyncio.Event().wait()
asyncio.run(main())
"""


def test_it_ends_the_worker_with_a_code() -> None:
    """The worker ends at once with code 1, naming the task, so that its supervisor starts it again."""
    environ = {**os.environ, "PYTHONPATH": str(CHECKOUT), "RECIBO_REPAIR_GENERATION": "1"}  # asks no broker
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert "fake died: ValueError('a bug')" in ended.stderr + ended.stdout
