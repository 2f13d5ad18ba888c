"""`make bench NAME=projections`: topics → tables, beside ready columns and JSONEachRow; POST to queryable; the views.

All on one machine, one broker, one engine. Rates are rows of all tables a second. The last line is one JSON object.
Environment: PARTS (rates,queryable,posted,views,aliases; views has aliases follow), MESSAGES (40000; about 2.6 events each), REPETITIONS (3), SECONDS (20, of the
queryable runs), VIEW_MESSAGES (10000000: those of `fill.py`, which fills first where they are not there), VIEWS
(some views' names, comma-separated).
"""

import asyncio
import gc
import json
import os
import statistics
from typing import Any

from clickhouse_connect.driver.client import Client

from projections.settings import Settings
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.settings import KafkaSettings
from runtime.ports import HOST
from schemas.topics import Topic, Topics, declared
from tests.bench import projected
from tests.bench.aliases import batches_beside_aliases
from tests.bench.cluster import Cluster, fresh_cluster
from tests.bench.command_line import begin
from tests.bench.fill import MESSAGES, filled
from tests.bench.posted import posted_ms
from tests.bench.projected_views import ask_views
from tests.bench.queryable import queryable_ms
from tests.bench.results import keep
from tests.support.publish import publish
from tests.support.servers import clickhouse_server
from tests.support.world import World, busy_world

STORE = "bench_store"
BATCH = 50_000
PARTS = ("rates", "queryable", "posted", "views", "aliases")
_KEPT = {"cleanup.policy": "delete", "retention.ms": "-1"}
"""The events are weeks old by their time: the broker's retention, which looks every five minutes, would delete them."""


async def compare(cluster: Cluster, client: Client, settings: Settings, repetitions: int) -> list[dict[str, Any]]:
    """Run the three ways in turn, `repetitions` times; return each run's figures."""
    messages = int(os.environ.get("MESSAGES", "40000"))
    world = await asyncio.to_thread(busy_world, messages)
    await publish(world, cluster.bootstrap)
    rows = await asyncio.to_thread(projected.rows_of, world, BATCH)
    count, records = sum(len(batch) for _, batch in rows), _records(world)
    gc.collect()
    gc.freeze()
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


async def rates_and_delay(parts: set[str], result: dict[str, Any]) -> None:
    """Measure what goes from topics to tables."""
    seconds, repetitions = int(os.environ.get("SECONDS", "20")), int(os.environ.get("REPETITIONS", "3"))
    with clickhouse_server() as url:
        client = connect(ClickHouseSettings(url))
        async with fresh_cluster() as cluster:
            settings = Settings(
                kafka=KafkaSettings(cluster.bootstrap), clickhouse=ClickHouseSettings(url, database=STORE)
            )
            if "rates" in parts:
                await cluster.create(Topic(t.name, _KEPT) for t in declared(Topics(1)))
                runs = result["runs"] = await compare(cluster, client, settings, repetitions)
                result["ratios"] = {way: ratio(runs, way) for way in ("ready_columns", "json_each_row")}
                print(f"ratios: {result['ratios']}", flush=True)
            if "queryable" in parts:
                known = set() if "rates" not in parts else {t.name for t in declared(Topics(1))}
                await cluster.create(Topic(t.name, _KEPT) for t in declared(Topics(2)) if t.name not in known)
                result["append_to_queryable_ms"] = await queryable_ms(cluster.bootstrap, client, settings, seconds)
                print(f"append to queryable at 1,000 events/s: {result['append_to_queryable_ms']}", flush=True)


async def measure(parts: set[str]) -> None:
    """Run the parts and print the figures; the last line is their JSON."""
    # As the program itself does (`projections/__main__.py`): what is long-lived here is not looked through for cycles.
    gc.set_threshold(200_000, 50, 100)
    result: dict[str, Any] = {"runs": [], "ratios": {}, "host": HOST}
    if parts & {"rates", "queryable"}:
        await rates_and_delay(parts, result)
    if "posted" in parts:
        result["post_to_queryable_ms"] = await asyncio.to_thread(posted_ms, int(os.environ.get("SECONDS", "20")))
        print(f"POST to queryable at 1,000 events/s: {result['post_to_queryable_ms']}", flush=True)
    if "views" in parts:
        with filled(int(os.environ.get("VIEW_MESSAGES", str(MESSAGES)))) as found:
            result["views"] = await asyncio.to_thread(ask_views, found)
    if parts & {"views", "aliases"}:
        result["aliases"] = await asyncio.to_thread(batches_beside_aliases)
    keep("projections", result)
    print(json.dumps(result))


def main() -> None:
    """Run what the command line says."""
    asyncio.run(measure(set(begin(__doc__, PARTS).parts)))


if __name__ == "__main__":
    main()
