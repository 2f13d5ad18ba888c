"""`make bench NAME=projections`: topics → tables, beside ready columns and JSONEachRow; POST to queryable; the views.

All on one machine, one broker, one engine. Rates are rows of all tables a second. The last line is one JSON object.
Environment: MESSAGES (40000; about 2.6 events each), REPETITIONS (3), SECONDS (20, of the queryable run), VIEW_MESSAGES
(1000000; the bar is 10000000).
"""

import asyncio
import json
import os
import statistics
from typing import Any

from clickhouse_connect.driver.client import Client

from deploy.local.ports import HOST
from projections.engine import connect
from projections.settings import Settings
from schemas.topics import Topic, declared
from tests.bench import projected
from tests.bench.cluster import Cluster, fresh_cluster
from tests.bench.projected_views import ask_views
from tests.bench.queryable import queryable_ms
from tests.bench.results import keep
from tests.integration.projections.publish import publish
from tests.integration.projections.world import World, busy_world
from tests.servers import clickhouse_server

STORE = "bench_store"
BATCH = 50_000


async def compare(cluster: Cluster, client: Client, settings: Settings, repetitions: int) -> list[dict[str, Any]]:
    """Run the three ways in turn, `repetitions` times; return each run's figures."""
    messages = int(os.environ.get("MESSAGES", "40000"))
    world = await asyncio.to_thread(busy_world, messages)
    await publish(world, cluster.bootstrap)
    rows = await asyncio.to_thread(projected.rows_of, world, BATCH)
    count, records = sum(len(batch) for _, batch in rows), _records(world)
    print(f"{records} records, {count} rows", flush=True)
    runs = []
    for _ in range(repetitions):
        seconds = {
            "ours": await projected.ours(client, settings, records),
            "ready_columns": await asyncio.to_thread(projected.ready_columns, client, STORE, rows),
            "json_each_row": await asyncio.to_thread(projected.json_each_row, client, STORE, rows),
        }
        for way, taken in seconds.items():
            runs.append({"way": way, "rows": count, "seconds": round(taken, 2), "rows_per_s": round(count / taken)})
            print(f"{way:14} {count} rows in {taken:6.2f} s: {count / taken:9.0f} rows/s", flush=True)
    return runs


def _records(world: World) -> int:
    return sum(len(records) for records in world.records.values())


def ratio(runs: list[dict[str, Any]], way: str) -> float:
    """Return the median over repetitions of our rate to that way's, each of the same repetition."""
    ours = [run["rows_per_s"] for run in runs if run["way"] == "ours"]
    other = [run["rows_per_s"] for run in runs if run["way"] == way]
    return float(round(statistics.median(a / b for a, b in zip(ours, other, strict=True)), 3))


async def main() -> None:
    """Run it all and print the figures."""
    repetitions = int(os.environ.get("REPETITIONS", "3"))
    with clickhouse_server() as url:
        client = connect(url)
        async with fresh_cluster() as cluster:
            await cluster.create(Topic(t.name, {"cleanup.policy": "delete"}) for t in declared(1))
            settings = Settings(kafka_bootstrap_servers=cluster.bootstrap, clickhouse_url=url, store=STORE)
            runs = await compare(cluster, client, settings, repetitions)
            await cluster.create(Topic(t.name, {"cleanup.policy": "delete"}) for t in declared(2) if ".g2" in t.name)
            queryable = await queryable_ms(cluster.bootstrap, client, settings, int(os.environ.get("SECONDS", "20")))
            print(f"append to queryable at 1,000 events/s: {queryable}", flush=True)
        views = await asyncio.to_thread(ask_views, client, int(os.environ.get("VIEW_MESSAGES", "1000000")))
    ratios = {way: ratio(runs, way) for way in ("ready_columns", "json_each_row")}
    result = {"runs": runs, "ratios": ratios, "queryable_ms": queryable, "views": views, "host": HOST}
    keep("projections", result)
    print(json.dumps(result))


if __name__ == "__main__":
    asyncio.run(main())
