"""The demo again and again, seed after seed, while the engine merges parts as it likes, never, or all the time.

`make demos` (ROUNDS=, FROM=, EVENTS=). Each round is a stack of its own, written to `build/faults/demo.jsonl`;
the last line is one JSON object.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError

from cli.demo import own_stack
from deploy.demo.deployment import Deployment
from deploy.demo.run import run_demo
from deploy.demo.sources import OWN_SOURCES
from deploy.demo.traffic import generate
from deploy.local.stack import Stack
from tests.faults.tally import Tally
from tests.support.servers import url_of

MERGES: Final = ("as they come", "stopped", "forced")
DEADLINE_S: Final = 120.0
_FORCED_EVERY_S: Final = 0.5
_TABLES: Final = (
    "SELECT database || '.' || name FROM system.tables WHERE database = 'recibo_store' AND engine LIKE '%MergeTree'"
)


def main() -> int:
    """Run the rounds. Return 0 where each was exact."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--from", type=int, default=1, dest="first", help="Seed of the first round.")
    parser.add_argument("--events", type=int, default=20_000)
    options = parser.parse_args()
    failed: list[int] = []
    tally = Tally("demo")
    for number in range(options.rounds):
        seed, merges = options.first + number, MERGES[number % len(MERGES)]
        began = time.monotonic()
        differences = run_round(seed, options.events, merges)
        print(
            f"seed {seed}, merges {merges}: {len(differences)} differences, {time.monotonic() - began:.0f} s",
            flush=True,
        )
        for difference in differences[:5]:
            print(f"  {difference}", flush=True)
        tally.note(seed, number + 1, len(differences))
        if differences:
            failed.append(seed)
    print(
        json.dumps({"rounds": options.rounds, "exact": options.rounds - len(failed), "failed": failed, **tally.sum()})
    )
    return 1 if failed else 0


def run_round(seed: int, events: int, merges: str) -> list[str]:
    """Post the traffic of a seed to a stack of its own and return what differs from the truth."""
    with (
        tempfile.TemporaryDirectory(prefix="recibo-demos-", ignore_cleanup_errors=True) as folder,
        Stack(own_stack(Path(folder), starts_fast=True)) as stack,
        _merging(url_of(stack.clickhouse), merges),
    ):
        a = stack.addresses
        deployment = Deployment(a.ingest, stack.kafka, stack.clickhouse, OWN_SOURCES)
        traffic = generate(seed, events, OWN_SOURCES, f"1{seed:06d}", time.time_ns() // 1_000_000 - 7_200_000)
        ledger = asyncio.run(run_demo(deployment, traffic, DEADLINE_S, lambda *_: None))
    return [str(difference) for difference in ledger.differences]


@contextmanager
def _merging(url: str, merges: str) -> Iterator[None]:
    """Have the engine merge parts in this way for as long as the context lasts."""
    with clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False) as client:
        if merges != "forced":
            if merges == "stopped":
                client.command("SYSTEM STOP MERGES")
            yield
            return
        tables = [str(row[0]) for row in client.query(_TABLES).result_rows]
        ending = threading.Event()

        def force() -> None:
            while not ending.wait(_FORCED_EVERY_S):
                for table in tables:
                    try:
                        client.command(f"OPTIMIZE TABLE {table} FINAL")
                    except ClickHouseError:
                        continue  # busy with a merge of its own: the next turn comes

        forcing = threading.Thread(target=force, daemon=True)
        forcing.start()
        try:
            yield
        finally:
            ending.set()
            forcing.join()


if __name__ == "__main__":
    sys.exit(main())
