"""Waiting until everything that is in the raw log now is folded, and everything that came of it is in the tables."""

from typing import Final

from operations.rebuild.live_group import until_read
from operations.rebuild.replay import Progress
from projections.rows import projections_of
from projections.settings import Settings
from schemas.errors import DeploymentError

_REMEDY: Final = "start it, and run this again: it continues from where it was"


async def settled(settings: Settings, progress: Progress) -> None:
    """Return once the processors and every projection have read what their topics hold now.

    So nothing of it is folded, published or inserted any more: what is taken out of the tables after this stays out.

    Raises:
        DeploymentError: one of them stands still.
    """
    kafka, generation = settings.kafka, settings.generation
    topics = kafka.topics(generation)
    groups = [(kafka.named(f"recibo-processors-g{generation}"), topics.raw)]
    groups += [(settings.group_of(p.topic), p.topic) for p in projections_of(topics)]
    for group, topic in groups:
        behind = await until_read(settings, group, topic, None, progress)
        if behind > 0:
            raise DeploymentError(f"{group} stands still, {behind:,} records of {topic} behind: {_REMEDY}")
