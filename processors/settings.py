"""The processors' settings, read once from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

from schemas.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of the processors; the environment variable is in each line's comment."""

    kafka_bootstrap_servers: str = "127.0.0.1:9092"  # KAFKA_BOOTSTRAP_SERVERS
    config_path: Path = Path("recibo.toml")  # RECIBO_CONFIG
    data_dir: Path = Path(".recibo")  # RECIBO_DATA_DIR
    generation: int = 1  # RECIBO_GENERATION
    worker: str = "0"  # RECIBO_PROCESSORS_WORKER: names this worker's own state directory
    workers: int = 1  # RECIBO_PROCESSORS_WORKERS: processes on this machine; each uses about one core
    metrics_host: str = "127.0.0.1"  # RECIBO_PROCESSORS_METRICS_HOST
    metrics_port: int = 9201  # RECIBO_PROCESSORS_METRICS_PORT
    batch_records_max: int = 4000  # RECIBO_PROCESSORS_BATCH_RECORDS_MAX
    fetch_bytes_max: int = 1_048_576  # RECIBO_PROCESSORS_FETCH_BYTES_MAX: of one partition in one fetch
    in_flight_bytes_max: int = (
        67_108_864  # RECIBO_PROCESSORS_IN_FLIGHT_BYTES_MAX: fetched, unacknowledged, of all partitions
    )
    lane_bytes_max: int = 8_388_608  # RECIBO_PROCESSORS_LANE_BYTES_MAX: the same of one partition
    produce_bytes_max: int = 1_000_000  # RECIBO_PROCESSORS_PRODUCE_BYTES_MAX: of one batch sent
    hot_states_max: int = 100_000  # RECIBO_PROCESSORS_HOT_STATES_MAX: decoded states kept, of all partitions
    store_cache_bytes: int = 67_108_864  # RECIBO_PROCESSORS_STORE_CACHE_BYTES: RocksDB block cache, shared
    store_write_buffer_bytes: int = 16_777_216  # RECIBO_PROCESSORS_STORE_WRITE_BUFFER_BYTES: of one partition
    commit_interval_ms: int = 500  # RECIBO_PROCESSORS_COMMIT_INTERVAL_MS
    session_timeout_ms: int = 30_000  # RECIBO_PROCESSORS_SESSION_TIMEOUT_MS
    sweep_interval_s: int = 3_600  # RECIBO_PROCESSORS_SWEEP_INTERVAL_S: between looks for states past the horizon
    unclear_per_minute_max: int = (
        100  # RECIBO_PROCESSORS_UNCLEAR_PER_MINUTE_MAX: unmapped or quarantined records of a source, then an alert
    )
    oldest_batch_age_ms_max: int = 120_000  # RECIBO_PROCESSORS_OLDEST_BATCH_AGE_MS_MAX: then the worker exits

    @property
    def state_dir(self) -> Path:
        """Where this worker keeps its stores."""
        return self.data_dir / "state" / f"g{self.generation}" / f"worker-{self.worker}"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings. Raises ConfigurationError naming the variable and what it must be."""
        names = {
            "kafka_bootstrap_servers": "KAFKA_BOOTSTRAP_SERVERS",
            "config_path": "RECIBO_CONFIG",
            "data_dir": "RECIBO_DATA_DIR",
            "generation": "RECIBO_GENERATION",
        }
        found: dict[str, object] = {}
        for field in fields(cls):
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
