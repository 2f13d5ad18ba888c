"""Settings of the projections, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

from msgspec import Meta

from runtime import settings
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.settings import KafkaSettings
from runtime.setting_types import Days, Host, Milliseconds, Name, Port, Share
from runtime.shared_settings import SHARED, LogLevel
from schemas.deployment_state import FIRST_GENERATION
from schemas.errors import ConfigurationError

PREFIX: Final = "RECIBO_PROJECTIONS_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the projections need to know."""

    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    """The cluster: KAFKA_… and RECIBO_TOPIC_PREFIX."""
    clickhouse: ClickHouseSettings = field(default_factory=ClickHouseSettings)
    """The engine and its databases: CLICKHOUSE_…, RECIBO_PROJECTIONS_STORE and RECIBO_CLICKHOUSE_VIEWS."""
    generation: int = field(default=FIRST_GENERATION, metadata=settings.FOUND)
    """Which derived topics are read (`message.state.g1`): the live one, found at start."""
    log_level: LogLevel = SHARED.log_level
    """The least level that is logged."""

    group: Name = "recibo-projections"
    """Prefix of the consumer groups, one a topic."""
    host: Host = "127.0.0.1"
    """Address of the metrics port; 0.0.0.0 for all."""
    metrics_port: Port = 9202
    """Of /metrics, /healthz and /readyz."""
    batch_rows_max: Annotated[int, Meta(ge=1, le=1_000_000)] = 50_000
    """Rows of one insert."""
    batch_bytes_max: Annotated[int, Meta(ge=1024, le=1 << 30)] = 32 * 1024 * 1024
    """Bytes of record values in one batch."""
    batch_age_ms_max: Annotated[int, Meta(ge=0, le=60_000)] = 0
    """How long the first record of a batch waits for company: bounds how late a quiet tail is. 0: 200 for an engine on this
    machine, 1,000 for a server, 5,000 for ClickHouse Cloud, where each insert costs more."""
    insert_timeout_s: Annotated[int, Meta(ge=1, le=3600)] = 120
    """How long one insert may take to be answered."""
    retry_pause_ms_min: Milliseconds = 200
    """Pause before an insert is tried again the first time; doubled with each one."""
    retry_pause_ms_max: Milliseconds = 15_000
    """The longest such pause."""
    set_aside_ratio_max: Share = 0.01
    """Share of a batch that may be unusable; more stops the lane, since then the fault is not the records'."""
    accepts_gaps: bool = False
    """Continue where records were deleted before they were read. For one start, after looking at what is missing."""
    raw_retention_days: Days = 90
    """How long payloads and requests are kept in ClickHouse."""
    facts_retention_days: Days = 400
    """How long events, outcomes and states are kept in ClickHouse."""
    sends_retention_days: Days = 400
    """How long sends are kept in ClickHouse, from when they were last said."""

    def __post_init__(self) -> None:
        if self.retry_pause_ms_min > self.retry_pause_ms_max:
            raise ConfigurationError(
                f"{PREFIX}RETRY_PAUSE_MS_MIN={self.retry_pause_ms_min} is above "
                f"{PREFIX}RETRY_PAUSE_MS_MAX={self.retry_pause_ms_max}: choose a lower one"
            )

    @property
    def batch_age_ms(self) -> int:
        """How long the first record of a batch waits for company, ms."""
        return self.batch_age_ms_max or self.clickhouse.batch_age_ms

    def group_of(self, topic: str) -> str:
        """Return the consumer group that projects a topic."""
        return self.kafka.named(f"{self.group}.{topic.removeprefix(self.kafka.topic_prefix)}")


def from_environ(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that the environment gives. Raises ConfigurationError naming the variable."""
    return settings.from_environ(Settings, PREFIX, environ)
