"""The topics of a deployment on its cluster: create what is missing, alter what is not as declared."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from runtime.kafka.clients import make_admin
from runtime.kafka.settings import KafkaSettings
from runtime.kafka.topic_check import FoundTopic, altered, find_topics, hidden_topics
from schemas.errors import DeploymentError
from schemas.topics import Topic, declared

REPLICAS_WANTED: Final = 3
_OFFSETS: Final = "__consumer_offsets"
"""The broker's own topic of committed offsets: whoever leads one of its partitions coordinates groups."""
_TOPIC_EXISTS: Final = 36
_RETENTION: Final = "retention.ms"
_FOR_EVER: Final = "-1"
_FORBIDDEN: Final = frozenset({TopicAuthorizationFailedError.errno, ClusterAuthorizationFailedError.errno})
_REQUEST_TIMEOUT_MS: Final = 10_000
_LEADERS_S_MAX: Final = 20.0
_OFFSETS_S_MAX: Final = 5.0


@asynccontextmanager
async def admin_of(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """Connect to a cluster for as long as the context lasts.

    Raises:
        DeploymentError: no broker answers there.
    """
    admin = make_admin(kafka, "recibo-operator", request_timeout_ms=_REQUEST_TIMEOUT_MS)
    try:
        await admin.start()
    except KafkaError as error:
        await admin.close()
        raise DeploymentError(
            f"no Kafka broker answers at {kafka.bootstrap_servers} ({error}): start it, or correct KAFKA_BOOTSTRAP_SERVERS"
        ) from error
    try:
        yield admin
    finally:
        await admin.close()


async def create_missing(kafka: KafkaSettings, generation: int, partitions: int) -> list[str]:
    """Create the declared topics that are not there, wait until all can be written to and groups joined; return those created.

    Replicated on three brokers where the cluster has them, two of which must then hold a record before it counts.

    What this principal may not see counts as there: managed clusters hide much, and the processes say what they miss.

    Raises:
        DeploymentError: no broker answers, it refuses, or a topic has another partition count: it can never change.
    """
    wanted = {topic.name: topic for topic in declared(kafka.topics(generation))}
    async with admin_of(kafka) as admin:
        found = await find_topics(admin, wanted)
        _check_partitions({name: there for name, there in found.items() if not wanted[name].partitions}, partitions)
        hidden = await hidden_topics(admin, wanted)
        missing = [topic for name, topic in wanted.items() if name not in {*found, *hidden}]
        replicas = min(REPLICAS_WANTED, len((await admin.describe_cluster())["brokers"]))
        safe = {"min.insync.replicas": "2"} if replicas >= REPLICAS_WANTED else {}
        if missing:
            new = [
                NewTopic(t.name, t.partitions or partitions, replicas, topic_configs={**t.config, **safe})
                for t in missing
            ]
            _check_created(await admin.create_topics(new))
        await _wake_coordinators(admin, kafka.named(f"recibo-processors-g{generation}"))
        await wait_for_leaders(admin, wanted)
        with suppress(
            DeploymentError
        ):  # a managed cluster may hide it altogether; members of groups wait for it themselves
            await wait_for_leaders(admin, [_OFFSETS], s_max=_OFFSETS_S_MAX)
        return [topic.name for topic in missing]


async def alter_settings(kafka: KafkaSettings, wanted: Sequence[Topic]) -> list[str]:
    """Give the topics that exist the settings that are declared; return what was altered, for people.

    A topic's other own settings stay. What this principal may not read is left as it is.

    Raises:
        DeploymentError: no broker answers, or it refuses.
    """
    told = []
    async with admin_of(kafka) as admin:
        found = await find_topics(admin, [topic.name for topic in wanted])
        for topic in wanted:
            there = found.get(topic.name)
            changes = altered(topic, there) if there is not None else {}
            if there is None or not changes:
                continue
            await _alter(admin, topic.name, there, changes)
            before = there.config or {}
            told += [f"{topic.name}: {name} {before.get(name)} → {value}" for name, value in changes.items()]
    return told


async def keep(kafka: KafkaSettings, wanted: Sequence[Topic], *, for_ever: bool) -> None:
    """Let nothing leave the topics that exist, or what is older than is declared. Raises DeploymentError as `alter_settings`."""
    async with admin_of(kafka) as admin:
        found = await find_topics(admin, [topic.name for topic in wanted])
        for topic in wanted:
            there, declared_ms = found.get(topic.name), topic.config.get(_RETENTION)
            if there is None or there.config is None or declared_ms is None:
                continue
            retention_ms = _FOR_EVER if for_ever else declared_ms
            if there.config.get(_RETENTION) != retention_ms:
                await _alter(admin, topic.name, there, {_RETENTION: retention_ms})


async def partitions_of_raw(kafka: KafkaSettings) -> int:
    """Return how many partitions the raw log has. Raises DeploymentError: it is not there."""
    raw = kafka.topics().raw
    async with admin_of(kafka) as admin:
        there = (await find_topics(admin, [raw])).get(raw)
    if there is None:
        raise DeploymentError(f"{raw}: no such topic on {kafka.bootstrap_servers}; start `recibo up` first")
    return there.partitions


async def has_topic(kafka: KafkaSettings, name: str) -> bool:
    """Return whether a topic is there. Raises DeploymentError: no broker answers."""
    async with admin_of(kafka) as admin:
        return name in await find_topics(admin, [name])


async def retentions(kafka: KafkaSettings, names: Sequence[str]) -> dict[str, int]:
    """Return how long topics keep records, ms, of those that exist and that this principal may look at."""
    async with admin_of(kafka) as admin:
        found = await find_topics(admin, names)
    return {name: int(there.config[_RETENTION]) for name, there in found.items() if there.config is not None}


async def bound_compaction(kafka: KafkaSettings, topic: str, within_ms: int) -> bool:
    """Have a compacted topic drop old values within a time. Return whether it does: it may not be this principal's to alter."""
    name = "max.compaction.lag.ms"
    async with admin_of(kafka) as admin:
        there = (await find_topics(admin, [topic])).get(topic)
        if there is None or there.config is None:
            return False
        if int(there.config.get(name, within_ms + 1)) > within_ms:
            try:
                await _alter(admin, topic, there, {name: str(within_ms)})
            except DeploymentError:
                return False
        return True


async def _alter(admin: AIOKafkaAdminClient, name: str, there: FoundTopic, changes: Mapping[str, str]) -> None:
    resource = ConfigResource(ConfigResourceType.TOPIC, name, {**there.own_config, **changes})
    for response in await admin.alter_configs([resource]):
        _check_altered(response)


def _check_altered(response: Any) -> None:
    for code, reason, _kind, name in response.resources:
        if code in _FORBIDDEN:
            raise DeploymentError(
                f"this principal may not alter {name}: have it altered by who may, or be granted what "
                "`recibo topics --acls` prints for the operator"
            )
        if code:
            raise DeploymentError(f"Kafka did not alter {name}: {reason or f'error {code}'}")


def _check_partitions(found: Mapping[str, FoundTopic], partitions: int) -> None:
    for name, topic in found.items():
        if topic.partitions != partitions:
            raise DeploymentError(
                f"{name} has {topic.partitions} partitions and {partitions} are asked for: a running deployment keeps "
                f"its count, since keys would move; set RECIBO_PARTITIONS={topic.partitions}"
            )


def _check_created(response: Any) -> None:
    for name, code, *reason in response.topic_errors:
        if code in _FORBIDDEN:
            raise DeploymentError(
                f"this principal may not create {name}: have it created (`recibo topics --print kafka-topics`, or "
                "terraform), or be granted what `recibo topics --acls` prints for the operator"
            )
        if code not in (0, _TOPIC_EXISTS):
            raise DeploymentError(f"Kafka did not create {name}: {reason[0] if reason else f'error {code}'}")


async def _wake_coordinators(admin: AIOKafkaAdminClient, group: str) -> None:
    """Ask for the coordinator of a group: a new broker makes its topic of offsets only then, and clients would wait for it."""
    deadline = time.monotonic() + _LEADERS_S_MAX
    while True:
        try:
            await admin.find_coordinator(group)
        except GroupCoordinatorNotAvailableError as error:
            if time.monotonic() > deadline:
                raise DeploymentError("Kafka has no coordinator for groups: look at the broker's log") from error
            await asyncio.sleep(0.1)
        except GroupAuthorizationFailedError:
            return  # not this principal's to ask; the members of the group will
        else:
            return


async def wait_for_leaders(admin: AIOKafkaAdminClient, names: Iterable[str], s_max: float = _LEADERS_S_MAX) -> None:
    """Return when every partition of the topics can be written to: brokers learn of a new topic a moment later.

    A topic that this principal may not see is not waited for.

    Raises:
        DeploymentError: some have no leader within `s_max` seconds.
    """
    deadline = time.monotonic() + s_max
    names = set(names)
    while True:
        described = await admin.describe_topics(list(names))
        waiting = sorted(topic["topic"] for topic in described if not _is_led(topic))
        if not waiting:
            return
        if time.monotonic() > deadline:
            raise DeploymentError(f"Kafka has no leader for {', '.join(waiting)}: look at the broker's log")
        await asyncio.sleep(0.1)


def _is_led(topic: Any) -> bool:
    if topic["error_code"] == TopicAuthorizationFailedError.errno:
        return True
    partitions = topic["partitions"]
    return not topic["error_code"] and bool(partitions) and all(partition["leader"] >= 0 for partition in partitions)
