"""The options of commands that reach Kafka or ClickHouse: the address is an option, credentials come from the environment."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from cli._options import Command, Decorator, Renamed
from deploy.local.engine_access import USER, password_file_for
from operations.generation import agreed
from runtime.clickhouse.settings import ClickHouseSettings, ClickHouseUrl
from runtime.kafka.settings import KafkaServers, KafkaSettings
from runtime.settings import from_environ, read_value
from runtime.shared_settings import SharedSettings

_DEFAULTS: Final = SharedSettings()
_KAFKA: Final = ("--kafka", "--kafka-bootstrap-servers", "kafka")
_CLICKHOUSE: Final = ("--clickhouse", "--clickhouse-url", "--url", "clickhouse")


def kafka_option(command: Command) -> Command:
    """Give a command --kafka; it gets `kafka`, the settings, security and prefix as the environment says."""
    text = "The brokers; KAFKA_… variables hold the credentials."
    return _kafka(_DEFAULTS.kafka.bootstrap_servers, text)(command)


def given_kafka_option(command: Command) -> Command:
    """Give a command --kafka that may be left out; it gets `kafka`, None where a broker is to be started."""
    return _kafka("", "Use this cluster.")(command)


def clickhouse_option(command: Command) -> Command:
    """Give a command --clickhouse; it gets `clickhouse`, user, files and databases as the environment says."""
    text = "The engine; CLICKHOUSE_… variables hold the credentials."
    return _clickhouse(_DEFAULTS.clickhouse.url, text)(command)


def given_clickhouse_option(command: Command) -> Command:
    """Give a command --clickhouse that may be left out; it gets `clickhouse`, None where an engine is to be started."""
    return _clickhouse("", "Use this ClickHouse.")(command)


def kafka_at(address: str) -> KafkaSettings:
    """Return the environment's Kafka settings with other brokers. Raises ConfigurationError naming the variable."""
    return from_environ(KafkaSettings, "", {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": address})


def clickhouse_at(url: str) -> ClickHouseSettings:
    """Return the environment's ClickHouse settings with another URL. Raises ConfigurationError naming the variable."""
    return from_environ(ClickHouseSettings, "", {**os.environ, "CLICKHOUSE_URL": url})


def generation_of(kafka: KafkaSettings, given: int) -> int:
    """Return the generation that a command was given, else the live one. Raises DeploymentError where nobody says it."""
    return given or asyncio.run(agreed(kafka)).live.generation


def _kafka(default: str, text: str) -> Decorator:
    return _address(_KAFKA, "KAFKA_BOOTSTRAP_SERVERS", (KafkaServers, kafka_at), default, text)


def _clickhouse(default: str, text: str) -> Decorator:
    return _address(_CLICKHOUSE, "CLICKHOUSE_URL", (ClickHouseUrl, clickhouse_at), default, text)


def _with_local_password(clickhouse: ClickHouseSettings, context: click.Context) -> ClickHouseSettings:
    """Return settings that lead to the local stack's own engine with its password, others as they are."""
    if clickhouse.password or clickhouse.password_file or clickhouse.username != USER:
        return clickhouse
    data_dir = context.params.get("data_dir") or Path(os.environ.get("RECIBO_DATA_DIR") or _DEFAULTS.data_dir)
    return replace(clickhouse, password_file=password_file_for(clickhouse.url, data_dir))


def _address(
    names: tuple[str, ...], variable: str, read: tuple[Any, Callable[[str], object]], default: str, text: str
) -> Decorator:
    """Return an option whose command gets the settings of the address it names, None where it names none.

    `read` is what holds the address to its bounds, under the option's name, and what makes settings of it.
    """
    bounds, settings_at = read

    def settings(context: click.Context, option: click.Parameter, address: str) -> object:
        if not address:
            return None
        made = settings_at(read_value(option.opts[0], address, bounds))
        return _with_local_password(made, context) if isinstance(made, ClickHouseSettings) else made

    return click.option(
        *names,
        cls=Renamed,
        envvar=variable,
        show_envvar=True,
        default=default,
        show_default=bool(default),
        callback=settings,
        help=text,
    )
