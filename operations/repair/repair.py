"""`recibo repair`, step by step; each continues where an earlier run left off."""

import asyncio
from collections.abc import Callable
from typing import Final

from operations.generation import agreed
from operations.rebuild.live_group import until_read
from operations.repair.archived import fold_archive
from operations.repair.fold import fold_log
from operations.repair.plan import Plan
from operations.repair.prepare import discard, prepare
from operations.repair.steps import COMPARED, Steps
from operations.repair.switch import drop_shadow_tables, fence_old, switch
from operations.repair.tables import Comparison, compare_tables, derived_targets, project
from operations.topics import keep
from runtime.kafka.deployment_log import DeploymentLog
from schemas.deployment_state import HAND_OVER, LIVE, HandOver, LiveGeneration
from schemas.errors import DeploymentError
from schemas.topics import derived

_CLIENT: Final = "recibo-operator"


class Repair:
    """One repair."""

    def __init__(self, plan: Plan) -> None:
        """Prepare; nothing is made before `compare`."""
        self.plan = plan
        self.steps = Steps(plan.client, plan.shadow, plan.topology)

    def is_switched(self) -> bool:
        """Return whether the tables have the new generation already."""
        return self.steps.switched() is not None

    async def compare(self) -> Comparison:
        """Make the new generation beside live traffic, up to now, and compare it with the old one."""
        plan = self.plan
        begin = await prepare(plan, self.steps)
        await fold_archive(plan)
        folded = await fold_log(plan)
        await project(plan)
        if not await self.is_switching():
            await self._live_caught_up()
        comparison = await asyncio.to_thread(compare_tables, plan, begin, folded)
        await asyncio.to_thread(self.steps.note, COMPARED, {"untouched": [str(week) for week in comparison.untouched]})
        return comparison

    async def switch(self, waits_for: Callable[[str], None]) -> Comparison:
        """Hand over to the new generation. Raises DeploymentError where nothing was compared yet."""
        begin = await asyncio.to_thread(self.steps.begin)
        if begin is None:
            raise DeploymentError("nothing is prepared yet: run `recibo repair` without --discard first")
        plan = self.plan
        async with DeploymentLog(plan.kafka, _CLIENT) as deployment:
            await deployment.write(LIVE, 0, LiveGeneration(plan.old, switching_to=plan.new))
        comparison = await switch(plan, self.steps, begin, waits_for)
        await self.finish(waits_for)
        return comparison

    async def finish(self, waits_for: Callable[[str], None]) -> None:
        """Fence the old generation, and let the new one be live: the last steps, done again where they were cut off."""
        plan = self.plan
        switched = await asyncio.to_thread(self.steps.switched)
        assert switched is not None, "the tables are switched"
        if (await agreed(plan.kafka)).live.generation == plan.old:
            await fence_old(plan, waits_for)
            async with DeploymentLog(plan.kafka, _CLIENT) as deployment:
                await deployment.write(HAND_OVER, plan.new, HandOver(plan.old, switched.stood))
                await deployment.write(LIVE, 0, LiveGeneration(plan.new))
        await keep(plan.kafka, derived(plan.topics), for_ever=False)
        await asyncio.to_thread(drop_shadow_tables, plan)

    async def is_switching(self) -> bool:
        """Return whether a switch to this repair's generation was begun, and is not finished."""
        return (await agreed(self.plan.kafka)).live.switching_to == self.plan.new

    async def discard(self) -> None:
        """Delete what was made. Raises DeploymentError in the middle of a switch, which can only continue."""
        if await self.is_switching() or self.is_switched():
            raise DeploymentError("the tables are being switched, or are: run `recibo repair --yes` to finish")
        await discard(self.plan)

    async def _live_caught_up(self) -> None:
        settings = self.plan.settings
        for target in derived_targets(self.plan.old_topics):
            topic = target.projection.topic
            await until_read(settings, settings.group_of(topic), topic, None, self.plan.progress)
