"""`make bench NAME=ingest`: durable webhooks a second, ours beside its peers, on one broker, in one run.

Closed loop by wrk (Debian package `wrk`), rounds interleaved so that a noisy machine is noisy to all; open loop by
`open_loop.py` at 60 % of our closed-loop rate. Records found in the topic are compared with the 2xx answers.
The last line is one JSON object with `runs` and `ratios`.
"""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import NewTopic

from deploy.local.broker import broker_program
from operations.topics import admin_of, create_missing
from runtime.kafka.settings import KafkaSettings
from runtime.ports import HOST, free_port
from schemas.topics import RAW, Topics, declared
from tests.bench import webhook_traffic as traffic
from tests.bench.command_line import begin
from tests.bench.ingest_contenders import CHECKOUT, Contender, Serving, contenders, group_cpu_s, serving
from tests.support.servers import CACHE, running

SINGLES = 20_000
BATCHES = 500
PARTITIONS = 4
OPEN_LOOP_SHARE = 0.6
_WARM_UP_S = 2
_POST_LUA = Path(__file__).parent / "post.lua"

RUNS = (
    ("ours", traffic.SINGLE),
    ("no_kafka", traffic.SINGLE),
    ("naive_send", traffic.SINGLE),
    ("go_franz", traffic.SINGLE),
    ("ours", traffic.BATCH),
    ("naive_send", traffic.BATCH),
    ("go_franz", traffic.BATCH),
)

PARTS = (*dict.fromkeys(name for name, _ in RUNS), "open")
"""The contenders, and the open loop of ours."""

Figures = dict[str, Any]


def main() -> None:
    """Measure, print a table, and one JSON object as the last line."""
    options = begin(__doc__, PARTS, _add_options)
    options.load_before = os.getloadavg()[0]
    with_open = "open" in options.parts  # at a share of the rate of our own closed loop
    chosen = [run for run in RUNS if run[0] in options.parts or (with_open and run == RUNS[0])]
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed: make tools")
    with tempfile.TemporaryDirectory(prefix="recibo-bench-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        files = {kind: folder / f"{kind}.tsv" for kind in (traffic.SINGLE, traffic.BATCH)}
        traffic.write(traffic.single_webhooks(SINGLES), files[traffic.SINGLE])
        traffic.write(traffic.batch_webhooks(BATCHES), files[traffic.BATCH])
        port = free_port()
        broker = f"{HOST}:{port}"
        with running(broker_program(folder / "kafka", CACHE, port), folder) as child:
            asyncio.run(_create_topics(broker))
            everyone = contenders(folder, broker, {name for name, _ in chosen})
            assert child.pid is not None
            bench = Bench(
                everyone=everyone,
                files=files,
                folder=folder,
                broker=broker,
                broker_group=child.pid,
                options=options,
            )
            runs = _medians([bench.closed_loop(name, kind) for _ in range(options.rounds) for name, kind in chosen])
            if with_open:
                ours = next(run for run in runs if run["name"] == "ours" and run["kind"] == traffic.SINGLE)
                runs.append(bench.open_loop(everyone["ours"], OPEN_LOOP_SHARE * ours["requests_per_s"]))
    _print_table(runs)
    print(json.dumps({"runs": runs, "ratios": _ratios(runs), "load_before": options.load_before}))


class Bench:
    """Measures one contender at a time."""

    def __init__(
        self,
        *,
        everyone: dict[str, Contender],
        files: dict[str, Path],
        folder: Path,
        broker: str,
        broker_group: int,
        options: argparse.Namespace,
    ) -> None:
        self._everyone = everyone
        self._files = files
        self._folder = folder
        self._broker = broker
        self._broker_group = broker_group
        self._options = options

    def closed_loop(self, name: str, kind: str) -> Figures:
        """Return the figures of one contender under wrk."""
        contender = self._everyone[name]
        with serving(contender, self._folder / f"{name}.log") as server:
            self._wrk(server, kind, _WARM_UP_S)
            figures = self._measured(contender, server, lambda: self._wrk(server, kind, self._options.seconds))
        requests = figures["requests"]
        per_s = requests / figures["seconds"]
        events = traffic.BATCH_EVENTS if kind == traffic.BATCH else 1
        return {
            "name": name,
            "kind": kind,
            "loop": "closed",
            "requests_per_s": round(per_s, 1),
            "events_per_s": round(per_s * events, 1),
            **figures,
        }

    def open_loop(self, contender: Contender, rate: float) -> Figures:
        """Return the figures of one contender at a fixed rate."""
        kind = traffic.SINGLE
        with serving(contender, self._folder / f"{contender.name}.log") as server:
            self._wrk(server, kind, _WARM_UP_S)
            figures = self._measured(contender, server, lambda: self._open(server, kind, rate))
        return {"name": contender.name, "kind": kind, "loop": "open", **figures}

    def _measured(self, contender: Contender, server: Serving, load: Callable[[], Figures]) -> Figures:
        time.sleep(0.5)  # what the warm-up left on its way is not ours to count
        before, server_s, broker_s = self._found(contender), server.cpu_s(), group_cpu_s(self._broker_group)
        figures = load()
        server_s, broker_s = server.cpu_s() - server_s, group_cpu_s(self._broker_group) - broker_s
        time.sleep(0.5)
        thousands = figures["requests"] / 1000
        return {
            **figures,
            "cpu_s_per_1000": round(server_s / thousands, 4),
            "broker_cpu_s_per_1000": round(broker_s / thousands, 4),
            "records_found": self._found(contender) - before if contender.topic else None,
        }

    def _wrk(self, server: Serving, kind: str, seconds: int) -> Figures:
        command = ["wrk", "-t1", f"-c{self._options.connections}", f"-d{seconds}", "-s", str(_POST_LUA)]
        address = f"http://{HOST}:{server.port}"
        done = subprocess.run(
            [*command, address, "--", str(self._files[kind])], capture_output=True, text=True, check=True
        )
        figures: Figures = json.loads(done.stdout.splitlines()[-1])
        return figures

    def _open(self, server: Serving, kind: str, rate: float) -> Figures:
        arguments = [str(self._files[kind]), str(server.port), str(rate), str(self._options.seconds)]
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.open_loop", *arguments, str(self._options.connections)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            cwd=CHECKOUT,
        )
        figures: Figures = json.loads(done.stdout)
        return figures

    def _found(self, contender: Contender) -> int:
        return asyncio.run(_records(self._broker, contender.topic)) if contender.topic else 0


def _medians(runs: list[Figures]) -> list[Figures]:
    """Return one run for each contender and kind: the one with the median rate."""
    chosen = []
    for name, kind in dict.fromkeys((run["name"], run["kind"]) for run in runs):
        same = sorted(
            (run for run in runs if (run["name"], run["kind"]) == (name, kind)), key=lambda run: run["requests_per_s"]
        )
        median = same[len(same) // 2]
        rates = [run["requests_per_s"] for run in same]
        chosen.append({**median, "rates_of_all_rounds": rates, "spread": round(_spread(rates), 3)})
    return chosen


def _spread(rates: list[float]) -> float:
    return (max(rates) - min(rates)) / statistics.median(rates)


def _ratios(runs: list[Figures]) -> dict[str, float]:
    """Return our rate over each other contender's, and our events in batches over those that come alone."""
    closed = [run for run in runs if run["loop"] == "closed"]
    singles = {run["name"]: run["requests_per_s"] for run in closed if run["kind"] == traffic.SINGLE}
    batches = {run["name"]: run["events_per_s"] for run in closed if run["kind"] == traffic.BATCH}
    if "ours" not in singles:
        return {}
    ours = singles.pop("ours")
    found = {name: round(ours / theirs, 3) for name, theirs in singles.items()}
    return found | {"batch_over_single": round(batches["ours"] / ours, 3)}


def _print_table(runs: list[Figures]) -> None:
    timing = ("p50_ms", "p99_ms", "p999_ms", "cpu_s_per_1000", "broker_cpu_s_per_1000")
    columns = (
        "name",
        "kind",
        "loop",
        "requests_per_s",
        "events_per_s",
        *timing,
        "requests",
        "refused",
        "records_found",
    )
    print("  ".join(f"{column:>14}" for column in columns))
    for run in runs:
        print("  ".join(f"{run.get(column, '')!s:>14}" for column in columns))


async def _create_topics(broker: str) -> None:
    await create_missing(KafkaSettings(broker), 1, PARTITIONS)
    config = next(topic.config for topic in declared(Topics(1)) if topic.name == RAW)
    async with admin_of(KafkaSettings(broker)) as admin:
        await admin.create_topics(
            [NewTopic(name, PARTITIONS, 1, topic_configs=config) for name in ("bench.naive", "bench.go")]
        )


async def _records(broker: str, topic: str) -> int:
    consumer = AIOKafkaConsumer(bootstrap_servers=broker)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        return sum((await consumer.end_offsets(partitions)).values())
    finally:
        await consumer.stop()


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=int, default=10, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="of all contenders; the median counts")
    parser.add_argument("--connections", type=int, default=64)


if __name__ == "__main__":
    main()
