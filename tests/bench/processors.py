"""`make bench NAME=processors`: our processors beside Kafka Streams, Quix Streams, stock Faust and the limit.

One run, one broker, one raw topic (lz4, 4 partitions), every program from the beginning in turn, REPETITIONS times
interleaved, medians. Each writes the same records to RocksDB and topics: the states, each distinct event as a CloudEvent,
each repeat set aside. How time is taken: `measure.py`. The facts each program ends with must be those that the raw
records say; in the first round every field of every event and set-aside record must be the same in all programs.

`recibo` is one worker process a core, as it is meant to be deployed, `recibo_1` a single one. Kafka Streams keeps more than
one core busy with one thread; CPU-seconds show what each costs.

Environment: MESSAGES (125000; about 4.2 records each), REPETITIONS (3), PARTS (some of the programs).
"""

import asyncio
import itertools
import json
import os
import shutil
import sys
from collections.abc import Mapping

from schemas.topics import RAW
from tests.bench.cluster import JOINING_MS, OF_ALL_GENERATIONS, Cluster, Write, fresh_cluster
from tests.bench.command_line import begin
from tests.bench.facts import facts_in, records_hash, true_facts
from tests.bench.measure import Run, measure, median_of
from tests.bench.program import Failed, Program
from tests.bench.programs import PROGRAMS, Make, topics_of
from tests.bench.results import keep
from tests.bench.workload import records


class Comparison:
    """Runs programs over one raw topic and checks that they agree."""

    def __init__(self, cluster: Cluster, count: int, facts: str) -> None:
        self._cluster = cluster
        self._count = count
        self._facts = facts
        self._numbers = itertools.count(1)
        self._written: str | None = None

    async def run(self, make: Make, *, every_field: bool) -> Run:
        """Run a program once. Raises Failed where it fails or disagrees."""
        number = next(self._numbers)
        program = make(self._cluster, number)
        topics = topics_of(program, number)
        if topics:
            await self._cluster.create(topics)
        run = await measure(self._cluster, program, self._count)
        await self._check(program, every_field=every_field)
        await self._cluster.delete([*(topic.name for topic in topics), program.state or ""])
        await asyncio.to_thread(shutil.rmtree, program.folder)
        return run

    async def _check(self, program: Program, *, every_field: bool) -> None:
        if program.state and (facts := await facts_in(self._cluster, program.state)) != self._facts:
            raise Failed(f"{program.name}: the final facts are {facts}, the truth is {self._facts}")
        if every_field and program.outputs:
            written = await records_hash(self._cluster, program.outputs)
            if self._written is None:
                self._written = written
            if written != self._written:
                raise Failed(f"{program.name} wrote other events or set-aside records than the first program")


async def compare(messages: int, repetitions: int, programs: Mapping[str, Make]) -> dict[str, list[Run]]:
    """Return every run of every program. Raises Failed."""
    work = [Write(*record) for record in records(messages)]
    facts = true_facts(work)
    async with fresh_cluster(joining_ms=JOINING_MS) as cluster:
        await cluster.create(OF_ALL_GENERATIONS)
        count = await cluster.fill(RAW, work)
        print(f"{count} records of {messages} messages; facts {facts[:16]}", flush=True)
        del work
        comparison = Comparison(cluster, count, facts)
        await comparison.run(next(iter(programs.values())), every_field=False)  # warms the broker; not counted
        runs: dict[str, list[Run]] = {name: [] for name in programs}
        for repetition, (name, make) in itertools.product(range(repetitions), programs.items()):
            run = await comparison.run(make, every_field=repetition == 0)
            runs[name].append(run)
            print(
                f"{name:16} {run.events_per_s:>8}/s  {run.events_per_cpu_s:>8}/CPU-s  broker {run.broker_cpu_s:>6} CPU-s  "
                f"{run.peak_memory_mb:>5} MiB  {run.records_out:>8} records out  {run.seconds} s",
                flush=True,
            )
    return runs


def ratios(runs: dict[str, dict[str, float]], figure: str, ours: str = "recibo") -> dict[str, float]:
    """Return ours over theirs."""
    if ours not in runs:
        return {}
    theirs = {name: run[figure] for name, run in runs.items() if not name.startswith("recibo")}
    streams = [theirs.pop(name) for name in ("kafka_streams_1", "kafka_streams_2") if name in theirs]
    if streams:
        theirs["kafka_streams"] = streams[0]
        theirs["kafka_streams_best"] = max(streams)
    return {name: round(runs[ours][figure] / value, 2) for name, value in sorted(theirs.items())}


def main() -> None:
    """Run the comparison; the last line printed is its JSON."""
    options = begin(__doc__, PROGRAMS)
    messages = int(os.environ.get("MESSAGES", "125000"))
    repetitions = int(os.environ.get("REPETITIONS", "3"))
    programs = {name: PROGRAMS[name] for name in options.parts}
    try:
        runs = {n: median_of(r) for n, r in asyncio.run(compare(messages, repetitions, programs)).items()}
    except Failed as error:
        sys.exit(f"the benchmark fails: {error}")
    result = {
        "runs": runs,
        "ratios": ratios(runs, "events_per_s"),
        "one_worker_ratios": ratios(runs, "events_per_s", "recibo_1"),
        "cpu_ratios": ratios(runs, "events_per_cpu_s"),
        "messages": messages,
    }
    keep("processors", result)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
