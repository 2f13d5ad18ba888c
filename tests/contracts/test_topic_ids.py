"""What we lean on in Kafka's protocol: metadata version 10, which says a topic's id, and creates nothing by asking.

`AIOKafkaAdminClient._send_request` is private: it sends a request of our own class to any broker and gives its answer.
"""

import re
import uuid

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from runtime.kafka.clients import make_admin
from runtime.kafka.settings import KafkaSettings
from runtime.kafka.topic_ids import as_text, topic_ids
from tests.support.polling import until
from tests.support.servers import auto_creating_kafka_server


async def test_a_recreated_topic_has_another_id(kafka_admin: AIOKafkaAdminClient) -> None:
    """The id stays while the topic does, and is another one once it was deleted and made again."""
    name = f"identified_{uuid.uuid4().hex[:8]}"
    await kafka_admin.create_topics([NewTopic(name, 2, 1)])

    async def is_there() -> bool:
        return name in await topic_ids(kafka_admin, [name])

    await until(is_there, "the topic's id")
    first = await topic_ids(kafka_admin, [name, f"{name}_absent"])
    assert first == await topic_ids(kafka_admin, [name])
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", first[name])

    await kafka_admin.delete_topics([name])

    async def is_gone() -> bool:
        return not await topic_ids(kafka_admin, [name])

    await until(is_gone, "the topic's end")
    await kafka_admin.create_topics([NewTopic(name, 2, 1)])
    await until(is_there, "the topic again")
    assert (await topic_ids(kafka_admin, [name]))[name] != first[name]


async def test_asking_for_an_id_creates_nothing() -> None:
    """On a broker that creates topics by themselves, a missing topic has no id, and is missing still."""
    with auto_creating_kafka_server() as address:
        admin = make_admin(KafkaSettings(address), "test")
        await admin.start()
        try:
            assert await topic_ids(admin, ["missing"]) == {}
            assert "missing" not in await admin.list_topics()
        finally:
            await admin.close()


def test_an_id_is_written_as_kafkas_tools_do() -> None:
    """Base64 for URLs, without padding."""
    assert as_text(bytes(15) + b"\xff") == "AAAAAAAAAAAAAAAAAAAA_w"
