"""Every setting of the relay: read once from the environment, units in the names."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from dataclasses import field as field_
from pathlib import Path
from typing import Any, Final

from runtime import settings
from runtime.kafka.settings import KafkaSettings
from runtime.vetting import Network
from schemas.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Settings:
    """How the relay runs. `RECIBO_RELAY_` and the name in capitals sets a value, but for the first two."""

    kafka: KafkaSettings = field_(default_factory=KafkaSettings)
    """The cluster: KAFKA_… and RECIBO_TOPIC_PREFIX."""
    config_file: Path = Path("recibo.toml")
    """RECIBO_CONFIG: the sources and their `relay` URLs; read again when it changes."""

    metrics_host: str = "127.0.0.1"
    metrics_port: int = 9203
    allowed_networks: tuple[Network, ...] = ()
    """Internal networks that may be posted to, comma-separated, e.g. 10.1.0.0/16; without, public addresses only."""
    post_ms_max: int = 10_000
    """Of one attempt."""
    concurrency: int = 16
    """Attempts under way to one URL."""
    waiting_max: int = 500
    """Webhooks of one URL read ahead of the oldest that is not taken."""
    waiting_bytes_max: int = 64 * 1024 * 1024
    backoff_ms_min: int = 500
    """After a first failure; doubled with each one."""
    backoff_ms_max: int = 60_000
    refused_attempts_max: int = 5
    """A webhook answered 4xx so often is posted on no more (408, 425 and 429 are failures, not refusals)."""
    failed_attempts_max: int = 100
    """A webhook that failed so often, while others of its URL were taken, is posted on no more."""
    new_url_back_ms: int = 60_000
    """A URL seen for the first time gets what came so long before."""


_OWN_NAMES: Final = {"config_file": "RECIBO_CONFIG"}


def from_environ(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that the environment gives.

    Raises:
        ConfigurationError: naming the variable, and what it should be.
    """
    given: dict[str, Any] = {"kafka": settings.from_environ(KafkaSettings, "", environ)}
    for field in fields(Settings):
        if field.name in given:
            continue
        variable = _OWN_NAMES.get(field.name, f"RECIBO_RELAY_{field.name.upper()}")
        text = environ.get(variable, "").strip()
        if text:
            try:
                given[field.name] = _read(field.name, text, type(field.default))
            except ValueError as error:
                raise ConfigurationError(f"{variable}={text!r}: {error}") from error
    return Settings(**given)


def _read(name: str, text: str, kind: type) -> Any:
    if name == "allowed_networks":
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(","))
    return Path(text) if name == "config_file" else kind(text)
