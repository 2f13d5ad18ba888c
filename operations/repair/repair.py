"""`recibo repair`, step by step; each continues where an earlier run left off."""

import asyncio
from collections.abc import Callable

from operations.generation import Generation, read_generation, write_generation
from operations.rebuild.live_group import until_read
from operations.repair.archived import fold_archive
from operations.repair.fold import fold_log
from operations.repair.plan import Plan
from operations.repair.prepare import discard, prepare
from operations.repair.steps import COMPARED, SWITCHED, Steps
from operations.repair.switch import drop_shadow_tables, switch
from operations.repair.tables import Comparison, compare_tables, derived_targets, project
from schemas.errors import DeploymentError


class Repair:
    """One repair."""

    def __init__(self, plan: Plan) -> None:
        """Prepare; nothing is made before `compare`."""
        self.plan = plan
        self.steps = Steps(plan.client, plan.shadow)

    def is_switched(self) -> bool:
        """Return whether the tables have the new generation already."""
        return SWITCHED in self.steps.done()

    async def compare(self) -> Comparison:
        """Make the new generation beside live traffic, up to now, and compare it with the old one."""
        plan = self.plan
        begin = await prepare(plan, self.steps)
        await fold_archive(plan)
        folded = await fold_log(plan)
        await project(plan)
        if not read_generation(plan.data_dir).switching_to:
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
        write_generation(plan.data_dir, Generation(plan.old, switching_to=plan.new))
        comparison = await switch(plan, self.steps, begin, waits_for)
        self.finish()
        return comparison

    def finish(self) -> None:
        """Let the new generation be live: the last step, done again where it was cut off."""
        write_generation(self.plan.data_dir, Generation(self.plan.new))
        drop_shadow_tables(self.plan)

    async def discard(self) -> None:
        """Delete what was made. Raises DeploymentError in the middle of a switch, which can only continue."""
        if read_generation(self.plan.data_dir).switching_to or self.is_switched():
            raise DeploymentError("the tables are being switched, or are: run `recibo repair --yes` to finish")
        await discard(self.plan)

    async def _live_caught_up(self) -> None:
        settings = self.plan.settings
        for target in derived_targets(self.plan.old_topics):
            topic = target.projection.topic
            await until_read(settings, settings.group_of(topic), topic, None, self.plan.progress)
