"""`python -m serving` on a real broker and engine: tokens are made and revoked by the command line, looks are in their topic."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
from aiokafka import AIOKafkaConsumer
from click.testing import CliRunner

from cli.token import command
from runtime.ports import free_port
from runtime.programs import CHECKOUT
from schemas.access import Look
from schemas.topics import LOOKS
from tests.integration.serving.test_lists import DAYS
from tests.support.api_world import NUMBERS, two_accounts
from tests.support.databases import Databases, Project, until

REVOKED_S_MAX = 3.0


@contextmanager
def serving(broker: str, databases: Databases, folder: Path) -> Iterator[tuple[str, str]]:
    """Run a process; yield where it answers, and its health."""
    port, private = free_port(), free_port()
    environ = {
        **os.environ,
        "PYTHONPATH": str(CHECKOUT),
        "KAFKA_BOOTSTRAP_SERVERS": broker,
        "CLICKHOUSE_URL": databases.url,
        "RECIBO_PROJECTIONS_STORE": databases.store,
        "RECIBO_CLICKHOUSE_VIEWS": databases.views,
        "RECIBO_API_PORT": str(port),
        "RECIBO_API_METRICS_PORT": str(private),
    }
    with (folder / "serving.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "serving"], env=environ, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}", f"http://127.0.0.1:{private}"
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def recibo_token(broker: str, *arguments: str) -> str:
    """Return what `recibo token` prints on its output."""
    done = CliRunner().invoke(command, [*arguments, "--kafka", broker])
    assert done.exit_code == 0, done.output + repr(done.exception)
    return done.stdout


def is_ready(health: str) -> bool:
    """Return whether a process says that it is ready."""
    try:
        return httpx.get(f"{health}/readyz").status_code == 200
    except httpx.TransportError:
        return False


async def looks_of(broker: str, name: str) -> list[Look]:
    """Return the looks of a token that the topic has."""
    consumer = AIOKafkaConsumer(LOOKS, bootstrap_servers=broker, auto_offset_reset="earliest")
    async with consumer:
        found = await consumer.getmany(timeout_ms=5_000)
    records = [msgspec.json.decode(r.value or b"", type=Look) for rs in found.values() for r in rs]
    return [look for look in records if look.name == name]


async def test_tokens_and_looks_go_through_kafka(
    broker: str, databases: Databases, project: Project, tmp_path: Path, fresh_name: str
) -> None:
    """A token is known to every process at once, a look is in the topic before its answer, and a revoked token is refused."""
    await project(two_accounts())
    with (
        serving(broker, databases, tmp_path) as (url, health),
        serving(broker, databases, tmp_path) as (other, other_health),
    ):
        await until(lambda: is_ready(health) and is_ready(other_health))
        made = await asyncio.to_thread(
            recibo_token, broker, "create", fresh_name, "--role", "support", "--account", "alfa"
        )
        headers = {"Authorization": f"Bearer {made.strip()}"}

        def status(where: str) -> int:
            return httpx.get(f"{where}/api/v1/freshness", headers=headers).status_code

        await until(lambda: status(url) == status(other) == 200, REVOKED_S_MAX)
        found = await asyncio.to_thread(httpx.get, f"{url}/api/v1/messages", headers=headers, params=DAYS, timeout=30)
        assert found.status_code == 200, found.text
        assert NUMBERS["alfa"] in found.text
        (look,) = await looks_of(broker, fresh_name)
        assert (look.request_id, look.rows) == (found.headers["x-request-id"], len(found.json()["data"]))
        token_id = made.split("_")[1]
        assert token_id in await asyncio.to_thread(recibo_token, broker, "list")
        metrics = (await asyncio.to_thread(httpx.get, f"{health}/metrics")).text
        assert 'recibo_api_looks_total{scope="numbers"} 1.0' in metrics
        await asyncio.to_thread(recibo_token, broker, "revoke", fresh_name)
        revoked_s = time.monotonic()
        await until(lambda: status(url) == status(other) == 401, REVOKED_S_MAX)
        assert time.monotonic() - revoked_s < REVOKED_S_MAX
    said = (tmp_path / "serving.log").read_text()
    assert made.strip() not in said
    assert NUMBERS["alfa"] not in said
    assert not [line for line in said.splitlines() if json.loads(line)["level"] in {"error", "critical"}]
