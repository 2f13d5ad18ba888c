"""Faust's own consumer gets in as every other client does."""

from dataclasses import replace
from pathlib import Path

import pytest
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from processors.credentials import credentials
from runtime.kafka.clients import connection
from runtime.kafka.settings import KafkaSettings

_USER = KafkaSettings(security_protocol="SASL_SSL", username="recibo", password="hush")


@pytest.mark.parametrize(
    "kafka",
    [
        KafkaSettings(),
        KafkaSettings(security_protocol="SSL"),
        KafkaSettings(security_protocol="SSL", check_hostname=False),
        replace(_USER, security_protocol="SASL_PLAINTEXT", sasl_mechanism="PLAIN"),
        replace(_USER, sasl_mechanism="SCRAM-SHA-256"),
        _USER,
        KafkaSettings(security_protocol="SASL_SSL", sasl_mechanism="OAUTHBEARER", token_file=Path("t")),
    ],
    ids=lambda kafka: f"{kafka.security_protocol}-{kafka.sasl_mechanism}-{kafka.check_hostname}",
)
def test_faust_is_told_the_same(kafka: KafkaSettings) -> None:
    """What Faust makes of its credentials is what the factory gives aiokafka."""
    told = dict(credentials_to_aiokafka_auth(credentials(kafka)))
    ours = connection(kafka)
    del ours["bootstrap_servers"]
    context, our_context = told.pop("ssl_context", None), ours.pop("ssl_context", None)
    provider, our_provider = (options.pop("sasl_oauth_token_provider", None) for options in (told, ours))
    assert told == ours
    assert type(provider) is type(our_provider)
    assert (context is None) == (our_context is None)
    if context is not None:
        assert context.check_hostname == kafka.check_hostname
        assert context.verify_mode == our_context.verify_mode
