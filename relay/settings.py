"""Every setting of the relay: read once from the environment, units in the names."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

from msgspec import Meta

from runtime import settings
from runtime.kafka.settings import KafkaSettings
from runtime.setting_types import Bytes, Count, Host, Milliseconds, Networks, Port
from runtime.shared_settings import SHARED, ConfigFile, LogLevel
from schemas.errors import ConfigurationError

PREFIX: Final = "RECIBO_RELAY_"


@dataclass(frozen=True, slots=True)
class Settings:
    """How the relay runs."""

    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    """The cluster: KAFKA_… and RECIBO_TOPIC_PREFIX."""
    config_file: ConfigFile = SHARED.config_file
    """The sources and their `relay` URLs; read again when it changes."""
    log_level: LogLevel = SHARED.log_level
    """The least level that is logged."""

    metrics_host: Host = "127.0.0.1"
    """Address of the metrics port; 0.0.0.0 for all."""
    metrics_port: Port = 9203
    """Of /metrics, /healthz and /readyz."""
    allowed_networks: Networks = ()
    """Internal networks that may be posted to, comma-separated, e.g. 10.1.0.0/16; without, public addresses only."""
    post_ms_max: Milliseconds = 10_000
    """Of one attempt."""
    concurrency: Annotated[int, Meta(ge=1, le=10_000)] = 16
    """Attempts under way to one URL."""
    waiting_max: Count = 500
    """Webhooks of one URL read ahead of the oldest that is not taken."""
    waiting_bytes_max: Bytes = 64 * 1024 * 1024
    """Bytes of their bodies."""
    backoff_ms_min: Milliseconds = 500
    """After a first failure; doubled with each one."""
    backoff_ms_max: Milliseconds = 60_000
    """The longest pause after a failure."""
    refused_attempts_max: Count = 5
    """A webhook answered 4xx so often is posted on no more (408, 425 and 429 are failures, not refusals)."""
    failed_attempts_max: Count = 100
    """A webhook that failed so often, while others of its URL were taken, is posted on no more."""
    new_url_back_ms: Annotated[int, Meta(ge=0, le=30 * 86_400_000)] = 60_000
    """A URL seen for the first time gets what came so long before."""

    def __post_init__(self) -> None:
        if self.backoff_ms_min > self.backoff_ms_max:
            raise ConfigurationError(
                f"{PREFIX}BACKOFF_MS_MIN={self.backoff_ms_min} is above "
                f"{PREFIX}BACKOFF_MS_MAX={self.backoff_ms_max}: choose a lower one"
            )


def from_environ(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that the environment gives. Raises ConfigurationError naming the variable."""
    return settings.from_environ(Settings, PREFIX, environ)
