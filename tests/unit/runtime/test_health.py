"""The health server that every process has: one JSON shape, 503 where something is wrong."""

import asyncio
import inspect
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from prometheus_client import CollectorRegistry, Counter

from runtime.health import Health, Readiness
from runtime.ports import HOST
from runtime.tasks import Tasks
from schemas.errors import DeploymentError


@asynccontextmanager
async def served(tasks: Tasks, readiness: Readiness) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the health of a stage named `sample`, and yield a client of it."""
    registry = CollectorRegistry()
    Counter("sample_things", "Things.", registry=registry).inc()
    health = Health("sample", tasks, registry, lambda: readiness)
    listener = health.listen(HOST, 0)
    address = f"http://{HOST}:{listener.getsockname()[1]}"
    tasks.start("health", health.serve(listener))
    async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
        yield client
    await tasks.close()


async def dies() -> None:
    """Die at once."""
    raise ValueError("a bug")


async def test_all_is_well() -> None:
    """A stage that works is running and ready, and says what else it has to say; its metrics are its registry's."""
    async with served(Tasks(), Readiness(details={"sources": 2})) as client:
        healthz, readyz, metrics = [await client.get(path) for path in ("/healthz", "/readyz", "/metrics")]
    assert (healthz.status_code, healthz.json()) == (200, {"status": "running", "stage": "sample", "why": []})
    assert readyz.status_code == 200
    assert readyz.json() == {"status": "ready", "stage": "sample", "why": [], "sources": 2}
    assert "sample_things_total 1.0" in metrics.text
    assert metrics.headers["content-type"].startswith("text/plain; version=")


async def test_not_ready_is_not_broken() -> None:
    """A stage that waits is not ready, says why, and needs no restart."""
    async with served(Tasks(), Readiness(("Kafka is away",))) as client:
        healthz, readyz = [await client.get(path) for path in ("/healthz", "/readyz")]
    assert healthz.status_code == 200
    assert (readyz.status_code, readyz.json()["status"], readyz.json()["why"]) == (503, "not ready", ["Kafka is away"])


async def test_a_dead_task_is_told() -> None:
    """Where a long-lived task died both answers are 503 and name it, whatever the stage itself thinks."""
    tasks = Tasks()
    async with served(tasks, Readiness()) as client:
        await asyncio.wait([tasks.start("fake", dies())])
        answers = [await client.get(path) for path in ("/healthz", "/readyz")]
    for answer in answers:
        assert (answer.status_code, answer.json()["status"]) == (503, "broken")
        assert answer.json()["why"] == ["fake died: ValueError('a bug')"]


async def test_the_port_is_free_again() -> None:
    """Once cancelled it lets go of its port."""
    tasks = Tasks()
    async with served(tasks, Readiness()) as client:
        await client.get("/healthz")
        port = client.base_url.port
    assert port is not None
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind((HOST, port))


def test_a_port_in_use_is_named_with_its_setting() -> None:
    """Where the port is taken the error names port, stage and variable."""
    health = Health("sample", Tasks(), CollectorRegistry(), Readiness)
    with socket.create_server((HOST, 0)) as taken, pytest.raises(DeploymentError, match="RECIBO_SAMPLE_METRICS_PORT"):
        health.listen(HOST, taken.getsockname()[1])


def test_uvicorn_takes_signals_where_we_replace_it() -> None:
    """The method by which our servers leave signals to the process is the one that uvicorn calls."""
    assert "self.capture_signals()" in inspect.getsource(uvicorn.Server.serve)
