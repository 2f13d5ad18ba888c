"""Each view over many messages, filtered to a week, and an analyst's slow query beside inserts."""

import statistics
import threading
import time
from typing import Any, Self

from clickhouse_connect.driver.client import Client

from projections.migrate import migrate

STORE, VIEWS = "bench_big_store", "bench_big"
DAYS = 60
_STEP = 500_000
_ASKED = 5

_STATES = """
INSERT INTO {store}.message_state (anchor_day, account, message_id, anchor_at, last_event_at, seen, first_received_at,
    last_received_at, provider, sources, connection_id, recipient, client_ref, campaign, pricing, aliases, failure, absurd_time,
    queued_at, created_at, error_at, delivered_at)
WITH {first} + number AS i, cityHash64(i) AS h, h % 20 = 0 AS failed,
    toDateTime64(toStartOfDay(now('UTC')) - INTERVAL {days} DAY, 3, 'UTC') + toIntervalMillisecond(i * ({days} * 86400000 / {messages})) AS t
SELECT toDate(t), 'acme', concat('wppm-', hex(h)), t, t + 60, {seen}, t, t + h % 3600, 'wpp_marketing', ['wpp'],
    concat('conn-', toString(h % 20)), (concat('55009', toString(h % 3000000 + 10000000)), 'phone'), concat('order-', toString(i)),
    concat('campaign-', toString(i % 40)), 'marketing', [],
    if(failed AND {seen} > 3, (-30, 'media', '131052', 'Media download error'), (0, '', '', '')), false,
    t, if({seen} >= 3, t + 1, NULL), if(failed AND {seen} > 3, t + 2, NULL), if(NOT failed AND {seen} > 3, t + 3 + h % 60, NULL)
FROM numbers({count})
"""


def fill(client: Client, messages: int) -> None:
    """Make `messages` messages over DAYS days, each in three versions as the projector would insert them."""
    migrate(client, STORE, views_database=VIEWS)
    for first in range(0, messages, _STEP):
        for seen in ("1", "3", "if(failed, 11, 67)"):
            statement = _STATES.format(
                store=STORE, first=first, days=DAYS, messages=messages, seen=seen, count=min(_STEP, messages - first)
            )
            client.command(statement, settings={"max_partitions_per_insert_block": 100})


def ask_views(client: Client, messages: int) -> dict[str, Any]:
    """Fill, then ask each view for one week while 1,000 states a second arrive; return the median ms of each."""
    fill(client, messages)
    days = client.query(
        f"SELECT toString(max(anchor_day) - 13), toString(max(anchor_day) - 7) FROM {STORE}.message_state"
    )
    since, until = days.result_rows[0]
    week, span = f"anchor_day BETWEEN '{since}' AND '{until}'", f"since = '{since}', until = '{until}'"
    zoned = f"time_zone = 'America/Sao_Paulo', {span}"
    queries = {
        "messages": f"SELECT status, count() FROM {VIEWS}.messages WHERE {week} GROUP BY status",
        "funnel": f"SELECT sum(messages), sum(delivered) FROM {VIEWS}.funnel({zoned})",
        "latencies": f"SELECT * FROM {VIEWS}.latencies({zoned})",
        "errors": f"SELECT * FROM {VIEWS}.errors({zoned})",
        "stuck": f"SELECT count() FROM {VIEWS}.stuck({span}, min_age_s = 3600)",
        "numbers_not_found": f"SELECT count() FROM {VIEWS}.numbers_not_found({span})",
        "conflicts": f"SELECT count() FROM {VIEWS}.conflicts WHERE {week}",
        "read_without_delivered": f"SELECT count() FROM {VIEWS}.read_without_delivered WHERE {week}",
    }
    figures: dict[str, Any] = {"messages": messages, "ms": {}}
    with _Arriving(client, messages) as arriving:
        for name, sql in queries.items():
            taken = [_ms(client, sql) for _ in range(_ASKED)]
            figures["ms"][name] = round(statistics.median(taken))
            print(f"view {name:24} {figures['ms'][name]} ms", flush=True)
        arriving.delays.clear()
        slow = f"SELECT uniqExact(cityHash64(a.message_id, b.number)) FROM {STORE}.message_state AS a, numbers(100000) AS b"
        client.query(slow, settings={"max_execution_time": 30, "timeout_overflow_mode": "break"})
        figures["insert_ms_beside_slow_query"] = {
            "p50": round(statistics.median(arriving.delays)),
            "max": round(max(arriving.delays)),
        }
    print(f"inserts beside a 30 s query: {figures['insert_ms_beside_slow_query']}", flush=True)
    return figures


def _ms(client: Client, sql: str) -> float:
    started = time.perf_counter()
    client.query(sql)
    return 1000 * (time.perf_counter() - started)


class _Arriving:
    """Inserts 250 states four times a second, as a projector at 1,000 events a second would."""

    def __init__(self, client: Client, messages: int) -> None:
        self._client = client
        self._messages = messages
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.delays: list[float] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        while not self._over.wait(0.25):
            number += 250
            statement = _STATES.format(
                store=STORE, first=self._messages - number, days=DAYS, messages=self._messages, seen="3", count=250
            )
            self.delays.append(_ms(self._client, statement.replace("\nWITH", " SETTINGS async_insert = 0\nWITH", 1)))
