"""What the worker must know of Kafka before it trusts anything: the cluster's id, its topics, which raw log it is."""

from typing import NamedTuple

from runtime.kafka.settings import KafkaSettings
from runtime.kafka.topic_check import check_topics
from schemas.deployment_state import RawIdentity
from schemas.errors import TopicsRefused
from schemas.topics import Topics, declared


class Cluster(NamedTuple):
    """The cluster's id, and the raw log on it, whose partition count all keyed topics share."""

    id: str
    raw: RawIdentity


async def inspect_cluster(kafka: KafkaSettings, topics: Topics) -> Cluster:
    """Return the cluster as it is.

    Raises:
        TopicsRefused: a topic is missing, or not as declared.
        KafkaError: no broker answers.
    """
    others = {topics.requests, topics.sends, topics.access, topics.looks, topics.erasures}
    wanted = [topic for topic in declared(topics) if topic.name not in others]
    found = await check_topics(kafka, "recibo-processors", wanted)
    raw = found.topics.get(topics.raw)
    if raw is None:
        raise TopicsRefused(f"{topics.raw} is hidden from this principal: `recibo topics --acls` prints what to grant")
    return Cluster(found.cluster_id, RawIdentity(raw.topic_id, raw.partitions))
