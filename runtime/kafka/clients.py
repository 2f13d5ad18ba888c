"""The one place where Kafka clients are made: every one of them secured as the settings say, and creating no topics.

aiokafka 0.14 asks for metadata with topic auto-creation allowed, and has no option against it: on a broker that
creates topics by themselves, looking at a misspelt name would make it. So importing this module replaces the request
that the library makes, for every client of the process, Faust's among them (`tests/contracts/test_topic_creation.py`).
"""

from typing import Any

import aiokafka.admin.client
import aiokafka.client
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.metadata import MetadataRequest

from runtime.kafka.consumer import Consumer
from runtime.kafka.settings import KafkaSettings
from runtime.kafka.tokens import token_provider
from runtime.secret_file import read_secret
from runtime.tls import client_context


class CreatesNoTopics(MetadataRequest):  # type: ignore[misc]  # aiokafka has no types
    """A metadata request that a broker answers without creating what it asks about."""

    def __init__(self, topics: list[str] | None = None) -> None:
        super().__init__(topics, allow_auto_topic_creation=False)


aiokafka.client.MetadataRequest = CreatesNoTopics
aiokafka.admin.client.MetadataRequest = CreatesNoTopics


def make_consumer(kafka: KafkaSettings, client_id: str, *topics: str, **options: Any) -> Consumer:
    """Return a consumer, not started; `options` as AIOKafkaConsumer has them.

    Raises:
        ConfigurationError: a file or package that the settings name cannot be used.
    """
    return Consumer(*topics, client_id=client_id, **connection(kafka), **options)


def make_producer(kafka: KafkaSettings, client_id: str, **options: Any) -> AIOKafkaProducer:
    """Return a producer, not started; `options` as AIOKafkaProducer has them. Raises ConfigurationError, as above."""
    return AIOKafkaProducer(client_id=client_id, **connection(kafka), **options)


def make_admin(kafka: KafkaSettings, client_id: str, **options: Any) -> AIOKafkaAdminClient:
    """Return an admin client, not started; `options` as AIOKafkaAdminClient has them. Raises ConfigurationError."""
    return AIOKafkaAdminClient(client_id=client_id, **connection(kafka), **options)


def check_files(kafka: KafkaSettings) -> None:
    """Refuse at start what no client could be made with: later the same may be a file that is just being replaced.

    Raises:
        ConfigurationError: a file or package that the settings name cannot be used.
    """
    connection(kafka)


def connection(kafka: KafkaSettings) -> dict[str, Any]:
    """Return how a client of aiokafka connects: where to, over what, as whom. Raises ConfigurationError, as above."""
    options: dict[str, Any] = {
        "bootstrap_servers": kafka.bootstrap_servers,
        "security_protocol": kafka.security_protocol,
    }
    if kafka.has_tls:
        options["ssl_context"] = client_context(
            "KAFKA_SSL_", kafka.ca_file, kafka.cert_file, kafka.key_file, check_hostname=kafka.check_hostname
        )
    if not kafka.has_sasl:
        return options
    options["sasl_mechanism"] = kafka.sasl_mechanism
    if kafka.sasl_mechanism == "OAUTHBEARER":
        return {**options, "sasl_oauth_token_provider": token_provider(kafka)}
    return {**options, "sasl_plain_username": kafka.username, "sasl_plain_password": password_of(kafka)}


def password_of(kafka: KafkaSettings) -> str:
    """Return the password of PLAIN and SCRAM. Raises ConfigurationError: its file cannot be read."""
    if kafka.password_file is None:
        return kafka.password
    return read_secret(kafka.password_file, "KAFKA_SASL_PASSWORD_FILE")
