"""The options of commands that reach Kafka or ClickHouse: the address is an option, how to get in is the environment's."""

import os
from collections.abc import Callable
from typing import Any, Final

import click

from runtime.clickhouse import ClickHouseSettings
from runtime.kafka.settings import KafkaSettings
from runtime.settings import from_environ

Command = Callable[..., Any]

_KAFKA: Final = ("--kafka", "--kafka-bootstrap-servers", "kafka")
_CLICKHOUSE: Final = ("--clickhouse", "--clickhouse-url", "--url", "clickhouse")


def kafka_option(command: Command) -> Command:
    """Give a command --kafka; it gets `kafka`, the settings, security and prefix as the environment says."""
    option = click.option(
        *_KAFKA,
        envvar="KAFKA_BOOTSTRAP_SERVERS",
        default="127.0.0.1:9092",
        show_default=True,
        callback=lambda _context, _option, address: kafka_at(address),
        help="The brokers; KAFKA_… variables say how to get in.",
    )
    return option(command)


def given_kafka_option(command: Command) -> Command:
    """Give a command --kafka that may be left out; it gets `kafka`, None where a broker is to be started."""
    option = click.option(
        *_KAFKA,
        envvar="KAFKA_BOOTSTRAP_SERVERS",
        default="",
        callback=lambda _context, _option, address: kafka_at(address) if address else None,
        help="Use this cluster.",
    )
    return option(command)


def kafka_at(address: str) -> KafkaSettings:
    """Return the environment's Kafka settings with other brokers. Raises ConfigurationError naming the variable."""
    return from_environ(KafkaSettings, "", {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": address})


def clickhouse_option(command: Command) -> Command:
    """Give a command --clickhouse; it gets `clickhouse`, user, files and databases as the environment says."""
    option = click.option(
        *_CLICKHOUSE,
        envvar="CLICKHOUSE_URL",
        default="http://127.0.0.1:8123",
        show_default=True,
        callback=lambda _context, _option, url: clickhouse_at(url),
        help="The engine; CLICKHOUSE_… variables say how to get in.",
    )
    return option(command)


def given_clickhouse_option(command: Command) -> Command:
    """Give a command --clickhouse that may be left out; it gets `clickhouse`, None where an engine is to be started."""
    option = click.option(
        *_CLICKHOUSE,
        envvar="CLICKHOUSE_URL",
        default="",
        callback=lambda _context, _option, url: clickhouse_at(url) if url else None,
        help="Use this ClickHouse.",
    )
    return option(command)


def clickhouse_at(url: str) -> ClickHouseSettings:
    """Return the environment's ClickHouse settings with another URL. Raises ConfigurationError naming the variable."""
    return from_environ(ClickHouseSettings, "", {**os.environ, "CLICKHOUSE_URL": url})
