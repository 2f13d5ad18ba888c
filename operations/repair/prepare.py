"""The beginning of a repair: topics, from where to fold, and the seeds. And its end without a switch: all of it discarded."""

import asyncio
import shutil
import time
from collections.abc import Mapping

from clickhouse_connect.driver.client import Client

from operations.archive.location import Location
from operations.archive.read import manifests_of
from operations.generation import agreed
from operations.rebuild.replacement import require_replaceable
from operations.repair.archived import archive_starts
from operations.repair.plan import Plan
from operations.repair.raw_group import RawGroup
from operations.repair.seeding import seed_generation
from operations.repair.steps import SEEDED, STARTED, Begin, Steps
from operations.repair.tables import derived_targets, replay_of, shadow_group
from operations.topics import admin_of, create_missing, keep
from projections.clickhouse.ddl import change
from runtime.kafka.deployment_log import DeploymentLog
from runtime.kafka.topic_check import find_topics
from runtime.sources_file import SourcesFile
from schemas.deployment_state import FIRST_GENERATION, MAPPINGS, PARSER, Mappings, RawIdentity
from schemas.deployment_state import RAW as RAW_TOPIC
from schemas.errors import DeploymentError
from schemas.topics import RAW, derived


async def prepare(plan: Plan, steps: Steps) -> Begin:
    """Create what the new generation needs, fix from where it is folded, and seed it. Skips what is done."""
    require_replaceable(plan.topology)
    raw = plan.topics.raw
    async with admin_of(plan.kafka) as admin:
        found = await find_topics(admin, [raw, plan.old_topics.message_state])
    if raw not in found:
        raise DeploymentError(f"{raw} is not on {plan.kafka.bootstrap_servers}: there is nothing to fold")
    await create_missing(plan.kafka, plan.new, found[raw].partitions)
    # What is folded of an archive, or of a log that is kept longer, would leave them before it is in the tables.
    await keep(plan.kafka, derived(plan.topics), for_ever=True)
    await asyncio.to_thread(steps.create)
    begin = await asyncio.to_thread(steps.begin)
    if begin is None:
        begin = await _start(plan, RawIdentity(found[raw].topic_id, found[raw].partitions))
        await asyncio.to_thread(steps.note, STARTED, begin)
    if SEEDED not in await asyncio.to_thread(steps.done):
        seeded = 0
        if begin.is_recreated or plan.old > FIRST_GENERATION or any(begin.starts.values()):
            there = found.get(plan.old_topics.message_state)
            seeded = await seed_generation(plan, begin, there.partitions if there else 0)
        await asyncio.to_thread(steps.note, SEEDED, seeded)
    return begin


async def _start(plan: Plan, raw: RawIdentity) -> Begin:
    _drop_states(plan)
    known = (await agreed(plan.kafka)).raw.get(plan.old)
    is_recreated = known is not None and not known.is_of(raw)
    if is_recreated and plan.archive:
        raise DeploymentError(
            f"{plan.topics.raw} was recreated, and {plan.archive} holds the log that was there before: its offsets mean "
            "nothing in this one. Repair without --archive; what the old generation knows is kept"
        )
    for target in derived_targets(plan.topics):
        async with replay_of(target, shadow_group(plan, target), plan.new_settings) as replay:
            await replay.begin()
    async with RawGroup(plan.kafka, plan.processors_group) as group:
        begins, ends = await group.begins(), await group.ends()
        starts = archive_starts(plan.archive, begins)
        first_at_ms = await group.first_at_ms()
        await group.commit(starts)
    async with DeploymentLog(plan.kafka, "recibo-operator") as deployment:
        await deployment.write(MAPPINGS, plan.new, Mappings(ends, _mappings(plan)))
    if is_recreated:
        now = time.time_ns() // 1_000_000
        return Begin(starts, max(first_at_ms.get(partition, now) for partition in starts), is_recreated=True)
    return Begin(starts, _floor_ms(plan, starts, begins, first_at_ms))


def _mappings(plan: Plan) -> dict[str, str]:
    """Return today's mapping of each source: what came until now is read by these."""
    sources = SourcesFile(plan.config_file, may_be_missing=True).read()
    return {name: source.mapping_text for name, source in sources.by_name.items()}


def _floor_ms(plan: Plan, starts: Mapping[int, int], begins: Mapping[int, int], first_at_ms: Mapping[int, int]) -> int:
    """Return the append time before which a record may be older than what is folded (see Begin)."""
    floors = [-1]
    for partition, start in starts.items():
        if start == begins[partition] > 0:
            first = first_at_ms.get(partition)  # none where all that it had has left the log
            floors.append(last_lost_ms(plan.client, plan.store, partition, start) if first is None else first)
        elif 0 < start < begins[partition]:
            files = manifests_of(Location(plan.archive), RAW, partition)
            floors.append(next(file.first_at_ms for file in files if file.first_offset == start))
    return max(floors)


def last_lost_ms(client: Client, store: str, partition: int, before: int) -> int:
    """Return the append time, UTC ms, of the last record before an offset that the table still has; where it has none, now."""
    text = (
        f"SELECT count(), toUnixTimestamp64Milli(max(at)) FROM {store}.webhook_raw "  # noqa: S608 - a name of ours
        f"WHERE log_partition = {partition} AND log_offset < {before}"
    )
    ((count, at_ms),) = client.query(text).result_rows
    return int(at_ms) if count else time.time_ns() // 1_000_000


async def discard(plan: Plan) -> None:
    """Delete what a repair made: topics, shadow and states. The live generation is as it was."""
    names = [topic.name for topic in derived(plan.topics)]
    async with admin_of(plan.kafka) as admin:
        there = list(await find_topics(admin, names))
        if there:
            await admin.delete_topics(there)
    await _forget_agreed(plan)
    await asyncio.to_thread(change, plan.client, f"DROP DATABASE IF EXISTS {plan.shadow} SYNC", plan.topology)
    _drop_states(plan)


async def _forget_agreed(plan: Plan) -> None:
    """Delete what the topic `deployment` says of the generation that is discarded."""
    async with DeploymentLog(plan.kafka, "recibo-operator") as deployment:
        state = deployment.state
        if plan.new in state.raw:
            await deployment.write(RAW_TOPIC, plan.new, None)
        if plan.new in state.mappings:
            await deployment.write(MAPPINGS, plan.new, None)
        for generation, partition in state.parsers:
            if generation == plan.new:
                await deployment.write(PARSER, plan.new, None, partition)


def _drop_states(plan: Plan) -> None:
    """Delete the new generation's local states: of an earlier repair that was discarded, perhaps."""
    shutil.rmtree(plan.data_dir / "state" / f"g{plan.new}", ignore_errors=True)
