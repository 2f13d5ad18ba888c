"""`make bench NAME=reconcile`: a million rows with planted differences against many messages; how long a run takes, and whether it is exact.

The rows are all messages of some days of `tests.bench.fill`, and of every PLANTED_EVERY of them a few are changed in each of
thirteen ways. Every class is counted in the end, and one that has more or fewer rows than were planted fails the benchmark.
"""

import json
import time
from pathlib import Path
from string import Template
from typing import Final

from clickhouse_connect.driver.client import Client

from reconciliation.match.keys import read_keys
from reconciliation.run.interval import Interval
from reconciliation.run.make import Asked, make_run
from reconciliation.run.record import RunRecord
from reconciliation.run.run_tables import RunTables
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from tests.bench.command_line import begin
from tests.bench.fill import MESSAGES, filled
from tests.bench.many_messages import DAY_MS, DAYS, STORE, VIEWS

MANIFEST: Final = "key:bench"
_TABLES: Final = (
    "message_send",
    "reconciliation_candidate",
    "reconciliation_difference",
    "reconciliation_run",
    "erased_message",
)
_FOLDER: Final = Path(__file__).parent
_LAST_DAYS: Final = 3
"""The days compared end so long before the last record, so that their callbacks are in."""


def planted(client: Client, since_ms: int, until_ms: int, now_ms: int) -> dict[str, int]:
    """Put the rows and the messages that only they mean into the tables; return how many rows of each class are planted."""
    for text in (
        Template((_FOLDER / "planted_sends.sql").read_text(encoding="utf-8")).substitute(store=STORE).split(";\n")
    ):
        parameters = {"since_ms": since_ms, "until_ms": until_ms, "now_ms": now_ms, "manifest": MANIFEST}
        parameters |= {"first": _day(since_ms - DAY_MS), "last": _day(until_ms + DAY_MS)}
        if "SELECT planted" in text:
            return {str(name): int(n) for name, n in client.query(text, parameters=parameters).result_rows}
        client.command(text, parameters=parameters)
    raise AssertionError("planted_sends.sql ends with what is planted")


def found(client: Client, record: RunRecord) -> dict[str, int]:
    """Return how many rows of each class a run has, wherever in time."""
    text = f"SELECT class, count() FROM {STORE}.reconciliation_difference WHERE run = {{run:String}} GROUP BY class"
    return {str(name): int(n) for name, n in client.query(text, parameters={"run": record.run}).result_rows}


def clean(client: Client) -> None:
    """Leave the messages as they were filled."""
    for table in _TABLES:
        client.command(f"TRUNCATE TABLE {STORE}.{table} SYNC")
    client.command(
        f"ALTER TABLE {STORE}.message_state DELETE WHERE startsWith(message_id, 'bench-') OR startsWith(message_id, 'erased-') SETTINGS mutations_sync = 1"
    )


def _day(at_ms: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at_ms / 1000))


def main() -> None:
    """Plant, reconcile, compare."""
    options = begin(
        __doc__,
        add_options=lambda p: (
            p.add_argument("--messages", type=int, default=MESSAGES),
            p.add_argument("--rows", type=int, default=1_000_000),
        ),
    )
    with filled(options.messages) as engine:
        client = connect(ClickHouseSettings(engine.url), timeout_s=1_800)
        clean(client)
        until_ms = engine.extent.since_ms + (DAYS - _LAST_DAYS) * DAY_MS
        since_ms = until_ms - round(options.rows / options.messages * DAYS * DAY_MS)
        now_ms = time.time_ns() // 1_000_000
        expected = planted(client, since_ms, until_ms, now_ms)
        asked = Asked(
            account="acme",
            manifests=(MANIFEST,),
            name="bench",
            by="bench",
            time_zone="UTC",
            keys=read_keys(("reference",), ("line,connection,window=10m",)),
            interval=Interval(since_ms, until_ms),
            interval_by="first_at",
        )
        tables = RunTables(client, STORE)
        began = time.perf_counter()
        record = make_run(tables, VIEWS, asked, now_ms)
        took_s = time.perf_counter() - began
        counted = found(client, record)
        for name in sorted(expected.keys() | counted.keys()):
            print(f"{name:20} {expected.get(name, 0):>9} planted {counted.get(name, 0):>9} found")
        clean(client)
    is_exact = expected == counted
    print(
        f"{record.rows} rows against {options.messages} messages: {took_s:.1f} s, {'exact' if is_exact else 'NOT exact'}"
    )
    figures = {"reconcile_1m_s": round(took_s * 1_000_000 / record.rows, 2)}
    print(json.dumps({"rows": record.rows, "messages": options.messages, "exact": is_exact, "figures": figures}))
    if not is_exact:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
