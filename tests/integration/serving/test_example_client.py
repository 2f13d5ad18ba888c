"""The client of docs/api.md runs as it is written there."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from time import time

from tests.support.api_server import api_server
from tests.support.api_world import settings_of
from tests.support.databases import Databases, Project
from tests.support.pages import blocks_of
from tests.support.world import World, message_event


async def test_the_example_client_lists_and_explains(databases: Databases, project: Project, tmp_path: Path) -> None:
    """It counts what failed lately, page by page, and prints what to say of one message."""
    now_ms = int(time() * 1000)
    world = World(start_ms=now_ms - 60_000)
    for n in range(150):
        world.post(message_event(f"m-{n}", "error", now_ms - 60_000 - n, received_at_ms=now_ms - 50_000))
    await project(world)
    (block,) = [block for block in blocks_of("docs/api.md") if block.language == "python"]
    script = tmp_path / "client.py"
    script.write_text(block.text, encoding="utf-8")
    with api_server(settings_of(databases)) as server:
        environ = {**os.environ, "RECIBO_API": server.url, "RECIBO_TOKEN": server.api.token("viewer", "acme")}
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, str(script)], env=environ, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "150 failed"
    assert len(lines) == 2
