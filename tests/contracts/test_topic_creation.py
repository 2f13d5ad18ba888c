"""What we lean on in aiokafka: a metadata request that no client's option reaches, replaced in two modules."""

import inspect
import uuid

import aiokafka.admin.client
import aiokafka.client
import pytest
from aiokafka.errors import KafkaError
from aiokafka.protocol.metadata import MetadataRequest

from runtime.kafka.clients import CreatesNoTopics, make_admin, make_consumer, make_producer
from runtime.kafka.settings import KafkaSettings
from tests.support.polling import until
from tests.support.servers import auto_creating_kafka_server


def test_the_request_still_allows_creation_by_itself() -> None:
    """The library's own request asks for creation, so the replacement is needed; it is where requests are made."""
    assert "else True" in inspect.getsource(MetadataRequest.build)
    assert aiokafka.client.MetadataRequest is CreatesNoTopics
    assert aiokafka.admin.client.MetadataRequest is CreatesNoTopics
    made = [line for line in inspect.getsource(aiokafka.client).splitlines() if "MetadataRequest(" in line]
    assert len(made) == 2, "every metadata request of a client is one of these two"


async def test_no_client_creates_a_topic_by_asking() -> None:
    """On a broker that creates topics by themselves, consumer, producer and admin leave a missing topic missing."""
    with auto_creating_kafka_server() as address:
        kafka, name = KafkaSettings(address), f"missing_{uuid.uuid4().hex[:8]}"
        admin = make_admin(kafka, "test")
        await admin.start()
        try:
            async with make_consumer(kafka, "test") as consumer:
                await consumer._client.set_topics([name])
                assert not consumer.partitions_for_topic(name)
            async with make_producer(kafka, "test", request_timeout_ms=1_000) as producer:
                with pytest.raises(KafkaError):
                    await producer.send_and_wait(name, b"x")
            await admin.describe_topics([name])
            others = f"{name}_of_others"
            await admin._send_request(MetadataRequest([others]))  # as the library would have asked

            async def is_there() -> bool:
                return others in await admin.list_topics()

            await until(is_there, "a topic that others asked for")
            assert name not in await admin.list_topics()
        finally:
            await admin.close()
