"""Each view over many messages, filtered to a week, while events arrive; and an analyst's slow query beside inserts."""

import itertools
import os
import statistics
import threading
import time
from typing import Any, Self

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from tests.bench.fill import Filled
from tests.bench.many_messages import SLOTS, STORE, Extent, statements
from tests.bench.questions import about_a_week, about_one_message

_ASKED = 5
_BATCHES_A_SECOND = 4
_SLOW_S = 30
_ASKING_MS_MAX = 20_000
_TIMEOUT_S = 120
_ERROR_LENGTH_MAX = 160
_ARRIVES_IN = ("message_state", "message_event", "webhook_raw", "webhook_request")


def ask_views(filled: Filled) -> dict[str, Any]:
    """Ask each view about one week while 1,000 events a second arrive; return the median ms of each, or why it failed."""
    client = connect(ClickHouseSettings(filled.url), timeout_s=_TIMEOUT_S)
    since, until = filled.week
    some = os.environ.get("VIEWS", "").split(",")
    asked = {name: sql for name, sql in about_a_week(since, until).items() if some == [""] or name in some}
    figures: dict[str, Any] = {"messages": filled.extent.messages, "week": [since, until], "ms": {}, "failed": {}}
    with _Arriving(client, filled.extent) as arriving:
        for name, sql in asked.items():
            try:
                figures["ms"][name] = _median_ms(client, sql)
                print(f"view {name:24} {figures['ms'][name]} ms", flush=True)
            except ClickHouseError as error:  # at this size a view may be beyond its limits: that is a figure, too
                figures["failed"][name] = str(error)[:_ERROR_LENGTH_MAX]
                print(f"view {name:24} fails: {figures['failed'][name]}", flush=True)
        figures["one_message_ms"] = _one_message(client, since)
        print(f"one message: {figures['one_message_ms']}", flush=True)
        alone = arriving.take()
        time.sleep(5)
        alone = arriving.take()
        slow = (
            f"SELECT count() FROM {STORE}.message_state AS a, numbers(1000000) AS b "
            "WHERE sipHash64(a.message_id, b.number) = 0"
        )
        client.query(slow, settings={"max_execution_time": _SLOW_S, "timeout_overflow_mode": "break"})
        beside = arriving.take()
    figures["insert_ms"] = {"alone": spread(alone), "beside_slow_query": spread(beside)}
    print(f"inserts alone and beside a {_SLOW_S} s query: {figures['insert_ms']}", flush=True)
    return figures


def _one_message(client: Client, day: str) -> dict[str, dict[str, int]]:
    """Return what a message of `day` is looked for by → question → median ms."""
    text = (
        f"SELECT message_id, aliases[1] AS alias, client_ref, tupleElement(ranked_recipient, 2) FROM {STORE}.message_state "
        f"WHERE anchor_day = '{day}' AND alias LIKE 'true_%' LIMIT 1"
    )
    message_id, *others = client.query(text).result_rows[0]
    known_by = dict(zip(("id", "alias", "reference", "number"), (message_id, *others), strict=True))
    return {
        by: {name: _median_ms(client, sql) for name, sql in about_one_message(known, message_id).items()}
        for by, known in known_by.items()
    }


def spread(taken: list[float]) -> dict[str, int]:
    """Return p50, p99 and max in whole ms."""
    ordered = sorted(taken)
    return {
        "p50": round(statistics.median(ordered)),
        "p99": round(ordered[int(0.99 * len(ordered))]),
        "max": round(ordered[-1]),
    }


def _median_ms(client: Client, sql: str) -> int:
    """Return the median of up to _ASKED runs; of fewer where they take long."""
    taken: list[float] = []
    while len(taken) < _ASKED and sum(taken) < _ASKING_MS_MAX:
        taken.append(_ms(client, sql))
    return round(statistics.median(taken))


def _ms(client: Client, sql: str) -> float:
    started = time.perf_counter()
    client.query(sql)
    return 1000 * (time.perf_counter() - started)


class _Arriving:
    """Inserts events four times a second, into every table that they reach, as a projector at 1,000 a second would.

    They are rows of the last days that are there already, so the tables stay what they were.
    """

    def __init__(self, client: Client, extent: Extent) -> None:
        self._client = client
        self._extent = extent
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._taken: list[float] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def take(self) -> list[float]:
        """Return how long inserts took since last asked, ms."""
        taken, self._taken = self._taken, []
        return taken

    def _run(self) -> None:
        count = max(1, 1000 // _BATCHES_A_SECOND // len(SLOTS))
        starts = itertools.cycle(range(self._extent.blocks * 19 // 20, self._extent.blocks - count, count))
        due = time.perf_counter()
        while not self._over.wait(max(0.0, due - time.perf_counter())):
            due += 1 / _BATCHES_A_SECOND
            for statement in statements(self._extent, next(starts), count, _ARRIVES_IN):
                started = time.perf_counter()
                self._client.command(statement)
                self._taken.append(1000 * (time.perf_counter() - started))
