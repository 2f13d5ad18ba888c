"""`make bench NAME=ingest BASE=COMMIT`: a benchmark of this commit and of another in turn, and the ratio between them.

Each runs its own benchmark with its own environment, ROUNDS (3) times A B A B, so that a machine that gets slower is slow for
both. A ratio is this commit's rate over the other's in the same round; printed are the medians, and every round's.
PARTS is handed on (default: what is ours); arguments after the benchmark's name go to both. Environment: ROUNDS, PARTS.
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.bench.command_line import begin
from tests.bench.other_commit import BaseFailed, base, here
from tests.bench.results import keep

Rates = dict[str, float]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """How a benchmark is run for one round, and what its result says."""

    parts: str
    arguments: tuple[str, ...]
    environ: Mapping[str, str]
    rates: Callable[[dict[str, Any]], Rates]


def ingest_rates(result: dict[str, Any]) -> Rates:
    """Return requests/s by contender and kind of body, of the closed loops, and requests a CPU-second of the server.

    On a machine that others use as well the second is the one to look at.
    """
    closed = {f"{run['name']} {run['kind']}": run for run in result["runs"] if run["loop"] == "closed"}
    rates = {name: float(run["requests_per_s"]) for name, run in closed.items()}
    return rates | {f"{name} a CPU-s": 1000 / run["cpu_s_per_1000"] for name, run in closed.items()}


def processor_rates(result: dict[str, Any]) -> Rates:
    """Return events/s, and events a CPU-second, by program."""
    runs = result["runs"].items()
    rates = {name: float(run["events_per_s"]) for name, run in runs}
    return rates | {f"{name} a CPU-s": float(run["events_per_cpu_s"]) for name, run in runs}


def projection_rates(result: dict[str, Any]) -> Rates:
    """Return rows/s by the way that they go."""
    return {run["way"]: float(run["rows_per_s"]) for run in result["runs"]}


BENCHMARKS: Final = {
    "ingest": Benchmark("ours", ("--rounds", "1"), {}, ingest_rates),
    "processors": Benchmark("recibo,recibo_1", (), {"REPETITIONS": "1"}, processor_rates),
    "projections": Benchmark("rates", (), {"REPETITIONS": "1"}, projection_rates),
}


def compare(name: str, commit: str, rounds: int, arguments: list[str]) -> dict[str, Any]:
    """Run both, `rounds` times in turn; return what was found. Raises BaseFailed."""
    benchmark = BENCHMARKS[name]
    parts = os.environ.get("PARTS") or benchmark.parts
    environ = {**benchmark.environ, "PARTS": parts, "PROGRAMS": parts}  # before PARTS, programs were named by PROGRAMS
    sides = {"base": base(commit), "this": here()}
    found: dict[str, list[Rates]] = {side: [] for side in sides}
    for number in range(1, rounds + 1):
        for side, checkout in sides.items():
            result = checkout.run(name, [*benchmark.arguments, *arguments], environ)
            found[side].append(benchmark.rates(result))
            print(f"round {number} {side:4} {found[side][-1]}", flush=True)
    return {"benchmark": name, "base": sides["base"].name, "rounds": rounds, "ratios": ratios(found)}


def ratios(found: Mapping[str, list[Rates]]) -> dict[str, dict[str, Any]]:
    """Return, of what both sides measured: the medians, and the ratio of this to the base in each round and in the middle."""
    common = [name for name in found["this"][0] if all(name in rates for side in found.values() for rates in side)]
    table = {}
    for name in common:
        this, other = ([rates[name] for rates in found[side]] for side in ("this", "base"))
        each = [round(a / b, 3) for a, b in zip(this, other, strict=True)]
        table[name] = {
            "base": round(statistics.median(other)),
            "this": round(statistics.median(this)),
            "ratio": round(statistics.median(each), 3),
            "each": each,
        }
    return table


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", choices=sorted(BENCHMARKS))
    parser.add_argument("base", help="a commit")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="for the benchmark of both")


def main() -> None:
    """Compare, print a table, and one JSON object as the last line."""
    options = begin(__doc__, None, _add_options)
    try:
        result = compare(options.name, options.base, int(os.environ.get("ROUNDS", "3")), options.arguments)
    except BaseFailed as error:
        sys.exit(str(error))
    print(f"{'':24} {'base':>10} {'this':>10} {'ratio':>7}")
    for name, row in result["ratios"].items():
        print(f"{name:24} {row['base']:>10} {row['this']:>10} {row['ratio']:>7}  {row['each']}")
    keep(f"beside-{options.name}", result)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
