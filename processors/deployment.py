"""What a worker agrees on with the rest of the deployment: the live generation, and the raw log it is folded from."""

from dataclasses import replace
from typing import Final

import msgspec
from aiokafka import TopicPartition

from processors.settings import Settings
from runtime.kafka.clients import make_consumer
from runtime.kafka.deployment_log import DeploymentLog
from runtime.kafka.live_generation import live_generation
from schemas.deployment_state import PARSER, RAW, DeploymentState, RawIdentity, another_log, not_live
from schemas.errors import DeploymentError, StateRefused
from schemas.parser_version import PARSER_VERSION
from schemas.record import SetAside

_CLIENT: Final = "recibo-processors"


async def at_live_generation(settings: Settings) -> Settings:
    """Return the settings with the generation to work for. Raises DeploymentError (see `live_generation`)."""
    if settings.repair_generation:
        return settings
    return replace(settings, generation=await live_generation(settings.kafka, _CLIENT))


async def open_deployment(settings: Settings, raw: RawIdentity) -> DeploymentLog:
    """Return the topic `deployment`, read, once it allows this worker to begin; the caller leaves it at the end.

    Notes of which raw log a generation is folded from, where nobody has yet.

    Raises:
        DeploymentError: this generation is not live.
        StateRefused: the raw log is another one than the generation was folded from.
    """
    deployment = await DeploymentLog(settings.kafka, _CLIENT).__aenter__()
    try:
        generation = settings.generation
        _check(deployment.state, settings, raw)
        known = deployment.state.raw.get(generation)
        if known is None or (raw.topic_id and not known.topic_id):
            await deployment.write(RAW, generation, raw)
    except BaseException:
        await deployment.__aexit__(None, None, None)
        raise
    return deployment


async def may_begin(deployment: DeploymentLog, settings: Settings, partition: int, first: int, version: int) -> None:
    """Note that this version's parsers work on a raw partition; refuse where another's work there is not committed.

    What a version began to publish and did not commit is folded again: by other parsers it would come to other events.

    Args:
        deployment: the topic, tailed.
        settings: of this worker.
        partition: of the raw log.
        first: the offset at which this worker begins.
        version: the greatest offset that is in a state.

    Raises:
        StateRefused: another version's work is not committed.
    """
    generation = settings.generation
    known = deployment.state.parsers.get((generation, partition))
    if known == PARSER_VERSION:
        return
    if known is not None:
        set_aside = settings.kafka.topics(generation).set_aside
        done = max(version, await _last_set_aside(settings, TopicPartition(set_aside, partition)))
        if done >= first:
            raise StateRefused(
                f"raw partition {partition}: parsers of version {known} published what the records from offset {first} to {done} "
                f"came to and did not commit it, and this release has version {PARSER_VERSION}: start the release before it "
                "once, until it has caught up, and stop it by SIGTERM; or run `recibo repair`, which folds all of it anew"
            )
    await deployment.write(PARSER, generation, PARSER_VERSION, partition)


async def _last_set_aside(settings: Settings, where: TopicPartition) -> int:
    """Return the raw offset of the last record that was set aside; -1 where none is there."""
    consumer = make_consumer(settings.kafka, _CLIENT, enable_auto_commit=False, auto_offset_reset="earliest")
    try:
        await consumer.start()
        consumer.assign([where])
        begin, end = (await consumer.beginning_offsets([where]))[where], (await consumer.end_offsets([where]))[where]
        if begin == end:
            return -1
        consumer.seek(where, end - 1)
        record = await consumer.getone(where)
        return msgspec.json.decode(record.value, type=SetAside).offset
    finally:
        await consumer.stop()


def _check(state: DeploymentState, settings: Settings, raw: RawIdentity) -> None:
    if why := not_live(state, settings.generation, is_repairs=bool(settings.repair_generation)):
        raise DeploymentError(why)
    if why := another_log(state, settings.generation, raw, settings.kafka.topics().raw):
        raise StateRefused(why)
