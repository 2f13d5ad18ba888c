"""The processes of ingest: what a death within or above them causes, and where health is answered."""

import asyncio
import os
import signal
import socket
import time
from pathlib import Path

import httpx
import pytest

from ingest.app import serve
from ingest.settings import Settings
from runtime.kafka.settings import KafkaSettings
from runtime.ports import HOST, free_port, listen
from runtime.tasks import Tasks
from schemas.errors import TaskDied
from tests.support.polling import until
from tests.support.processes import children_of, lives
from tests.support.running_ingest import SECRET, SIGNED_SOURCE, StartIngest, event_body
from tests.support.spools import keys_on_disk
from tests.support.webhook_posts import read_status, signed_request

NOWHERE = "127.0.0.1:1"


def can_be_listened_on(port: int) -> bool:
    """Return whether nobody listens on a port."""
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


async def test_health_on_the_public_port_by_setting(start_ingest: StartIngest) -> None:
    """For this release a setting brings health back to the public port; otherwise it is on the private one alone."""
    running = start_ingest(NOWHERE, RECIBO_INGEST_PUBLIC_HEALTH="true")
    async with httpx.AsyncClient(base_url=running.url, trust_env=False) as client:
        assert [(await client.get(path)).status_code for path in ("/healthz", "/readyz", "/metrics")] == [200] * 3


async def test_a_killed_supervisor_takes_its_workers_along(start_ingest: StartIngest) -> None:
    """Two seconds after the supervisor is killed by -9 no worker lives, and the port is free."""
    running = start_ingest(NOWHERE, RECIBO_INGEST_WORKERS="2")
    assert running.process is not None
    workers = children_of(running.process.pid)
    assert len(workers) == 2
    running.kill()
    deadline = time.monotonic() + 2
    while any(map(lives, workers)) or not can_be_listened_on(running.port):
        assert time.monotonic() < deadline, [pid for pid in workers if lives(pid)]
        await asyncio.sleep(0.02)


async def test_a_killed_worker_is_replaced(start_ingest: StartIngest) -> None:
    """A worker that dies is started again, and the log says how it died."""
    running = start_ingest(NOWHERE, RECIBO_INGEST_WORKERS="2")
    assert running.process is not None
    supervisor = running.process.pid
    before = set(children_of(supervisor))
    os.kill(max(before), signal.SIGKILL)

    async def is_replaced() -> bool:
        return len(set(children_of(supervisor)) - before) == 1

    await until(is_replaced, "another worker in its place")
    assert "ended (killed by SIGKILL); starting it again in 0.5 s" in running.log
    assert await asyncio.to_thread(running.stop) == 0


async def test_a_dead_task_ends_the_process_after_draining(
    tmp_path: Path, fresh_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a long-lived task dies health says so, a request that is under way is answered and kept, and serving ends
    by that death.
    """
    monkeypatch.setenv("RECIBO_TEST_SECRET", SECRET)
    config = tmp_path / "recibo.toml"
    config.write_text(SIGNED_SOURCE.format(name=fresh_name))
    settings = Settings(
        kafka=KafkaSettings(NOWHERE), config_file=config, data_dir=tmp_path / "data", metrics_port=free_port()
    )
    may_die = asyncio.Event()

    async def dies() -> None:
        await may_die.wait()
        raise ValueError("a bug")

    tasks = Tasks()
    tasks.start("fake", dies())
    listener = listen(HOST, 0)
    port = listener.getsockname()[1]
    serving = asyncio.create_task(serve(settings, listener, tasks))
    posted = signed_request(fresh_name, event_body(1))
    await until(lambda: says(settings, "/readyz", '"ready"'), "ingest to be ready")
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(posted[:-10])
    await until(lambda: says(settings, "/metrics", "recibo_ingest_in_flight 1.0"), "the request to be under way")
    may_die.set()
    await until(lambda: says(settings, "/healthz", "fake died: ValueError"), "health to report the death")
    writer.write(posted[-10:])
    assert await asyncio.wait_for(read_status(reader), 8) == 204
    writer.close()
    with pytest.raises(TaskDied, match=r"fake died: ValueError\('a bug'\)"):
        await asyncio.wait_for(serving, 15)
    assert len(keys_on_disk(tmp_path)) == 2  # the event, and the record of its request
    assert not tasks.running


async def says(settings: Settings, path: str, text: str) -> bool:
    """Return whether the private port's answer holds a text."""
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return text in (await client.get(f"http://{HOST}:{settings.metrics_port}{path}")).text
        except httpx.HTTPError:
            return False
