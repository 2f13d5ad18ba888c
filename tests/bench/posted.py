"""How long after a provider's POST begins its event can be queried: the whole line, at a steady rate."""

import asyncio
import json
import tempfile
import time
from pathlib import Path

from clickhouse_connect.driver.client import Client

from deploy.demo.client import Connection
from deploy.demo.sources import OWN_SOURCES, DemoSource
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from tests.bench.projected_views import spread
from tests.support.line import running_line

EVENTS_PER_S = 1_000
_CONNECTIONS = 16
_TICK_S = 0.02
_POLL_S = 0.02
_WARM_S = 3
_WAIT_S_MAX = 60.0


def posted_ms(seconds: int) -> dict[str, int]:
    """Run a whole line and post EVENTS_PER_S events a second for `seconds`, one a request.

    Returns:
        p50, p99 and max of ms from a POST's first byte to its event's row being there for a query. Polls are _POLL_S
        apart, so that much too long; the first _WARM_S seconds are not counted.
    """
    scratch = tempfile.TemporaryDirectory(prefix="recibo-bench-", ignore_cleanup_errors=True)
    with scratch as folder, running_line(Path(folder)) as line:
        stack = line.stack
        return asyncio.run(_measure(stack.addresses.ingest, stack.clickhouse, seconds + _WARM_S))


async def _measure(url: str, clickhouse: ClickHouseSettings, seconds: int) -> dict[str, int]:
    source = next(source for source in OWN_SOURCES if not source.selected)
    total = EVENTS_PER_S * seconds
    posted: dict[str, float] = {}
    due: asyncio.Queue[int | None] = asyncio.Queue()
    client = await asyncio.to_thread(connect, clickhouse)
    async with asyncio.timeout(seconds + _WAIT_S_MAX):
        watching = asyncio.create_task(_watch(client, posted, total))
        async with asyncio.TaskGroup() as workers:
            for _ in range(_CONNECTIONS):
                workers.create_task(_post(Connection(url, _WAIT_S_MAX), source, due, posted))
            started = time.perf_counter()
            for tick in range(int(seconds / _TICK_S)):
                for number in range(int(tick * _TICK_S * EVENTS_PER_S), int((tick + 1) * _TICK_S * EVENTS_PER_S)):
                    due.put_nowait(number)
                await asyncio.sleep(max(0.0, started + (tick + 1) * _TICK_S - time.perf_counter()))
            for _ in range(_CONNECTIONS):
                due.put_nowait(None)
        delays = await watching
    return spread([1000 * delay for delay in delays[_WARM_S * EVENTS_PER_S :]])


async def _post(
    connection: Connection, source: DemoSource, due: asyncio.Queue[int | None], posted: dict[str, float]
) -> None:
    while (number := await due.get()) is not None:
        message_id = f"bench-{number}"
        body = json.dumps(
            {"event": "delivered", "message_id": message_id, "occurred_at": time.time(), "to": "5511987654321"}
        ).encode()
        headers = {"Content-Type": "application/json", **source.proof_headers(body)}
        posted[message_id] = time.time()
        status = await connection.post(source.path(), headers, body)
        assert status // 100 == 2, status
    connection.close()


async def _watch(client: Client, posted: dict[str, float], total: int) -> list[float]:
    """Return the delay of every event, in the order of becoming queryable."""
    delays: list[float] = []
    there: set[str] = set()
    since = int(time.time()) - 1
    while len(there) < total:
        sql = f"SELECT DISTINCT message_id FROM recibo_store.message_event WHERE at >= {since} AND startsWith(message_id, 'bench-')"
        asked = int(time.time())
        rows = (await asyncio.to_thread(client.query, sql)).result_columns
        now = time.time()
        new = set(rows[0] if rows else ()) - there
        delays += sorted(now - posted[message_id] for message_id in new)
        there |= new
        since = asked - 3  # appended at most so long before it is seen
        await asyncio.sleep(_POLL_S)
    return delays
