"""What is killed: a broker that lives, an engine and projectors that do not, and the faulty way between them."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.new_topic import NewTopic

from deploy.local.engine import clickhouse_program
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.ports import HOST, free_port
from runtime.programs import python_program
from runtime.supervisor import Child
from schemas.topics import Topics, declared
from tests.support.faulty_proxy import FaultyProxy, faulty_proxy, through
from tests.support.servers import kafka_server, local_url, running
from tests.support.world import PARTITIONS

STORE, VIEWS = "recibo_store", "recibo"
_READY_S_MAX = 60.0
_TABLES = ("webhook_raw", "webhook_request", "message_event", "webhook_set_aside", "message_state", "message_alias")


@dataclass
class Line:
    """Topics → projectors → proxy → engine. The engine's directory and the topics outlive every death."""

    kafka: str
    clickhouse_url: str
    """The engine itself, not by the proxy."""
    engine: Child
    projectors: list[Child]
    proxy: FaultyProxy

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the engine."""
        with connect(ClickHouseSettings(self.clickhouse_url)) as client:
            return [tuple(row) for row in client.query(sql).result_rows]

    def merge(self) -> None:
        """Merge every table now."""
        with connect(ClickHouseSettings(self.clickhouse_url), timeout_s=300) as client:
            for table in _TABLES:
                client.command(f"OPTIMIZE TABLE {STORE}.{table} FINAL")

    def restart_engine(self) -> None:
        """Let the engine drain and end, and start it again."""
        self.engine.signal(signal.SIGTERM)


@asynccontextmanager
async def line(folder: Path, projectors: int = 2) -> AsyncIterator[Line]:
    """Run a line in `folder`: children are started again when they die, as `recibo up` does."""
    async with AsyncExitStack() as stack:
        kafka = stack.enter_context(kafka_server())
        await _make_topics(kafka)
        port = free_port()
        engine = stack.enter_context(running(clickhouse_program(folder / "clickhouse", port), folder))
        url = local_url(folder / "clickhouse", port)
        proxy = await stack.enter_async_context(faulty_proxy(url))
        children = [
            Child(_projector(f"projector{n}", kafka, through(proxy, url)), folder / f"{n}.log")
            for n in range(projectors)
        ]
        for child in children:  # on threads: the proxy between them and the engine lives in this loop
            stack.push_async_callback(asyncio.to_thread, child.stop)
            child.start()
            await asyncio.to_thread(child.wait_ready, _READY_S_MAX)
        yield Line(kafka, url, engine, children, proxy)


def _projector(name: str, kafka: str, engine: str) -> Any:
    port = free_port()
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "CLICKHOUSE_URL": engine,
        "RECIBO_RAW_TIMESTAMPS": "CreateTime",
        "RECIBO_PROJECTIONS_METRICS_PORT": str(port),
        "RECIBO_PROJECTIONS_BATCH_ROWS_MAX": "2500",
        "RECIBO_PROJECTIONS_INSERT_TIMEOUT_S": "2",
        "RECIBO_PROJECTIONS_RETRY_PAUSE_MS_MIN": "20",
        "RECIBO_PROJECTIONS_RETRY_PAUSE_MS_MAX": "500",
    }
    return python_program(name, "projections", f"http://{HOST}:{port}/healthz", environ=environ)


async def _make_topics(kafka: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    topics = declared(Topics(1, raw_timestamps="CreateTime"))
    await admin.create_topics(
        [
            NewTopic(t.name, t.partitions or PARTITIONS, 1, topic_configs={**t.config, "retention.ms": "-1"})
            for t in topics
        ]
    )
    await admin.close()
