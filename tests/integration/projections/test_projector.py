"""The projector as a process: from topics to tables, and again after it is killed."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.broker import broker_program
from deploy.local.engine import clickhouse_program
from projections.completeness import lacking
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.deployment_log import DeploymentLog
from runtime.kafka.settings import KafkaSettings
from runtime.ports import HOST, free_port
from schemas.deployment_state import LIVE, LiveGeneration
from schemas.topics import RAW, Topics, declared
from tests.integration.projections.test_tables import facts, truth
from tests.support.databases import Databases, until
from tests.support.publish import publish
from tests.support.servers import CACHE, kafka_server, local_url, running
from tests.support.world import PARTITIONS, busy_world

CHECKOUT = Path(__file__).parents[3]


@contextmanager
def projector(databases: Databases, kafka: str, **environ: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run `python -m projections`; yields the process and its health port."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "projections"],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "KAFKA_BOOTSTRAP_SERVERS": kafka,
            "CLICKHOUSE_URL": databases.url,
            "RECIBO_PROJECTIONS_STORE": databases.store,
            "RECIBO_PROJECTIONS_GROUP": databases.store,
            "RECIBO_PROJECTIONS_METRICS_PORT": str(port),
            "RECIBO_RAW_TIMESTAMPS": "CreateTime",
            **environ,
        },
    )
    try:
        yield process, port
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def own_kafka() -> Iterator[str]:
    """A broker of the test's own: the raw topics have fixed names."""
    with kafka_server() as bootstrap_servers:
        yield bootstrap_servers


async def make_topics(kafka: str, generation: int) -> None:
    """Create the topics of a generation, keeping the times the records come with."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics(
        [
            NewTopic(t.name, t.partitions or PARTITIONS, 1, topic_configs={**t.config, "retention.ms": "-1"})
            for t in declared(Topics(generation, raw_timestamps="CreateTime"))
        ]
    )
    await admin.close()


@pytest.mark.parametrize("frozen", ["broker", "engine"])
async def test_a_frozen_server_is_no_readiness(tmp_path: Path, frozen: str) -> None:
    """While broker or engine is stopped (SIGSTOP) the projector is not ready, answers so at once, and recovers by itself."""
    ports = free_port(), free_port()
    with (
        running(broker_program(tmp_path / "kafka", CACHE, ports[0], starts_fast=True), tmp_path) as broker,
        running(clickhouse_program(tmp_path / "clickhouse", ports[1]), tmp_path) as engine,
    ):
        kafka, url = f"{HOST}:{ports[0]}", local_url(tmp_path / "clickhouse", ports[1])
        await make_topics(kafka, 1)
        with projector(Databases(connect(ClickHouseSettings(url)), url, "store", "views"), kafka) as (_, port):
            child = broker if frozen == "broker" else engine
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=2) as health:
                await until_status(health, 200)
                child.signal(signal.SIGSTOP)
                try:
                    answer = await until_status(health, 503)
                    assert "does not answer within 3 s" in " ".join(answer.json()["why"])
                finally:
                    child.signal(signal.SIGCONT)
                await until_status(health, 200)


async def until_status(health: httpx.AsyncClient, status: int) -> httpx.Response:
    """Return the first answer of `/readyz` with this status; each is given at once."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            answer = await health.get("/readyz")
            if answer.status_code == status:
                return answer
        await asyncio.sleep(0.1)
    pytest.fail(f"not {status} in time")


async def test_rows_that_a_table_lacks_are_found(databases: Databases) -> None:
    """Gaps among the last minutes' rows are counted by partition; what was set aside, or has left the log, is no gap."""
    now = datetime.now(UTC)
    rows = [[now, p, o] for p, o in ((0, 5), (0, 6), (0, 9), (1, 3), (1, 4), (2, 1), (2, 3), (3, 7))]
    rows += [[now - timedelta(hours=5), 1, 0]]
    columns = ["at", "log_partition", "log_offset"]
    databases.client.insert(f"{databases.store}.webhook_raw", rows, columns, settings={"async_insert": 0})
    aside = [[now, "webhook.raw", 0, 7], [now, "webhook.requests", 0, 8]]
    databases.client.insert(f"{databases.store}.projection_set_aside", aside, ["at", "topic", *columns[1:]])
    assert lacking(databases.client, databases.store, "webhook_raw", "webhook.raw", {}) == {0: 1, 2: 1}
    assert lacking(databases.client, databases.store, "webhook_raw", "webhook.raw", {2: 3}) == {0: 1}


async def test_rows_follow_records_and_survive_a_kill(databases: Databases, own_kafka: str) -> None:
    """A killed projector resumes from its commits: every message and every count as if it had never died."""
    await make_topics(own_kafka, 7)
    world = busy_world(1_000, generation=7)
    await publish(world, own_kafka)
    async with DeploymentLog(KafkaSettings(own_kafka), "test") as deployment:
        await deployment.write(LIVE, 0, LiveGeneration(7))
    environ = {"RECIBO_PROJECTIONS_BATCH_ROWS_MAX": "100"}
    with projector(databases, own_kafka, **environ):
        await until(lambda: databases.value("SELECT count() FROM store.message_state") > 300)
    with projector(databases, own_kafka, **environ) as (process, port):
        total = len(world.records[RAW])
        await until(lambda: databases.value("SELECT count() FROM store.webhook_raw FINAL") == total)
        await until(lambda: databases.value("SELECT count() FROM views.outcomes") == total)
        await until(lambda: len(facts(databases)) == len(world.states))
        await until(lambda: facts(databases) == {name: truth(state) for name, state in world.states.items()}, 20)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as health:
            ready, metrics = await health.get("/readyz"), (await health.get("/metrics")).text
        assert ready.json() == {"status": "ready", "stage": "projections", "why": [], "waiting": []}
        assert 'recibo_projections_lag_records{topic="webhook.raw"} 0.0' in metrics
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    assert databases.rows("SELECT sum(without_outcome), sum(with_several_outcomes) FROM views.completeness") == [(0, 0)]
