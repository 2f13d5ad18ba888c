"""The local Kafka broker, killed and started again."""

from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.broker import broker_program
from runtime.ports import HOST, free_port
from tests.support.servers import CACHE, running


async def test_records_survive_a_killed_broker(tmp_path: Path) -> None:
    """What the broker acknowledged before kill -9 is there when it has come back, on another port too."""
    port = free_port()
    with running(broker_program(tmp_path / "kafka", CACHE, port, starts_fast=True), tmp_path) as broker:
        admin = AIOKafkaAdminClient(bootstrap_servers=f"{HOST}:{port}")
        await admin.start()
        await admin.create_topics([NewTopic("kept", 1, 1)])
        await admin.close()
        async with AIOKafkaProducer(bootstrap_servers=f"{HOST}:{port}", acks="all") as producer:
            for number in range(100):
                await producer.send_and_wait("kept", b"%d" % number)
        broker.kill()

    port = free_port()
    with running(broker_program(tmp_path / "kafka", CACHE, port, starts_fast=True), tmp_path):
        consumer = AIOKafkaConsumer(bootstrap_servers=f"{HOST}:{port}", auto_offset_reset="earliest")
        async with consumer:
            consumer.assign([TopicPartition("kept", 0)])
            assert [int((await consumer.getone()).value or b"") for _ in range(100)] == list(range(100))


async def test_a_topic_nobody_declared_does_not_appear(kafka_bootstrap: str, fresh_name: str) -> None:
    """Asking for an unknown topic does not create it: a misspelt name must fail."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka_bootstrap)
    async with consumer:
        assert fresh_name not in await consumer.topics()
        consumer.partitions_for_topic(fresh_name)
        assert fresh_name not in await consumer.topics()
