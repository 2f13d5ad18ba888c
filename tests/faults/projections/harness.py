"""Round after round: more traffic is published, something fails in the middle of it, and in the end all is true."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.projections.check import differences, until_projected
from tests.faults.projections.faults import Happening
from tests.faults.projections.line import Line, line
from tests.support.polling import until
from tests.support.publish import publish
from tests.support.world import World, post_busily

MOMENT_S_MAX = 1.2
"""A failure comes at most so long after the round's first record: most of a round takes longer."""


@dataclass
class Report:
    """What a run did."""

    rounds: int = 0
    events: int = 0
    records: int = 0
    happened: Counter[str] = field(default_factory=Counter)
    inserts_met: Counter[str] = field(default_factory=Counter)
    restarts: Counter[str] = field(default_factory=Counter)
    checks: int = 0
    seconds: float = 0.0
    differences: list[str] = field(default_factory=list)


async def run(
    folder: Path,
    rounds: int,
    messages: int,
    happenings: dict[str, Happening],
    *,
    seed: int,
    check_every: int,
    say: Callable[[str], None],
    note: Callable[[int, int], None] = lambda *_: None,
) -> Report:
    """Do `rounds` rounds of about 2.6 `messages` events each, all of `happenings` in turn; compare now and then.

    Args:
        folder: where the engine keeps its data.
        rounds: how many.
        messages: new ones each round.
        happenings: what may fail, by name.
        seed: of traffic and moments.
        check_every: rounds between full comparisons.
        say: called with a sentence after each comparison.
        note: called after each round with its number and the differences so far.
    """
    rnd, world, report, written = random.Random(seed), World(), Report(), Counter[str]()
    started = time.monotonic()
    names = [
        name for _ in range(rounds // len(happenings) + 1) for name in rnd.sample(sorted(happenings), len(happenings))
    ]
    async with line(folder) as running:
        for number, name in enumerate(names[:rounds], start=1):
            await asyncio.to_thread(post_busily, world, messages, seed * 1_000_000 + number)
            written.update({topic: len(records) for topic, records in world.records.items()})
            publishing = asyncio.create_task(publish(world, running.kafka))
            await asyncio.sleep(rnd.uniform(0, MOMENT_S_MAX))
            await happenings[name](running, rnd)
            await publishing
            world.records.clear()
            await until(lambda: _in_service(running), "the line to be in service again", s_max=90)
            report.happened[name] += 1
            if number % check_every == 0 or number == rounds:
                await until_projected(running)
                report.differences += await differences(running, world, written)
                report.checks += 1
                say(f"round {number}: {world.outcomes.total()} events, {len(report.differences)} differences")
            note(number, len(report.differences))
        report.inserts_met.update(fault.name.lower() for fault in running.proxy.met)
        children = (running.engine, *running.projectors)
        report.restarts.update({child.program.name: child.starts - 1 for child in children})
    report.rounds, report.seconds = rounds, round(time.monotonic() - started, 1)
    report.events, report.records = world.outcomes.total(), written.total()
    return report


async def _in_service(running: Line) -> bool:
    children = (running.engine, *running.projectors)
    questions = [child.program.is_ready for child in children]
    return all(await asyncio.gather(*(asyncio.to_thread(ask) for ask in questions if ask is not None)))
