"""Topics of a deployment, on the real broker."""

from collections.abc import Iterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from operations.topics import FoundTopic, admin_of, create_missing, differences, find_topics
from runtime.kafka.settings import KafkaSettings
from runtime.ports import HOST, free_port
from schemas.errors import DeploymentError
from schemas.topics import RAW, Topics, declared
from tests.conftest import MakeTopic

GENERATIONS: Iterator[int] = iter(range(1000, 2000))


async def test_what_is_missing_is_created_as_declared_and_only_once(kafka_bootstrap: str) -> None:
    """The first call creates every topic with its settings; a second one finds nothing to do."""
    generation = next(GENERATIONS)
    created = await create_missing(KafkaSettings(kafka_bootstrap), generation, 4)
    assert {topic.name for topic in declared(Topics(generation))} - set(created) <= {RAW, "webhook.requests"}
    assert await create_missing(KafkaSettings(kafka_bootstrap), generation, 4) == []
    async with admin_of(KafkaSettings(kafka_bootstrap)) as admin:
        found = await find_topics(admin, [topic.name for topic in declared(Topics(generation))])
    assert differences(declared(Topics(generation)), found) == []
    assert {topic.partitions for topic in found.values()} == {4}


async def test_another_partition_count_is_refused_with_the_one_to_set(kafka_bootstrap: str) -> None:
    """A deployment is not extended by topics of another partition count: its keys would fall apart."""
    generation = next(GENERATIONS)
    await create_missing(KafkaSettings(kafka_bootstrap), generation, 4)
    with pytest.raises(DeploymentError, match=r"has 4 partitions and 8 are asked for.*RECIBO_PARTITIONS=4"):
        await create_missing(KafkaSettings(kafka_bootstrap), generation, 8)


async def test_drift_is_told(kafka_admin: AIOKafkaAdminClient, make_topic: MakeTopic) -> None:
    """A topic with another setting than declared, and one that is missing, are both named."""
    generation = next(GENERATIONS)
    wanted = declared(Topics(generation))[-2:]
    await make_topic(wanted[0].name, partitions=3, config={"cleanup.policy": "delete"})
    found = await find_topics(kafka_admin, [topic.name for topic in wanted])
    told = differences(wanted, found)
    assert f"{wanted[0].name} has cleanup.policy=delete, declared compact" in told
    assert f"{wanted[1].name} is missing" in told


def test_unequal_partition_counts_are_told() -> None:
    """Topics that do not share one partition count are a fault whatever each of them is."""
    wanted = declared(Topics(1))
    found = {topic.name: FoundTopic(4, 1, has_leaders=True, config=topic.config) for topic in wanted}
    found[RAW] = FoundTopic(8, 1, has_leaders=True, config=wanted[0].config)
    assert differences(wanted, found) == ["partition counts differ (4, 8); all must be the same"]


async def test_a_cluster_that_does_not_answer_is_named() -> None:
    """Where no broker answers the error says which address was asked, and which setting to correct."""
    address = f"{HOST}:{free_port()}"
    with pytest.raises(DeploymentError, match=rf"no Kafka broker answers at {address}.*KAFKA_BOOTSTRAP_SERVERS"):
        await create_missing(KafkaSettings(address), 1, 4)
