"""`make bench NAME=api`: how long the API takes on many messages, asked at a rate whatever it answers (open loop).

Search: 20 requests a second by a number, an id or a reference that is in the tables. Message: 50 a second for one message
with its timeline, beside 1,000 events a second that are inserted (rows that are there already, so the tables stay what
they are). The API is a process of its own on the engine over `tests/bench/fill.py`; looks are noted in its memory, not in
Kafka. The last line is one JSON object. `ARGS="--messages 1000000 --seconds 60"` says the size.
"""

import argparse
import asyncio
import itertools
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import httpx
from clickhouse_connect.driver.client import Client

from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.programs import CHECKOUT
from tests.bench.command_line import begin
from tests.bench.fill import MESSAGES, Filled, filled
from tests.bench.many_messages import SLOTS, STORE, VIEWS, statements
from tests.support.api_server import api_server

SEARCHES_PER_S: Final = 20
MESSAGES_PER_S: Final = 50
EVENTS_PER_S: Final = 1_000
_SAMPLE: Final = 2_000
_WARM_UP: Final = 100
_NAMES: Final = "SELECT found_by, name FROM {store}.message_name WHERE cityHash64(name) % {every} = 0 LIMIT {sample}"
_IDS: Final = "SELECT 'id', id FROM {store}.message_alias WHERE cityHash64(id) % {every} = 0 LIMIT {sample}"


def _settings(url: str) -> ClickHouseSettings:
    return ClickHouseSettings(url, database=STORE, views_database=VIEWS)


def _serve(url: str) -> None:
    """Be the API's process: say where it answers and a token of it, and serve until the input ends."""
    with api_server(_settings(url)) as server:
        print(json.dumps({"url": server.url, "token": server.api.token("support", "acme")}), flush=True)
        sys.stdin.read()


@contextmanager
def _process(url: str) -> Iterator[tuple[str, str]]:
    """Run it; yield where it answers and the token."""
    command = [sys.executable, "-m", "tests.bench.api", "--serve", url]
    with subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            said = json.loads(process.stdout.readline())
            yield said["url"], said["token"]
        finally:
            process.stdin.close()


def _sampled(client: Client, messages: int, statement: str) -> list[tuple[str, str]]:
    every = max(1, messages // (_SAMPLE * 4))
    rows = client.query(statement.format(store=STORE, every=every, sample=_SAMPLE)).result_rows
    return [(str(kind), str(name)) for kind, name in rows]


async def _asked(client: httpx.AsyncClient, paths: Sequence[str], rate: float, seconds: float) -> dict[str, Any]:
    """Ask at a rate; return percentiles of the time from when each request was due, in ms, and how often each status came."""
    times: list[float] = []
    statuses: Counter[int] = Counter()

    async def ask(path: str, due_s: float) -> None:
        answer = await client.get(path)
        times.append(time.perf_counter() - due_s)
        statuses[answer.status_code] += 1

    for path in paths[:_WARM_UP]:
        await client.get(path)
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for n, path in zip(range(int(rate * seconds)), itertools.cycle(paths), strict=False):
            due_s = began + n / rate
            await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
            group.create_task(ask(path, due_s))
    times.sort()
    at = {"p50_ms": 0.5, "p99_ms": 0.99, "max_ms": 1.0}
    found = {name: round(1000 * times[min(len(times) - 1, int(q * len(times)))], 1) for name, q in at.items()}
    return {**found, "requests": len(times), "statuses": dict(statuses)}


async def _insert(client: Client, found: Filled) -> None:
    """Insert events that are there already, at a rate, until cancelled."""
    blocks = max(1, EVENTS_PER_S // len(SLOTS))
    for second in itertools.count():
        began = time.perf_counter()
        first = (found.extent.blocks - blocks * (second % 500 + 1)) % found.extent.blocks
        for statement in statements(found.extent, first, blocks):
            await asyncio.to_thread(client.command, statement)
        await asyncio.sleep(max(0.0, 1 - (time.perf_counter() - began)))


async def _measure(found: Filled, seconds: float) -> dict[str, dict[str, Any]]:
    client = connect(ClickHouseSettings(found.url))
    named = _sampled(client, found.extent.messages, _NAMES)
    ids = _sampled(client, found.extent.messages, _IDS)
    parameter = {"recipient": "identity", "reference": "reference", "id": "id"}
    searches = [str(httpx.URL("/api/v1/messages", params={parameter[k]: v})) for k, v in named + ids]
    one = [str(httpx.URL(f"/api/v1/messages/acme/{name}")) for _, name in ids]
    random.Random(1).shuffle(searches)
    with _process(found.url) as (url, token):
        limits = httpx.Limits(max_connections=64)
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, limits=limits, timeout=60) as api:
            search = await _asked(api, searches, SEARCHES_PER_S, seconds)
            print("search", search, flush=True)
            inserting = asyncio.create_task(_insert(client, found))
            message = await _asked(api, one, MESSAGES_PER_S, seconds)
            inserting.cancel()
            await asyncio.gather(inserting, return_exceptions=True)
            print("message", message, flush=True)
    return {"search": search, "message": message}


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--serve", default="", help=argparse.SUPPRESS)


def main() -> None:
    """Measure, and say it."""
    options = begin(__doc__, add_options=_options)
    if options.serve:
        _serve(options.serve)
        return
    with filled(options.messages) as found:
        measured = asyncio.run(_measure(found, options.seconds))
    figures = {f"{name}_p99_ms": of["p99_ms"] for name, of in measured.items()}
    print(json.dumps({"messages": options.messages, "parts": measured, "figures": figures}))


if __name__ == "__main__":
    main()
