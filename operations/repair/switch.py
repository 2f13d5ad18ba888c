"""The switch to a new generation: from the old one's last outcome to the new one's first, each coordinate exactly once.

Nothing of the old generation works meanwhile: the topic `deployment` says that a switch lasts, what hears of it drains and
waits, and what does not is taken out of its groups. Ingest continues. Every step may be done twice, and the switch counts once it is noted: only then
may the new generation's projector start, behind all that is in the tables.
"""

import asyncio
from collections.abc import Callable
from functools import partial

from operations.rebuild.comparison import shadow_rows
from operations.rebuild.people import link_people
from operations.rebuild.replacement import replace
from operations.repair.fence import fence
from operations.repair.fold import fold_log
from operations.repair.hand_over import hand_over
from operations.repair.plan import Plan
from operations.repair.raw_group import RawGroup
from operations.repair.steps import DECIDED, SWITCHED, Begin, Steps, Switched
from operations.repair.tables import (
    Comparison,
    compare_tables,
    derived_targets,
    project,
    replay_of,
    store_to_end,
)
from projections.clickhouse.ddl import change


async def switch(plan: Plan, steps: Steps, begin: Begin, waits_for: Callable[[str], None]) -> Comparison:
    """Hand the tables over to the new generation. Returns what was compared at that moment.

    Args:
        plan: the repair.
        steps: its record.
        begin: from where the generation is folded.
        waits_for: called with what has to be stopped, where something still runs.
    """
    await _empty_old_groups(plan, waits_for)
    decided = await _decided(plan, steps, begin)
    await _drain_old(plan)
    folded = await fold_log(plan)
    stood = await project(plan)
    comparison = await asyncio.to_thread(compare_tables, plan, begin, folded)
    plan.progress("handing over", 0, 1)
    await asyncio.to_thread(hand_over, plan, begin, decided, comparison.replaced)
    for target in derived_targets(plan.topics):
        made = partial(
            replace,
            live=plan.store,
            shadow=plan.shadow,
            progress=lambda step: plan.progress(step, 0, 1),
            counted=shadow_rows(comparison.weeks),
            topology=plan.topology,
        )
        await asyncio.to_thread(made, plan.client, target.tables, comparison.replaced)
    plan.progress("linking people", 0, 1)
    await link_people(plan.client, plan.store, plan.shadow)
    plan.progress("moving the projector's groups", 0, 1)
    if begin.is_recreated:
        await fence(plan.kafka, _live_group(plan, plan.topics.raw), plan.topics.raw, "begin", waits_for)
    for target in derived_targets(plan.topics):
        topic = target.projection.topic
        async with replay_of(target, _live_group(plan, topic), plan.new_settings) as replay:
            await replay.go_on_at(stood[topic])
    await asyncio.to_thread(steps.note, SWITCHED, Switched([str(week) for week in comparison.replaced], stood))
    return comparison


async def fence_old(plan: Plan, waits_for: Callable[[str], None]) -> None:
    """Leave nothing for a member of the old generation that comes back: its groups stand where their topics end."""
    plan.progress(f"fencing generation {plan.old}", 0, 1)
    for group, topic in _old_groups(plan):
        await fence(plan.kafka, group, topic, "end", waits_for)


def drop_shadow_tables(plan: Plan) -> None:
    """Drop the shadow's tables; the record of the repair stays."""
    text = "SELECT name FROM system.tables WHERE database = {database:String} AND name != 'repair_step'"
    for (name,) in plan.client.query(text, parameters={"database": plan.shadow}).result_rows:
        change(plan.client, f"DROP TABLE IF EXISTS {plan.shadow}.{name} SYNC", plan.topology)


def _live_group(plan: Plan, topic: str) -> str:
    return plan.settings.group_of(topic)


def _old_groups(plan: Plan) -> list[tuple[str, str]]:
    """Return the old generation's groups, with the topic that each reads; the processors' last: they feed the others."""
    topics = [target.projection.topic for target in derived_targets(plan.old_topics)]
    processors = plan.kafka.named(f"recibo-processors-g{plan.old}")
    return [*((_live_group(plan, topic), topic) for topic in topics), (processors, plan.topics.raw)]


async def _empty_old_groups(plan: Plan, waits_for: Callable[[str], None]) -> None:
    """Return when nothing of the old generation works: only then does Kafka let a stranger move its groups."""
    plan.progress(f"stopping generation {plan.old}", 0, 1)
    for group, topic in reversed(_old_groups(plan)):
        await fence(plan.kafka, group, topic, "commit", waits_for)


async def _decided(plan: Plan, steps: Steps, begin: Begin) -> dict[int, int]:
    """Return up to where the old generation decided the raw log. Noted, since its group is moved later on."""
    noted = await asyncio.to_thread(steps.decided)
    if noted is not None:
        return noted
    decided = dict(begin.starts)
    if not begin.is_recreated:  # nothing of another log was decided by it
        async with RawGroup(plan.kafka, plan.kafka.named(f"recibo-processors-g{plan.old}")) as group:
            decided = await group.committed()
    await asyncio.to_thread(steps.note, DECIDED, decided)
    return decided


async def _drain_old(plan: Plan) -> None:
    """Store in the live tables what the old generation's projector had not read when it was stopped."""
    for target in derived_targets(plan.old_topics):
        async with replay_of(target, _live_group(plan, target.projection.topic), plan.settings) as replay:
            await store_to_end(plan, replay, target, plan.store, f"last of {target.table}")
