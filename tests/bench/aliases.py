"""A batch of states while many ids are known already: what it costs beside 100 million of them, against 1 million.

The ids are made by the engine, over DAYS days, and merged as an hour of quiet leaves them. A batch is new states, one of four
with a second id, a few linked to a state that is there; it is stored as the projector stores it: encoded, its ids
looked up and linked, its rows inserted and synced. The two databases take turns.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from projections.clickhouse.migrate import migrate
from projections.components import Id
from projections.edges import Edges
from projections.rows import message_alias, projections_of
from projections.settings import Settings
from projections.sink import Sink
from projections.writer import make_writer
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from schemas import message_state
from schemas.message_state import Bookkeeping, MessageState
from schemas.record import record_key
from schemas.topics import Topics
from tests.support.servers import clickhouse_server
from tests.support.world import FakeRecord, message_event

SIZES: Final = {"1m": 1_000_000, "100m": 100_000_000}
DAYS: Final = 56
BATCH_STATES: Final = 10_000
_BATCHES: Final = 9
_STEP: Final = 5_000_000
_IDS_OF_FIVE: Final = 6
"""Ids of five messages: of four their own, of one a second too. (A batch has one in four with a second id.)"""
_LINKED_EVERY: Final = 500
_TIMEOUT_S: Final = 1_200
_DAY_MS: Final = 86_400_000
_SETTINGS: Final = (
    "SETTINGS max_insert_threads = 1, max_threads = 2, max_partitions_per_insert_block = 100, "
    f"min_insert_block_size_rows = {_STEP}, min_insert_block_size_bytes = 0"
)
"""One part a week and step: nothing is left to merge while batches are timed."""

_MESSAGES: Final = """
(
    SELECT concat('wppm-', lower(hex(cityHash64(number)))) AS message_id,
        if(number % 5 = 0, [message_id, concat('true_', lower(hex(sipHash128(number))))], [message_id]) AS ids,
        toDate({first_day} + intDiv(number * {days}, {messages})) AS anchor_day
    FROM numbers_mt({first}, {count})
)
"""
_FILLS: Final = {
    "message_alias": ("account, id, message_id, anchor_day", "'acme', arrayJoin(ids), message_id, anchor_day"),
    "state_alias": (
        "account, message_id, anchor_day, id",
        "'acme', message_id, anchor_day, arrayJoin(arrayPopFront(ids))",
    ),
    "alias_hash": (
        "id_hash, state_hash, anchor_day",
        "halfMD5(concat('acme/', arrayJoin(ids))), halfMD5(concat('acme/', message_id)), anchor_day",
    ),
}


def batches_beside_aliases() -> dict[str, Any]:
    """Fill both databases, store batches in turn; return medians in ms, and their ratio."""
    with clickhouse_server() as url:
        client = connect(ClickHouseSettings(url), timeout_s=_TIMEOUT_S)
        for name, ids in SIZES.items():
            began_s = time.monotonic()
            _fill(client, f"aliases_{name}", ids)
            print(f"aliases {name}: filled in {time.monotonic() - began_s:.0f} s", flush=True)
        taken = asyncio.run(_take_turns(client, url))
    medians = {name: {what: round(statistics.median(ms)) for what, ms in of.items()} for name, of in taken.items()}
    figures: dict[str, Any] = {"states": BATCH_STATES, "batches": _BATCHES}
    for name, of in medians.items():
        figures |= {f"batch_{name}_ms": of["batch"], f"look_up_{name}_ms": of["look_up"]}
    ratios = [many / few for few, many in zip(taken["1m"]["batch"], taken["100m"]["batch"], strict=True)]
    figures["batch_100m_over_1m"] = round(statistics.median(ratios), 3)
    print(f"aliases: {figures}", flush=True)
    return figures


def _fill(client: Client, store: str, ids: int) -> None:
    migrate(client, store, views_database=None)
    messages = ids * 5 // _IDS_OF_FIVE
    today = int(time.time() * 1000) // _DAY_MS
    for first in range(0, messages, _STEP):
        source = _MESSAGES.format(
            first_day=today - DAYS, days=DAYS, messages=messages, first=first, count=min(_STEP, messages - first)
        )
        for table, (columns, values) in _FILLS.items():
            client.command(f"INSERT INTO {store}.{table} ({columns}) {_SETTINGS} SELECT {values} FROM {source}")
    client.command(f"OPTIMIZE TABLE {store}.alias_hash FINAL")


async def _take_turns(client: Client, url: str) -> dict[str, dict[str, list[float]]]:
    """Return database → what was measured → ms of each batch; the first batch of each is not counted."""
    taken: dict[str, dict[str, list[float]]] = {name: {"batch": [], "look_up": []} for name in SIZES}
    with ThreadPoolExecutor(4) as threads:
        settings = Settings(clickhouse=ClickHouseSettings(url))
        projection = next(p for p in projections_of(Topics(1)) if p.topic == Topics(1).message_state)
        sinks = {name: Sink(client, f"aliases_{name}", threads) for name in SIZES}
        writers = {name: make_writer(projection, sink, settings, asyncio.Event()) for name, sink in sinks.items()}
        for batch in range(_BATCHES + 1):
            for name in sorted(SIZES, reverse=bool(batch % 2)):
                states = _states(client, batch, SIZES[name])
                records = [_record(number, state) for number, state in enumerate(states)]
                batch_ms = await _ms(writers[name].store(records))
                others = _states(client, _BATCHES + 1 + batch, SIZES[name])
                ids = {Id(account, id_) for account, id_, *_ in message_alias.rows(others)}
                look_up_ms = await _ms(Edges(sinks[name], sinks[name].database).shared(ids))
                if batch:
                    taken[name]["batch"].append(batch_ms)
                    taken[name]["look_up"].append(look_up_ms)
    return taken


def _states(client: Client, batch: int, ids: int) -> list[MessageState]:
    """Return new states, some of which go by the id of a state that is there."""
    random_ = random.Random(batch)
    linked = [random_.randrange(ids * 5 // _IDS_OF_FIVE) for _ in range(BATCH_STATES // _LINKED_EVERY)]
    text = "SELECT concat('wppm-', lower(hex(cityHash64(arrayJoin({numbers:Array(UInt64)})))))"
    there = [message_id for (message_id,) in client.query(text, parameters={"numbers": linked}).result_rows]
    now_ms = int(time.time() * 1000)
    made = []
    for number in range(BATCH_STATES):
        name = f"wppm-{random_.getrandbits(64):016x}"
        aliases = (f"true_{random_.getrandbits(128):032x}",) if number % 4 == 0 else ()
        aliases = (there[number // _LINKED_EVERY],) if number % _LINKED_EVERY == 1 else aliases
        reference, recipient = f"order-{batch}-{number}", f"5511{random_.randrange(10**9):09d}"
        event = message_event(name, "created", now_ms, aliases=aliases, client_ref=reference, recipient=recipient)
        state = message_state.absent(event, now_ms)
        message_state.join(state, event)
        state.bookkeeping = Bookkeeping(1, now_ms, [])
        made.append(state)
    return made


def _record(number: int, state: MessageState) -> FakeRecord:
    key = record_key(state.account, state.message_id)
    return FakeRecord(Topics(1).message_state, 0, number, state.anchor_ms, key, message_state.encode(state))


async def _ms(work: Awaitable[Any]) -> float:
    started = time.perf_counter()
    await work
    return 1000 * (time.perf_counter() - started)
