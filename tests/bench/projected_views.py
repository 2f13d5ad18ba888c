"""Each view over many messages, filtered to a week, while events arrive; and an analyst's slow query beside inserts."""

import itertools
import os
import statistics
import threading
import time
from typing import Any, Self

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from projections.clickhouse.views import FOLDER
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from tests.bench.fill import Filled
from tests.bench.many_messages import SLOTS, STORE, VIEWS, Extent, statements

_ASKED = 5
_BATCHES_A_SECOND = 4
_SLOW_S = 30
_ASKING_MS_MAX = 20_000
_TIMEOUT_S = 120
_ERROR_LENGTH_MAX = 160
_ARRIVES_IN = ("message_state", "message_event", "webhook_raw", "webhook_request")


def queries(since: str, until: str) -> dict[str, str]:
    """Return a question to every published view about the days from `since` to `until`."""
    days = f"anchor_day BETWEEN '{since}' AND '{until}'"
    at = f"at >= '{since}' AND at < toDate('{until}') + 1"
    hour = at.replace("at ", "hour ")
    span = f"since = '{since}', until = '{until}'"
    zoned = f"time_zone = 'America/Sao_Paulo', {span}"
    some = f"(SELECT message_id FROM {STORE}.message_alias WHERE anchor_day = '{since}' LIMIT 1)"
    asked = {
        "messages": f"SELECT status, count() FROM v.messages WHERE {days} GROUP BY status",
        "connections": "SELECT status, count() FROM v.connections GROUP BY status",
        "logouts": f"SELECT status, count() FROM v.logouts WHERE {at} GROUP BY status",
        "connection_history": f"SELECT status, count() FROM v.connection_history WHERE {at} GROUP BY status",
        "logout_in_flight": f"SELECT sum(in_flight) FROM v.logout_in_flight(time_zone = 'UTC', {span})",
        "funnel": f"SELECT sum(messages), sum(delivered) FROM v.funnel({zoned})",
        "funnel_rollup": f"SELECT sum(messages), sum(delivered) FROM v.funnel_rollup({zoned})",
        "latencies": f"SELECT * FROM v.latencies({zoned})",
        "stuck": f"SELECT count() FROM v.stuck(time_zone = 'UTC', {span}, min_age_s = 3600)",
        "errors": f"SELECT * FROM v.errors({zoned})",
        "numbers_not_found": f"SELECT count() FROM v.numbers_not_found(time_zone = 'UTC', {span})",
        "conflicts": f"SELECT count() FROM v.conflicts WHERE {days}",
        "read_without_delivered": f"SELECT count() FROM v.read_without_delivered WHERE {days}",
        "outcomes": f"SELECT outcome, count() FROM v.outcomes WHERE {at} GROUP BY outcome",
        "audit": f"SELECT outcome, http_status, count() FROM v.audit WHERE {at} GROUP BY ALL",
        "timeline": f"SELECT * FROM v.timeline(account = 'acme', message_id = {some})",
        "repeats": f"SELECT sum(repeats), sum(late) FROM v.repeats WHERE {hour}",
        "provider_health": f"SELECT max(delay_p99_ms) FROM v.provider_health WHERE {hour}",
        "answers": f"SELECT sum(requests) FROM v.answers WHERE {hour}",
        "provider_status": "SELECT count() FROM v.provider_status",
        "search": f"SELECT * FROM v.search(texts = [{some}])",
        "columns": "SELECT count() FROM v.columns",
        "completeness": "SELECT * FROM v.completeness",
        "completeness_between": f"SELECT * FROM v.completeness_between(time_zone = 'UTC', {span})",
        "fold_differences": f"SELECT count() FROM v.fold_differences(time_zone = 'UTC', {span})",
    }
    return {name: sql.replace("v.", f"{VIEWS}.") for name, sql in asked.items()}


def ask_views(filled: Filled) -> dict[str, Any]:
    """Ask each view about one week while 1,000 events a second arrive; return the median ms of each, or why it failed."""
    client = connect(ClickHouseSettings(filled.url), timeout_s=_TIMEOUT_S)
    since, until = filled.week
    some = os.environ.get("VIEWS", "").split(",")
    asked = {name: sql for name, sql in queries(since, until).items() if some == [""] or name in some}
    published = {path.stem.partition("_")[2] for path in FOLDER.glob("*.sql") if "${views}." in path.read_text()}
    assert published == set(queries(since, until)), published ^ set(queries(since, until))
    figures: dict[str, Any] = {"messages": filled.extent.messages, "week": [since, until], "ms": {}, "failed": {}}
    with _Arriving(client, filled.extent) as arriving:
        for name, sql in asked.items():
            try:
                figures["ms"][name] = _median_ms(client, sql)
                print(f"view {name:24} {figures['ms'][name]} ms", flush=True)
            except ClickHouseError as error:  # at this size a view may be beyond its limits: that is a figure, too
                figures["failed"][name] = str(error)[:_ERROR_LENGTH_MAX]
                print(f"view {name:24} fails: {figures['failed'][name]}", flush=True)
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
