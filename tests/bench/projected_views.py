"""Each view over many messages, filtered to a week, while events arrive; and an analyst's slow query beside inserts."""

import os
import statistics
import threading
import time
from typing import Any, Self

from clickhouse_connect.driver.client import Client

from projections.clickhouse.views import FOLDER
from tests.bench.many_messages import DAYS, STORE, VIEWS, arrive, fill

_ASKED = 5
_BATCHES_A_SECOND = 4
_SLOW_S = 30


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
        "logout_in_flight": f"SELECT sum(in_flight) FROM v.logout_in_flight({span})",
        "funnel": f"SELECT sum(messages), sum(delivered) FROM v.funnel({zoned})",
        "funnel_rollup": f"SELECT sum(messages), sum(delivered) FROM v.funnel_rollup({zoned})",
        "latencies": f"SELECT * FROM v.latencies({zoned})",
        "stuck": f"SELECT count() FROM v.stuck({span}, min_age_s = 3600)",
        "errors": f"SELECT * FROM v.errors({zoned})",
        "numbers_not_found": f"SELECT count() FROM v.numbers_not_found({span})",
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
        "completeness_between": f"SELECT * FROM v.completeness_between({span})",
        "fold_differences": f"SELECT count() FROM v.fold_differences({span})",
    }
    return {name: sql.replace("v.", f"{VIEWS}.") for name, sql in asked.items()}


def ask_views(client: Client, messages: int) -> dict[str, Any]:
    """Fill, then ask each view about one week while 1,000 events a second arrive; return the median ms of each."""
    fill(client, messages)
    week = f"SELECT toString(today() - {DAYS // 2 + 7}), toString(today() - {DAYS // 2 + 1})"
    since, until = client.query(week).result_rows[0]
    some = os.environ.get("VIEWS", "").split(",")
    asked = {name: sql for name, sql in queries(since, until).items() if some == [""] or name in some}
    published = {path.stem.partition("_")[2] for path in FOLDER.glob("*.sql") if "${views}." in path.read_text()}
    assert published == set(queries(since, until)), published ^ set(queries(since, until))
    figures: dict[str, Any] = {"messages": messages, "week": [since, until], "ms": {}}
    with _Arriving(client, messages) as arriving:
        for name, sql in asked.items():
            taken = [_ms(client, sql) for _ in range(_ASKED)]
            figures["ms"][name] = round(statistics.median(taken))
            print(f"view {name:24} {figures['ms'][name]} ms", flush=True)
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


def _ms(client: Client, sql: str) -> float:
    started = time.perf_counter()
    client.query(sql)
    return 1000 * (time.perf_counter() - started)


class _Arriving:
    """Inserts events four times a second, into every table that they reach, as a projector at 1,000 a second would."""

    def __init__(self, client: Client, messages: int) -> None:
        self._client = client
        self._messages = messages
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
        number = 0
        due = time.perf_counter()
        while not self._over.wait(max(0.0, due - time.perf_counter())):
            due += 1 / _BATCHES_A_SECOND
            for statement in arrive(self._messages, number, 1000 // _BATCHES_A_SECOND):
                started = time.perf_counter()
                self._client.command(statement)
                self._taken.append(1000 * (time.perf_counter() - started))
            number += 1000 // _BATCHES_A_SECOND
