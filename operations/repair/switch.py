"""The switch to a new generation: from the old one's last outcome to the new one's first, each coordinate exactly once.

No projector runs meanwhile; ingest continues. Every step may be done twice, and the switch counts once it is noted: only then
may the new generation's projector start, behind all that is in the tables.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from aiokafka.errors import CommitFailedError

from operations.rebuild.replacement import replace
from operations.repair.fold import fold_log
from operations.repair.hand_over import hand_over
from operations.repair.plan import Plan
from operations.repair.raw_group import RawGroup
from operations.repair.steps import SWITCHED, Begin, Steps
from operations.repair.tables import (
    Comparison,
    compare_tables,
    derived_targets,
    project,
    replay_of,
    store_to_end,
)

_POLL_S: Final = 0.2


async def switch(plan: Plan, steps: Steps, begin: Begin, waits_for: Callable[[str], None]) -> Comparison:
    """Hand the tables over to the new generation. Returns what was compared at that moment.

    Args:
        plan: the repair.
        steps: its record.
        begin: from where the generation is folded.
        waits_for: called with what has to be stopped, where something still runs.
    """
    await _until_stopped(plan, waits_for)
    async with RawGroup(plan.kafka, plan.kafka.named(f"recibo-processors-g{plan.old}")) as group:
        decided = await group.committed()
    await _drain_old(plan)
    folded = await fold_log(plan)
    stood = await project(plan)
    comparison = await asyncio.to_thread(compare_tables, plan, begin, folded)
    await asyncio.to_thread(hand_over, plan, begin, decided, comparison.replaced)
    for target in derived_targets(plan.topics):
        made = partial(replace, live=plan.store, shadow=plan.shadow, progress=lambda step: plan.progress(step, 0, 1))
        await asyncio.to_thread(made, plan.client, target.tables, comparison.replaced)
    for target in derived_targets(plan.topics):
        topic = target.projection.topic
        async with replay_of(target, _live_group(plan, topic), plan.new_settings) as replay:
            await replay.go_on_at(stood[topic])
    await asyncio.to_thread(steps.note, SWITCHED, {"weeks": [str(week) for week in comparison.replaced]})
    return comparison


def drop_shadow_tables(plan: Plan) -> None:
    """Drop the shadow's tables; the record of the repair stays."""
    text = "SELECT name FROM system.tables WHERE database = {database:String} AND name != 'repair_step'"
    for (name,) in plan.client.query(text, parameters={"database": plan.shadow}).result_rows:
        plan.client.command(f"DROP TABLE IF EXISTS {plan.shadow}.{name} SYNC")


def _live_group(plan: Plan, topic: str) -> str:
    return plan.settings.group_of(topic)


async def _until_stopped(plan: Plan, waits_for: Callable[[str], None]) -> None:
    """Wait until no projector of the old generation runs: only then does Kafka let a stranger move its group."""
    told = False
    for target in derived_targets(plan.old_topics):
        async with replay_of(target, _live_group(plan, target.projection.topic), plan.settings) as replay:
            while True:
                try:
                    await replay.go_on_at(await replay.committed())
                    break
                except CommitFailedError:
                    if not told:
                        waits_for(f"the projector and the processors of generation {plan.old}")
                        told = True
                    await asyncio.sleep(_POLL_S)


async def _drain_old(plan: Plan) -> None:
    """Store in the live tables what the old generation's projector had not read when it was stopped."""
    for target in derived_targets(plan.old_topics):
        async with replay_of(target, _live_group(plan, target.projection.topic), plan.settings) as replay:
            await store_to_end(plan, replay, target, plan.store, f"last of {target.table}")
