"""The options of commands that reach Kafka or ClickHouse: the address is an option, how to get in is the environment's."""

import os
from typing import Final

import click

from cli._options import Command, Renamed
from runtime.clickhouse.settings import ClickHouseSettings, ClickHouseUrl
from runtime.kafka.settings import KafkaServers, KafkaSettings
from runtime.settings import from_environ, read_value
from runtime.shared_settings import SharedSettings

_DEFAULTS: Final = SharedSettings()
_KAFKA: Final = ("--kafka", "--kafka-bootstrap-servers", "kafka")
_CLICKHOUSE: Final = ("--clickhouse", "--clickhouse-url", "--url", "clickhouse")


def kafka_option(command: Command) -> Command:
    """Give a command --kafka; it gets `kafka`, the settings, security and prefix as the environment says."""
    option = click.option(
        *_KAFKA,
        cls=Renamed,
        envvar="KAFKA_BOOTSTRAP_SERVERS",
        show_envvar=True,
        default=_DEFAULTS.kafka.bootstrap_servers,
        show_default=True,
        callback=lambda _context, option, address: _kafka(option, address),
        help="Address of the brokers; KAFKA_… variables set TLS and credentials.",
    )
    return option(command)


def given_kafka_option(command: Command) -> Command:
    """Give a command --kafka that may be left out; it gets `kafka`, None where a broker is to be started."""
    option = click.option(
        *_KAFKA,
        cls=Renamed,
        envvar="KAFKA_BOOTSTRAP_SERVERS",
        show_envvar=True,
        default="",
        callback=lambda _context, option, address: _kafka(option, address) if address else None,
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
        cls=Renamed,
        envvar="CLICKHOUSE_URL",
        show_envvar=True,
        default=_DEFAULTS.clickhouse.url,
        show_default=True,
        callback=lambda _context, option, url: _clickhouse(option, url),
        help="URL of the server; CLICKHOUSE_… variables set credentials.",
    )
    return option(command)


def given_clickhouse_option(command: Command) -> Command:
    """Give a command --clickhouse that may be left out; it gets `clickhouse`, None where an engine is to be started."""
    option = click.option(
        *_CLICKHOUSE,
        cls=Renamed,
        envvar="CLICKHOUSE_URL",
        show_envvar=True,
        default="",
        callback=lambda _context, option, url: _clickhouse(option, url) if url else None,
        help="Use this ClickHouse.",
    )
    return option(command)


def clickhouse_at(url: str) -> ClickHouseSettings:
    """Return the environment's ClickHouse settings with another URL. Raises ConfigurationError naming the variable."""
    return from_environ(ClickHouseSettings, "", {**os.environ, "CLICKHOUSE_URL": url})


def _kafka(option: click.Parameter, address: str) -> KafkaSettings:
    """Hold what an option was given to the setting's bounds, under the option's name."""
    read_value(option.opts[0], address, KafkaServers)
    return kafka_at(address)


def _clickhouse(option: click.Parameter, url: str) -> ClickHouseSettings:
    """The same of the engine's URL."""
    read_value(option.opts[0], url, ClickHouseUrl)
    return clickhouse_at(url)
