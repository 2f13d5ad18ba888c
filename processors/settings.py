"""The processors' settings, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta

from runtime import settings
from runtime.kafka.settings import KafkaSettings
from runtime.setting_types import Bytes, Count, Host, Milliseconds, Name, Port, Share, Variable, Workers
from runtime.shared_settings import SHARED, ConfigFile, DataDir, LogLevel
from schemas.deployment_state import FIRST_GENERATION
from schemas.errors import ConfigurationError
from schemas.topics import MAX_RECORD_BYTES

PREFIX: Final = "RECIBO_PROCESSORS_"
_PORT_MAX: Final = 65_535


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of a worker."""

    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    """The cluster: KAFKA_… and RECIBO_TOPIC_PREFIX."""
    config_file: ConfigFile = SHARED.config_file
    """The sources' own mappings; read again when it changes."""
    data_dir: DataDir = SHARED.data_dir
    """States live in `state` under it."""
    repair_generation: Annotated[int, Variable("RECIBO_REPAIR_GENERATION"), Meta(ge=0, le=1_000_000_000)] = 0
    """The generation that a repair makes, where it runs this worker; 0: the live one."""
    generation: int = field(default=FIRST_GENERATION, metadata=settings.FOUND)
    """Of the derived topics: the live one, or the repair's."""
    log_level: LogLevel = SHARED.log_level
    """The least level that is logged."""

    worker: Name = "0"
    """Names this worker's state directory and its place in the group; two workers must not share one."""
    workers: Workers = 1
    """Processes on this machine; each uses about one core."""
    metrics_host: Host = "127.0.0.1"
    """Address of the metrics port; 0.0.0.0 for all."""
    metrics_port: Port = 9201
    """Of /metrics, /healthz and /readyz; with several workers, worker i's is this + i."""

    batch_records_max: Count = 4_000
    """Records fetched at once, of all partitions."""
    fetch_bytes_max: Bytes = 1_048_576
    """Of one partition in one fetch."""
    in_flight_bytes_max: Bytes = 67_108_864
    """Fetched and not yet acknowledged, of all partitions; above it nothing is fetched."""
    lane_bytes_max: Bytes = 8_388_608
    """The same of one partition."""
    produce_bytes_max: Annotated[int, Meta(ge=1, le=MAX_RECORD_BYTES)] = 1_000_000
    """Of one batch sent to Kafka."""

    hot_states_bytes: Bytes = 268_435_456
    """Of decoded states kept in memory, of all partitions of a topic."""
    hot_states_max: Count = 1_000_000
    """So many of them at most, whatever they take."""
    store_cache_bytes: Bytes = 67_108_864
    """RocksDB's block cache, shared by all stores."""
    store_write_buffer_bytes: Bytes = 16_777_216
    """RocksDB's write buffer, of one store."""

    commit_interval_ms: Milliseconds = 500
    """Between commits of what is done."""
    session_timeout_ms: Milliseconds = 30_000
    """Without a heartbeat for so long, the worker's partitions go to others."""
    sweep_interval_s: Annotated[int, Meta(ge=0, le=604_800)] = 3_600
    """Between looks through a store for states past the horizon."""
    sweep_share_max: Share = 0.25
    """Of a store's states that one look may delete; more is rather a clock that leapt."""
    unclear_per_minute_max: Count = 100
    """Records of a source unmapped or quarantined in a minute; more is an alert."""
    oldest_batch_age_ms_max: Milliseconds = 120_000
    """A batch older than this makes the worker exit and resume from the last commit."""

    @property
    def state_dir(self) -> Path:
        """Where this worker keeps its stores."""
        return self.data_dir / "state" / f"g{self.generation}" / f"worker-{self.worker}"

    def __post_init__(self) -> None:
        if self.workers > 1 and self.metrics_port + self.workers - 1 > _PORT_MAX:
            raise ConfigurationError(
                f"{PREFIX}METRICS_PORT={self.metrics_port} and {PREFIX}WORKERS={self.workers}: "
                f"the last worker's port would be above {_PORT_MAX}; choose a lower port"
            )


def from_environ(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that the environment gives. Raises ConfigurationError naming the variable."""
    given = settings.from_environ(Settings, PREFIX, environ)
    return replace(given, generation=given.repair_generation or FIRST_GENERATION)
