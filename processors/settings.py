"""The processors' settings, read once from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from dataclasses import field as field_
from pathlib import Path
from typing import Self

from runtime.kafka.settings import KafkaSettings
from runtime.settings import from_environ
from schemas.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of a worker. `RECIBO_PROCESSORS_` and the name in capitals sets a value, but for the first four."""

    kafka: KafkaSettings = field_(default_factory=KafkaSettings)
    """The cluster: KAFKA_… and RECIBO_TOPIC_PREFIX."""
    config_path: Path = Path("recibo.toml")
    """RECIBO_CONFIG: the sources' own mappings; read again when it changes."""
    data_dir: Path = Path(".recibo")
    """RECIBO_DATA_DIR: states live in `state` under it."""
    generation: int = 1
    """RECIBO_GENERATION: of the derived topics."""

    worker: str = "0"
    """Names this worker's state directory and its place in the group; two workers must not share one."""
    workers: int = 1
    """Processes on this machine; each uses about one core."""
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 9201
    """Of /metrics, /healthz and /readyz; with several workers, worker i's is this + i."""

    batch_records_max: int = 4_000
    """Records fetched at once, of all partitions."""
    fetch_bytes_max: int = 1_048_576
    """Of one partition in one fetch."""
    in_flight_bytes_max: int = 67_108_864
    """Fetched and not yet acknowledged, of all partitions; above it nothing is fetched."""
    lane_bytes_max: int = 8_388_608
    """The same of one partition."""
    produce_bytes_max: int = 1_000_000
    """Of one batch sent to Kafka."""

    hot_states_max: int = 100_000
    """Decoded states kept in memory, of all partitions."""
    store_cache_bytes: int = 67_108_864
    """RocksDB's block cache, shared by all stores."""
    store_write_buffer_bytes: int = 16_777_216
    """RocksDB's write buffer, of one store."""

    commit_interval_ms: int = 500
    session_timeout_ms: int = 30_000
    """Without a heartbeat for so long, the worker's partitions go to others."""
    sweep_interval_s: int = 3_600
    """Between looks through a store for states past the horizon."""
    unclear_per_minute_max: int = 100
    """Records of a source unmapped or quarantined in a minute; more is an alert."""
    oldest_batch_age_ms_max: int = 120_000
    """A batch older than this makes the worker exit and resume from the last commit."""

    @property
    def state_dir(self) -> Path:
        """Where this worker keeps its stores."""
        return self.data_dir / "state" / f"g{self.generation}" / f"worker-{self.worker}"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings. Raises ConfigurationError naming the variable and what it must be."""
        names = {
            "config_path": "RECIBO_CONFIG",
            "data_dir": "RECIBO_DATA_DIR",
            "generation": "RECIBO_GENERATION",
        }
        found: dict[str, object] = {"kafka": from_environ(KafkaSettings, "", environ)}
        for field in fields(cls):
            if field.name in found:
                continue
            variable = names.get(field.name, f"RECIBO_PROCESSORS_{field.name.upper()}")
            text = environ.get(variable)
            if text is None:
                continue
            kind: type = type(field.default)
            try:
                found[field.name] = kind(text) if kind in (int, str) else Path(text)
            except ValueError:
                raise ConfigurationError(f"{variable}={text!r}: must be a whole number, like {field.default}") from None
        return cls(**found)  # type: ignore[arg-type]  # each value has its field's own type
