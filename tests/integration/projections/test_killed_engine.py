"""A killed engine loses nothing of a batch that is stored again: also where it dies between two system calls of one insert."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.engine import clickhouse_program
from projections.clickhouse.migrate import migrate
from projections.rows import projections_of
from projections.settings import Settings
from projections.sink import Sink
from projections.writer import make_writer
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.ports import free_port
from runtime.supervisor import Child
from schemas.topics import Topics
from tests.support.databases import until
from tests.support.servers import local_url, needs_local, running
from tests.support.world import busy_world

TRACE = ("strace", "-f", "-e", "trace=rename", "-e", "inject=rename:signal=KILL:when=1")
"""Kills at its first rename whatever it is attached to: an insert's part is written, and about to get its name."""


def may_trace() -> bool:
    """Return whether strace, where it is here, may attach to another process."""
    if shutil.which("strace") is None:
        return True  # `needs_tool` says so
    with subprocess.Popen(["sleep", "30"]) as other:
        try:
            tracer = subprocess.run(
                ["timeout", "0.2", "strace", "-p", str(other.pid)], capture_output=True, check=False
            )
        finally:
            other.kill()
    return b"attached" in tracer.stderr


@contextmanager
def killed_at_the_next_rename(server: Child) -> Iterator[subprocess.Popen[bytes]]:
    """Trace the engine while this is open. It is attached when this is entered."""
    with subprocess.Popen([*TRACE, "-p", str(server.pid)], stderr=subprocess.PIPE) as tracer:
        assert tracer.stderr is not None
        assert b"attached" in tracer.stderr.readline()
        try:
            yield tracer
        finally:
            tracer.kill()


@needs_local
@pytest.mark.needs_tool("strace")
@pytest.mark.skipif(not may_trace(), reason="strace may not attach to another process here (ptrace)")
async def test_a_kill_between_two_system_calls_of_an_insert_loses_no_row(tmp_path: Path) -> None:
    """Killed before the part has its name, the engine takes the same batch again after its restart, and has every row."""
    port = free_port()
    world, topic = busy_world(60), Topics().raw
    projection = next(p for p in projections_of(Topics(1)) if p.topic == topic)
    settings = Settings(retry_pause_ms_min=20, retry_pause_ms_max=200)
    with running(clickhouse_program(tmp_path / "data", port), tmp_path) as server, ThreadPoolExecutor(2) as threads:
        client = connect(ClickHouseSettings(local_url(tmp_path / "data", port)))
        migrate(client, "store", views_database=None)
        store = make_writer(projection, Sink(client, "store", threads), settings, asyncio.Event())
        with killed_at_the_next_rename(server) as tracer:
            storing = asyncio.create_task(store.store(world.records[topic]))
            await asyncio.to_thread(tracer.wait, 60)
        await storing
        assert server.starts >= 2, "it was killed"
        await until(lambda: store.waits_since is None)
        distinct = client.query("SELECT uniqExact(log_partition, log_offset) FROM store.webhook_raw").result_rows[0][0]
    assert distinct == len(world.records[topic])
