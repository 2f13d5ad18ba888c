"""`make bench NAME=codecs`: what the tables' codecs and types cost and save, beside others, on the same rows.

For each of the largest tables: bytes on disk a row once merged, seconds to insert all rows, ms to read every column.
Environment: MESSAGES (40000; about 2.6 events each), PARTS (some of the tables). The last line is one JSON object.
"""

import json
import os
import re
import statistics
import time
from collections.abc import Callable
from typing import Any

from clickhouse_connect.driver.client import Client

from projections.blocks import Blocks
from projections.clickhouse.migrate import migrate
from projections.rows.table import Row, Table
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.ports import HOST
from tests.bench.command_line import begin
from tests.bench.projected import insert, rows_of
from tests.bench.results import keep
from tests.support.servers import clickhouse_server
from tests.support.world import busy_world

STORE = "bench_codecs"
_TABLES = ("webhook_raw", "webhook_request", "message_event", "message_state", "message_alias")
_CODEC = re.compile(r" CODEC\((?:[^()]|\([^()]*\))*\)")
_REPETITIONS = 3

Variant = Callable[[str], str]
VARIANTS: dict[str, Variant] = {
    "as it is": lambda ddl: ddl,
    "no codecs (LZ4)": lambda ddl: _CODEC.sub("", ddl),
    "ZSTD(3) throughout": lambda ddl: _CODEC.sub(" CODEC(ZSTD(3))", ddl),
    "times without Delta": lambda ddl: ddl.replace("CODEC(Delta(8), ", "CODEC("),
    "times DoubleDelta": lambda ddl: ddl.replace("CODEC(Delta(8), ", "CODEC(DoubleDelta, "),
    "String for LowCardinality": lambda ddl: ddl.replace("LowCardinality(String)", "String"),
}
"""Name → what it changes in a CREATE TABLE."""


def measure(client: Client, table: Table, batches: list[list[Row]], variant: Variant) -> dict[str, float]:
    """Insert, merge and read the rows of a table made so."""
    name = f"{STORE}.{table.name}"
    ddl = str(client.command(f"SHOW CREATE TABLE {name}")).replace("\\n", "\n").replace("\\'", "'")
    trial = f"{STORE}.trial"
    client.command(f"DROP TABLE IF EXISTS {trial} SYNC")
    client.command(variant(ddl).replace(name, trial, 1))
    trial_table, count = Table("trial", table.columns), sum(len(batch) for batch in batches)
    started = time.perf_counter()
    for batch in batches:
        insert(client, STORE, Blocks(trial_table, batch))
    seconds = time.perf_counter() - started
    client.command(f"OPTIMIZE TABLE {trial} FINAL")
    size = client.query(
        f"SELECT sum(bytes_on_disk), sum(rows) FROM system.parts WHERE active AND database = '{STORE}' AND table = 'trial'"
    )
    bytes_on_disk, rows = size.result_rows[0]
    reads = []
    for _ in range(_REPETITIONS):
        began = time.perf_counter()
        client.command(f"SELECT sum(sipHash64(*)) FROM {trial}")
        reads.append(1000 * (time.perf_counter() - began))
    return {
        "bytes_a_row": round(bytes_on_disk / rows, 1),
        "inserted_rows_per_s": round(count / seconds),
        "read_ms": round(statistics.median(reads), 1),
    }


def main() -> None:
    """Measure every variant of every table and print the figures."""
    options = begin(__doc__, _TABLES)
    world = busy_world(int(os.environ.get("MESSAGES", "40000")))
    found: dict[str, Any] = {}
    with clickhouse_server() as url:
        client = connect(ClickHouseSettings(url))
        migrate(client, STORE, views_database=None)
        for name in options.parts:
            made = [(table, rows) for table, rows in rows_of(world, 50_000) if table.name == name and rows]
            found[name] = {}
            for variant, change in VARIANTS.items():
                figures = measure(client, made[0][0], [rows for _, rows in made], change)
                found[name][variant] = figures
                print(f"{name:16} {variant:26} {figures}", flush=True)
    result = {"tables": found, "host": HOST}
    keep("codecs", result)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
