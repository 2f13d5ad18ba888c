"""`make bench NAME=large-state`: the same traffic over few and over very many tracked messages.

For each size: the changelog holds that many states; a worker whose disk was lost recovers them and is stopped; then
delivered and read come in for TRAFFIC messages spread over all of them (as `workload.py`'s: 5 % repeated, shuffled), and a
worker that finds its disk works them off. The first size is the small state that the others are compared with.
Memory is the greatest resident memory of the worker: while it recovered, and while it worked.

Environment: STATES (250000,10000000), PARTS (some of these), TRAFFIC (250000).
"""

import asyncio
import json
import os
import random
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from schemas.topics import RAW
from tests.bench.cluster import OF_ALL_GENERATIONS, PARTITIONS, Cluster, fresh_cluster
from tests.bench.command_line import begin
from tests.bench.measure import Run, measure
from tests.bench.program import Failed, Process, Program
from tests.bench.programs import recibo, topics_of
from tests.bench.results import keep
from tests.bench.tracked import next_events, repeats, states


async def figures(count: int, traffic: int) -> dict[str, Any]:
    """Return the figures for `count` tracked messages. Raises Failed."""
    now_ms = time.time_ns() // 1_000_000
    async with fresh_cluster() as cluster:
        program = recibo(cluster, 1)
        assert program.state is not None, "ours keeps states"
        await cluster.create([*OF_ALL_GENERATIONS, *topics_of(program, 1)])
        await cluster.fill(program.state, states(count, now_ms), "zstd")
        records = await cluster.fill(RAW, repeats(count, now_ms))
        recovery = await _run_and_stop(cluster, program, records)
        if await cluster.count(program.outputs[-1]) != PARTITIONS:
            raise Failed("a recovered state was not found: its event was not known again")
        touched = random.Random(5).sample(range(count), min(traffic, count))
        records += await cluster.fill(RAW, next_events(touched, now_ms))
        work = await _run_and_stop(cluster, program, records)
        disk_mb = _size_mb(program.folder)
        await asyncio.to_thread(shutil.rmtree, program.folder)
    result = {
        "states": count,
        "events_per_s": work.events_per_s,
        "events_per_cpu_s": work.events_per_cpu_s,
        "events_in": work.events_in,
        "memory_mb": work.peak_memory_mb,
        "recovered_states_per_s": round(count / recovery.output_s),
        "recovery_memory_mb": recovery.peak_memory_mb,
        "disk_mb": disk_mb,
    }
    print(json.dumps(result), flush=True)
    return result


async def _run_and_stop(cluster: Cluster, program: Program, records: int) -> Run:
    with Process(program, cluster.folder / f"{program.group}-{records}.log") as process:
        run = await measure(cluster, program, records, process)
        await asyncio.to_thread(process.stop)
    return run


def _size_mb(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) >> 20


def main() -> None:
    """Run every size; the last line printed is their JSON."""
    options = begin(__doc__, os.environ.get("STATES", "250000,10000000").split(","))
    sizes = [int(size) for size in options.parts]
    traffic = int(os.environ.get("TRAFFIC", "250000"))
    try:
        runs = {str(size): asyncio.run(figures(size, traffic)) for size in sizes}
    except Failed as error:
        sys.exit(f"the benchmark fails: {error}")
    small, large = runs[str(sizes[0])], runs[str(sizes[-1])]
    result = {
        "runs": runs,
        "ratios": {"large_over_small": round(large["events_per_s"] / small["events_per_s"], 2)},
        "cpu_ratios": {"large_over_small": round(large["events_per_cpu_s"] / small["events_per_cpu_s"], 2)},
        "memory_mb": large["memory_mb"],
    }
    keep("large_state", result)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
