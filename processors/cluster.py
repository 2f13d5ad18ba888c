"""What the worker must know of Kafka before it trusts anything: the cluster's id and that its topics fit together."""

from typing import NamedTuple

from runtime.kafka.clients import make_admin
from runtime.kafka.settings import KafkaSettings
from schemas.errors import StateRefused
from schemas.topics import Topics


class Cluster(NamedTuple):
    """The cluster's id, and the partition count that all keyed topics share."""

    id: str
    partitions: int


async def inspect_cluster(kafka: KafkaSettings, topics: Topics) -> Cluster:
    """Return the cluster as it is.

    Raises:
        StateRefused: a topic is missing, or the keyed topics do not have one partition count.
    """
    names = [
        topics.raw,
        topics.message_state,
        topics.message_events,
        topics.connection_state,
        topics.connection_events,
        topics.set_aside,
        topics.holds,
    ]
    admin = make_admin(kafka, "recibo-processors")
    await admin.start()
    try:
        cluster = await admin.describe_cluster()
        described = await admin.describe_topics(names)
    finally:
        await admin.close()
    counts = {t["topic"]: len(t["partitions"]) for t in described if t["error_code"] == 0}
    missing = [name for name in names if not counts.get(name)]
    if missing:
        raise StateRefused(
            f"topics missing on {kafka.bootstrap_servers}: {', '.join(missing)}. Create them: recibo topics"
        )
    if len(set(counts.values())) > 1:
        raise StateRefused(
            f"keyed topics must have one partition count, found {counts}. Keys would not meet their state; recreate the "
            "derived topics of this generation with the raw topic's count, or start a new generation."
        )
    return Cluster(str(cluster.get("cluster_id")), counts[topics.raw])
