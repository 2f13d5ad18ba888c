"""Topics of a deployment, on the real broker."""

from collections.abc import Iterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from operations.topics import admin_of, alter_settings, create_missing
from runtime.kafka.settings import KafkaSettings
from runtime.kafka.topic_check import FoundTopic, differences, find_topics
from runtime.ports import HOST, free_port
from schemas.errors import DeploymentError
from schemas.topics import ACCESS, DAY_MS, DEPLOYMENT, ERASURES, LOOKS, RAW, Topic, Topics, declared, derived
from tests.conftest import MakeTopic
from tests.support.polling import until

GENERATIONS: Iterator[int] = iter(range(1000, 2000))


async def test_what_is_missing_is_created_as_declared_and_only_once(kafka_bootstrap: str) -> None:
    """The first call creates every topic with its settings; a second one finds nothing to do."""
    generation = next(GENERATIONS)
    created = await create_missing(KafkaSettings(kafka_bootstrap), generation, 4)
    wanted, others = ({topic.name for topic in declared(Topics(of))} for of in (generation, next(GENERATIONS)))
    assert wanted - set(created) <= wanted & others, "topics of all generations may be there already"
    assert await create_missing(KafkaSettings(kafka_bootstrap), generation, 4) == []
    async with admin_of(KafkaSettings(kafka_bootstrap)) as admin:
        found = await find_topics(admin, [topic.name for topic in declared(Topics(generation))])
    assert differences(declared(Topics(generation)), found) == []
    assert [found.pop(name).partitions for name in (DEPLOYMENT, ACCESS, LOOKS, ERASURES)] == [1, 1, 1, 1]
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
    wanted = derived(Topics(generation))[-2:]
    await make_topic(wanted[0].name, partitions=3, config={"cleanup.policy": "delete"})
    found = await find_topics(kafka_admin, [topic.name for topic in wanted])
    told = differences(wanted, found)
    assert f"{wanted[0].name} has cleanup.policy=delete, declared compact" in told
    assert f"{wanted[1].name} is missing" in told


def test_unequal_partition_counts_are_told() -> None:
    """Topics that do not share one partition count are a fault whatever each of them is."""
    wanted = declared(Topics(1))
    found = {t.name: FoundTopic(t.partitions or 4, 1, has_leaders=True, config=t.config) for t in wanted}
    assert differences(wanted, found) == []
    found[RAW] = FoundTopic(8, 1, has_leaders=True, config=wanted[0].config)
    (told,) = differences(wanted, found)
    assert told.startswith("partition counts differ (webhook.requests has 4, webhook.raw has 8); all must be the same")


def test_more_than_declared_is_as_good() -> None:
    """Records kept for longer, or for ever, and larger records than declared are no fault; less is one."""
    (topic,) = (topic for topic in declared(Topics(1)) if topic.name == RAW)
    for changed, is_fault in (
        ({"retention.ms": "-1"}, False),
        ({"retention.ms": str(60 * DAY_MS)}, False),
        ({"retention.ms": str(7 * DAY_MS)}, True),
        ({"max.message.bytes": "1048588"}, True),
        ({"message.timestamp.type": "CreateTime"}, True),
    ):
        found = {RAW: FoundTopic(4, 1, has_leaders=True, config={**topic.config, **changed})}
        assert bool(differences([topic], found)) == is_fault, changed


async def test_what_can_be_altered_is(
    kafka_admin: AIOKafkaAdminClient, make_topic: MakeTopic, kafka_bootstrap: str
) -> None:
    """A raw log that a broker made by itself gets the settings that are declared, and keeps its other own ones."""
    name = f"altered_{next(GENERATIONS)}"
    await make_topic(name, partitions=2, config={"segment.ms": "600000", "retention.ms": "1000"})
    topic = Topic(name, declared(Topics(1))[0].config)
    told = await alter_settings(KafkaSettings(kafka_bootstrap), [topic])
    assert f"{name}: message.timestamp.type CreateTime → LogAppendTime" in told

    async def is_altered() -> bool:
        found = await find_topics(kafka_admin, [name])
        return differences([topic], found) == [] and found[name].own_config["segment.ms"] == "600000"

    await until(is_altered, "the settings")
    assert await alter_settings(KafkaSettings(kafka_bootstrap), [topic]) == []


async def test_a_cluster_that_does_not_answer_is_named() -> None:
    """Where no broker answers the error says which address was asked, and which setting to correct."""
    address = f"{HOST}:{free_port()}"
    with pytest.raises(DeploymentError, match=rf"no Kafka broker answers at {address}.*KAFKA_BOOTSTRAP_SERVERS"):
        await create_missing(KafkaSettings(address), 1, 4)
