"""Topics as they are on the cluster, held to what is declared: at every start, by the doctor, by `recibo topics`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAuthorizationFailedError

from runtime.kafka.clients import make_admin
from runtime.kafka.settings import KafkaSettings
from runtime.kafka.topic_ids import topic_ids
from schemas.errors import TopicsRefused
from schemas.topics import Topic

log = structlog.get_logger()

_AT_LEAST: Final = frozenset({"retention.ms", "max.message.bytes", "min.compaction.lag.ms", "delete.retention.ms"})
"""Settings of which more than declared is as good; -1 is for ever."""
REMEDY: Final = (
    "Run `recibo topics --apply`: it creates what is missing and alters what can be altered (on a cluster that others "
    "administer, hand them what `recibo topics --print kafka-topics` prints)"
)


@dataclass(frozen=True, slots=True)
class FoundTopic:
    """A topic as it is on the cluster. `has_leaders` is whether every partition can be written to now."""

    partitions: int
    replicas: int
    has_leaders: bool
    config: Mapping[str, str] | None
    """Its settings; None where this principal may not read them."""
    topic_id: str = ""
    """Kafka's own id of it; "" where the brokers say none."""
    own_config: Mapping[str, str] = field(default_factory=dict)
    """Those of its settings that were made for this topic alone."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one look at a cluster found."""

    cluster_id: str
    brokers: int
    topics: Mapping[str, FoundTopic]
    hidden: frozenset[str]
    """Topics of which this principal may not even know whether they exist."""


async def look_at(kafka: KafkaSettings, client_id: str, wanted: Iterable[Topic]) -> Found:
    """Return the cluster and those of the topics that exist. Raises aiokafka's KafkaError where no broker answers."""
    names = [topic.name for topic in wanted]
    admin = make_admin(kafka, client_id)
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
        topics, hidden = await find_topics(admin, names), await hidden_topics(admin, names)
        return Found(str(cluster.get("cluster_id")), len(cluster["brokers"]), topics, frozenset(hidden))
    finally:
        await admin.close()


async def check_topics(kafka: KafkaSettings, client_id: str, wanted: Sequence[Topic]) -> Found:
    """Look at the topics that a process depends on, and refuse those that are not as declared.

    What this principal may not read is warned of, and not refused.

    Raises:
        TopicsRefused: what differs, and the remedy.
        KafkaError: no broker answers.
    """
    found = await look_at(kafka, client_id, wanted)
    unchecked = sorted({*found.hidden, *(name for name, topic in found.topics.items() if topic.config is None)})
    if unchecked:
        log.warning(
            "topics are unchecked: this principal may not read their settings (`recibo topics --acls` prints the grants)",
            topics=unchecked,
        )
    told = differences([topic for topic in wanted if topic.name not in found.hidden], found.topics)
    if told:
        raise TopicsRefused(f"topics on {kafka.bootstrap_servers} are not as declared: {'; '.join(told)}. {REMEDY}")
    return found


def differences(wanted: Iterable[Topic], found: Mapping[str, FoundTopic]) -> list[str]:
    """Return, for people, how the topics that were found differ from the declared ones. Decides without IO."""
    told = []
    counts: dict[int, str] = {}
    for topic in wanted:
        there = found.get(topic.name)
        if there is None:
            told.append(f"{topic.name} is missing")
            continue
        told += [
            f"{topic.name} has {name}={(there.config or {}).get(name)}, declared {value}"
            for name, value in altered(topic, there).items()
        ]
        if topic.partitions and there.partitions != topic.partitions:
            told.append(f"{topic.name} has {there.partitions} partitions and must have {topic.partitions}: recreate it")
        if not topic.partitions:
            counts.setdefault(there.partitions, topic.name)
    if len(counts) > 1:
        told.append(
            f"partition counts differ ({', '.join(f'{name} has {count}' for count, name in sorted(counts.items()))}); all "
            "must be the same, else keys would not meet their state: recreate the derived topics with the raw topic's count"
        )
    return told


def altered(topic: Topic, there: FoundTopic) -> dict[str, str]:
    """Return the settings of a topic that are to be altered, with the values that are declared. Decides without IO."""
    if there.config is None:
        return {}
    return {name: value for name, value in topic.config.items() if not _will_do(name, there.config.get(name), value)}


def _will_do(name: str, found: str | None, declared: str) -> bool:
    if name not in _AT_LEAST or found is None:
        return found == declared
    return found == "-1" or int(found) >= int(declared)


async def find_topics(admin: AIOKafkaAdminClient, names: Iterable[str]) -> dict[str, FoundTopic]:
    """Return those of `names` that exist, as they are."""
    described = await admin.describe_topics(list(names))
    there = [topic for topic in described if topic["partitions"] and not topic["error_code"]]
    configs = await _configs(admin, [topic["topic"] for topic in there])
    ids = await topic_ids(admin, [topic["topic"] for topic in there]) if there else {}
    return {
        topic["topic"]: FoundTopic(
            partitions=len(topic["partitions"]),
            replicas=min(len(partition["replicas"]) for partition in topic["partitions"]),
            has_leaders=all(partition["leader"] >= 0 for partition in topic["partitions"]),
            config=configs[topic["topic"]][0] if topic["topic"] in configs else None,
            topic_id=ids.get(topic["topic"], ""),
            own_config=configs[topic["topic"]][1] if topic["topic"] in configs else {},
        )
        for topic in there
    }


async def hidden_topics(admin: AIOKafkaAdminClient, names: Iterable[str]) -> set[str]:
    """Return those of `names` of which this principal may not even know whether they exist."""
    described = await admin.describe_topics(list(names))
    return {topic["topic"] for topic in described if topic["error_code"] == TopicAuthorizationFailedError.errno}


_OF_THE_TOPIC: Final = 1
"""Kafka's source of a setting that was made for the topic, not for its brokers and not by default."""


async def _configs(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """Return each topic's settings, and those of them that are its own; none for one that is not this principal's to read."""
    if not names:
        return {}
    responses = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    return {
        name: (
            {entry[0]: entry[1] for entry in entries},
            {entry[0]: entry[1] for entry in entries if int(entry[3]) == _OF_THE_TOPIC},
        )
        for response in responses
        for code, _reason, _kind, name, entries in response.resources
        if not code
    }
