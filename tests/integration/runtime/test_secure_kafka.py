"""Every way into a broker that the settings offer carries a record, and what one may not see is said so."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from operations.acls import grants, kafka_acls
from operations.doctor import Deployment, kafka
from operations.finding import Finding
from operations.topics import create_missing
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.clients import make_consumer, make_producer
from runtime.kafka.settings import KafkaSettings, SaslMechanism
from schemas.errors import DeploymentError
from schemas.topics import RAW
from tests.support.acl_request import run_acl_commands
from tests.support.secure_broker import SecureBroker, secure_broker


@pytest.fixture(scope="module")
def broker() -> Iterator[SecureBroker]:
    """A broker that knows the processes' users, of whom none may do anything yet."""
    with secure_broker() as running:
        yield running


@pytest.fixture
async def granted(broker: SecureBroker) -> SecureBroker:
    """The same, the users granted what `recibo topics --acls` prints, and the topics there."""
    await run_acl_commands(broker.plain, kafka_acls(grants(""), "broker", "User:recibo-"))
    await create_missing(broker.by_sasl("recibo-operator"), 1, 2)
    return broker


def findings(deployment: Deployment) -> list[Finding]:
    """Ask doctor about Kafka: it runs a loop of its own."""
    return list(kafka(deployment))


async def carried(kafka: KafkaSettings, value: bytes) -> bool:
    """Append a record to the raw log and read it again."""
    async with make_producer(kafka, "test", acks="all", enable_idempotence=True) as producer:
        sent = await producer.send_and_wait(RAW, value)
    async with make_consumer(kafka, "test", RAW, auto_offset_reset="earliest") as consumer:
        while True:
            record = await consumer.getone()
            if (record.partition, record.offset) == (sent.partition, sent.offset):
                return bool(record.value == value)


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"])
async def test_every_mechanism_carries_a_record(granted: SecureBroker, mechanism: SaslMechanism) -> None:
    """Over SASL_SSL, each mechanism lets the operator append and read."""
    assert await carried(granted.by_sasl("recibo-operator", mechanism), mechanism.encode())


async def test_a_certificate_carries_a_record(granted: SecureBroker) -> None:
    """Over SSL, a client certificate says who it is."""
    assert await carried(granted.by_certificate("recibo-operator"), b"by certificate")


async def test_a_stranger_is_refused(granted: SecureBroker) -> None:
    """A wrong authority or a wrong password lets nobody in: neither is skipped in silence."""
    good = granted.by_sasl("recibo-operator")
    untrusting = replace(good, ca_file=None)
    wrong = replace(good, password="wrong")
    for kafka_settings in (untrusting, wrong):
        producer = make_producer(kafka_settings, "test", request_timeout_ms=2_000)
        with pytest.raises(KafkaError):
            await producer.start()
        await producer.stop()


async def test_a_process_may_no_more_than_it_needs(granted: SecureBroker) -> None:
    """Who writes the log may not read it, and who reads it may not write it."""
    async with make_consumer(granted.by_sasl("recibo-ingest"), "test") as consumer:
        consumer.assign([TopicPartition(RAW, 0)])
        consumer.seek(TopicPartition(RAW, 0), 0)
        with pytest.raises(TopicAuthorizationFailedError):
            await consumer.getone()
    async with make_producer(granted.by_sasl("recibo-projections"), "test") as producer:
        with pytest.raises(TopicAuthorizationFailedError):
            await producer.send_and_wait(RAW, b"forged")


async def test_topics_that_may_not_be_created_are_named(broker: SecureBroker) -> None:
    """A principal that may not create topics gets an error that names the missing ones and what prints them."""
    await run_acl_commands(broker.plain, kafka_acls(grants("other."), "broker", "User:recibo-"))
    with pytest.raises(DeploymentError, match="--print kafka-topics"):
        await create_missing(broker.by_sasl("recibo-projections", prefix="other."), 1, 2)


async def test_a_restricted_principal_starts_and_doctor_says_unchecked(granted: SecureBroker) -> None:
    """Who may neither create nor see all topics starts up; doctor reports no failure for it."""
    for user in ("recibo-projections", "recibo-ingest", "recibo-operator"):
        settings = granted.by_sasl(user)
        assert await create_missing(settings, 1, 2) == []
        deployment = Deployment(settings, ClickHouseSettings(), Path())
        found = await asyncio.to_thread(findings, deployment)
        levels = {(finding.level, finding.subject) for finding in found}
        assert (("unchecked", "topics") in levels) == (user != "recibo-operator"), "the operator alone sees all of them"
        assert "fail" not in {level for level, _ in levels}
