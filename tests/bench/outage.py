"""`make bench NAME=outage`: Kafka away for 60 s and paused for 30 s under load, without and with ingest killed meanwhile.

Prints a line of figures for each, and one JSON object as the last line; the exit code is 1 where a record was lost.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from operations.topics import create_missing
from runtime.kafka.settings import KafkaSettings
from tests.bench.command_line import begin
from tests.bench.results import keep
from tests.support.outage import Figures, How, OwnBroker, outage
from tests.support.running_ingest import SIGNED_SOURCE, ingest_at
from tests.support.webhook_posts import Traffic

RUNS: tuple[tuple[str, How, int], ...] = (
    ("away", "away", 0),
    ("paused", "paused", 0),
    ("away_killed", "away", 2),
    ("paused_killed", "paused", 2),
)


def main() -> None:
    """Run all four outages on one broker."""
    options = begin(__doc__, [name for name, _, _ in RUNS], _add_options)
    seconds: dict[How, float] = {"away": options.away, "paused": options.paused}
    runs: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory(prefix="recibo-bench-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        broker = OwnBroker(folder)
        broker.start()
        try:
            asyncio.run(create_missing(KafkaSettings(broker.address), 1, 4))
            for number, (name, how, kills) in enumerate(run for run in RUNS if run[0] in options.parts):
                source = f"outage-{number}"
                with ingest_at(broker.address, folder / source, SIGNED_SOURCE.format(name=source)) as running:
                    traffic = Traffic(running, source, connections=options.connections, pause_s=0)
                    runs[name] = asyncio.run(outage(broker, running, traffic, how, seconds[how], kills=kills))
                print(f"{name} {seconds[how]:.0f} s: {runs[name]}", flush=True)
        finally:
            broker.stop()
    result = {"runs": {name: asdict(figures) for name, figures in runs.items()}, "seconds": seconds}
    keep("outage", result)
    print(json.dumps(result))
    sys.exit(any(figures.missing or figures.renamed for figures in runs.values()))


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--away", type=float, default=60, help="seconds")
    parser.add_argument("--paused", type=float, default=30, help="seconds")
    parser.add_argument("--connections", type=int, default=32)


if __name__ == "__main__":
    main()
