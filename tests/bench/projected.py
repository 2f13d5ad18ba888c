"""Three ways for the same rows into the tables: ours from the topics, ready columns in a loop, JSONEachRow in a loop."""

import asyncio
import gc
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from clickhouse_connect.datatypes.registry import get_from_name
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.insert import InsertContext

from projections.app import make_lanes
from projections.blocks import COMPRESSION, Blocks
from projections.clickhouse.migrate import migrate
from projections.rows import message_alias, projections_of
from projections.rows.table import Row, Table
from projections.settings import Settings
from projections.sink import SETTINGS
from schemas.topics import Topics
from tests.support.world import World

Rows = list[tuple[Table, list[Row]]]

_JSON_SETTINGS = {"input_format_json_read_numbers_as_strings": 1, "input_format_json_named_tuples_as_objects": 0}


def rows_of(world: World, batch: int) -> Rows:
    """Return the rows of a world, in batches of `batch`, as the projector makes them."""
    made: Rows = []
    for projection in projections_of(Topics(world.generation)):
        records = world.records.get(projection.topic, [])
        for start in range(0, len(records), batch):
            decoded = [projection.decode(r) for r in records[start : start + batch]]
            made += [(table, list(rows(decoded))) for table, rows in projection.tables]
            if projection.topic.startswith("message.state"):
                made.append((message_alias.TABLE, list(message_alias.rows(decoded))))
    return made


def fresh(client: Client, store: str) -> None:
    """Rebuild the tables."""
    client.command(f"DROP DATABASE IF EXISTS {store} SYNC")
    migrate(client, store, views_database=None)


async def ours(client: Client, settings: Settings, records: int) -> float:
    """Project every topic from the beginning; return seconds from the lanes' start until all is committed."""
    group = f"bench-{time.monotonic_ns()}"
    fresh(client, settings.clickhouse.database)
    gc.collect()
    stopping = asyncio.Event()
    with ThreadPoolExecutor(8) as threads:
        lanes = make_lanes(replace(settings, group=group), client, threads, stopping)
        started = time.perf_counter()
        running = [asyncio.create_task(lane.run()) for lane in lanes]
        while sum(lane.committed_records for lane in lanes) < records:
            failed = [task for task in running if task.done()]
            assert not failed, failed
            await asyncio.sleep(0.02)
        seconds = time.perf_counter() - started
        stopping.set()
        await asyncio.gather(*running)
    return seconds


def ready_columns(client: Client, store: str, rows: Rows) -> float:
    """Insert ready columns, batch after batch; return seconds."""
    fresh(client, store)
    columns = [(table, [list(column) for column in zip(*batch, strict=True)]) for table, batch in rows if batch]
    gc.collect()
    started = time.perf_counter()
    for table, batch in columns:
        client.insert(
            context=InsertContext(
                table=f"{store}.{table.name}",
                column_names=[name for name, _ in table.columns],
                column_types=[get_from_name(type_) for _, type_ in table.columns],
                data=batch,
                column_oriented=True,
                compression="lz4",
                settings=SETTINGS,
                block_size=len(batch[0]),
            )
        )
    return time.perf_counter() - started


def json_each_row(client: Client, store: str, rows: Rows) -> float:
    """Encode and insert JSON lines, batch after batch; return seconds."""
    fresh(client, store)
    gc.collect()
    started = time.perf_counter()
    for table, batch in rows:
        if batch:
            names = [name for name, _ in table.columns]
            lines = "\n".join(json.dumps(_named(names, row)) for row in batch)
            client.raw_insert(
                f"{store}.{table.name}",
                column_names=names,
                insert_block=lines,
                fmt="JSONEachRow",
                settings={**SETTINGS, **_JSON_SETTINGS},
            )
    return time.perf_counter() - started


def insert(client: Client, store: str, blocks: Blocks) -> None:
    """Insert rows as the projector does, on this thread."""
    client.raw_insert(
        f"{store}.{blocks.table.name}",
        column_names=[name for name, _ in blocks.table.columns],
        insert_block=blocks.body(),
        settings=SETTINGS,
        fmt="Native",
        compression=COMPRESSION,
    )


def _named(names: Sequence[str], row: Row) -> dict[str, Any]:
    values = (v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in row)
    return {
        name: value / 1000 if name.endswith("at") and isinstance(value, int) else value
        for name, value in zip(names, values, strict=True)
    }
