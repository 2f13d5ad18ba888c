"""`make bench NAME=recovery`: how fast a lost disk is rebuilt from its changelog, ours beside stock Faust's table.

Both find the same STATES states, to the byte, in their changelog (4 partitions, zstd), an empty disk, and one raw record
a partition that repeats an event of a state near the changelog's end: it is set aside as a repeat only by who recovered
that state. The clock runs from the first record fetched to the last of these records written. Interleaved, medians.

Environment: STATES (300000), REPETITIONS (3).
"""

import asyncio
import json
import os
import statistics
import sys
import time

from schemas.topics import RAW, Topic
from tests.bench.cluster import OF_ALL_GENERATIONS, PARTITIONS, Cluster, fresh_cluster
from tests.bench.command_line import begin
from tests.bench.measure import measure
from tests.bench.program import Failed, Program
from tests.bench.programs import recibo, stock_faust, topics_of
from tests.bench.results import keep
from tests.bench.tracked import repeats, states

_CHANGELOG = {"cleanup.policy": "compact", "min.compaction.lag.ms": "3600000"}


async def recovery_s(cluster: Cluster, program: Program, number: int, count: int, now_ms: int) -> float:
    """Return how long a program took to recover `count` states. Raises Failed where it did not."""
    topics = topics_of(program, number)
    await cluster.create(topics)
    assert program.state is not None, "both keep states"
    if program.state not in {topic.name for topic in topics}:
        await cluster.create([Topic(program.state, _CHANGELOG)])
    await cluster.fill(program.state, states(count, now_ms), "zstd")
    run = await measure(cluster, program, PARTITIONS)
    repeated = await cluster.count(program.outputs[-1])
    if repeated != PARTITIONS:
        raise Failed(f"{program.name} knew {repeated} of {PARTITIONS} events again: it did not recover every state")
    await cluster.delete([*(topic.name for topic in topics), program.state])
    print(f"{program.name:12} {count / run.output_s:>9.0f} states/s  {run.peak_memory_mb} MiB", flush=True)
    return run.output_s


async def compare(count: int, repetitions: int) -> dict[str, list[float]]:
    """Return the seconds of every repetition, by program."""
    now_ms = time.time_ns() // 1_000_000
    seconds: dict[str, list[float]] = {"recibo": [], "stock_faust": []}
    async with fresh_cluster() as cluster:
        await cluster.create(OF_ALL_GENERATIONS)
        await cluster.fill(RAW, repeats(count, now_ms))
        for number in range(1, repetitions + 1):
            for make in (recibo, stock_faust):
                program = make(cluster, number)
                seconds[program.name].append(await recovery_s(cluster, program, number, count, now_ms))
    return seconds


def main() -> None:
    """Run the comparison; the last line printed is its JSON."""
    begin(__doc__)
    count = int(os.environ.get("STATES", "300000"))
    try:
        seconds = asyncio.run(compare(count, int(os.environ.get("REPETITIONS", "3"))))
    except Failed as error:
        sys.exit(f"the benchmark fails: {error}")
    speeds = {name: round(count / statistics.median(each)) for name, each in seconds.items()}
    result = {
        "runs": {name: {"states": count, "states_per_s": speeds[name], "seconds": seconds[name]} for name in seconds},
        "ratios": {"stock_faust": round(speeds["recibo"] / speeds["stock_faust"], 2)},
    }
    keep("recovery", result)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
