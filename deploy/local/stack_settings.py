"""What a local stack is to run, and where: its settings, and the addresses that they come to."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.settings import KafkaSettings
from runtime.ports import HOST, chosen_port
from runtime.programs import CHECKOUT


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSettings:
    """What to run and where. A port of 0 means: any free one."""

    data_dir: Path = Path(".recibo")
    config_file: Path = Path("recibo.toml")
    cache_dir: Path = CHECKOUT / ".recibo" / "cache"
    """Where the broker's jars are kept; shared by all stacks of a checkout."""
    ingest_port: int = 8080
    kafka_port: int = 9092
    clickhouse_port: int = 8123
    ingest_metrics_port: int = 9190
    processors_metrics_port: int = 9201
    projections_metrics_port: int = 9202
    relay_metrics_port: int = 0
    api_port: int = 8090
    api_metrics_port: int = 0
    kafka: KafkaSettings | None = None
    """A cluster to use instead of a local broker."""
    clickhouse: ClickHouseSettings | None = None
    """A ClickHouse to use instead of the local engine."""
    partitions: int = 4
    starts_fast: bool = False
    """The broker starts in half the time, and serves heavy traffic more slowly: for short runs."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """Further environment of ingest, relay, processors, projections and serving."""
    own_environ: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Stage → further environment of it alone, e.g. who it is on the cluster."""
    needs_tables: bool = True
    """Whether engine and projections that do not start fail the whole; else that is told, and intake goes on."""

    @property
    def secrets_file(self) -> Path:
        """Where the secret of the ready-made source is kept."""
        return self.data_dir / "secrets.env"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts of a running stack answer."""

    ingest: str
    kafka: str
    clickhouse: str
    ingest_metrics: str
    processors_metrics: str
    projections_metrics: str
    relay_metrics: str
    api: str
    api_metrics: str


def choose_addresses(s: StackSettings) -> Addresses:
    """Return where each part will answer. Raises DeploymentError: somebody listens there already."""
    secure = "https" if {**os.environ, **s.environ}.get("RECIBO_INGEST_TLS_CERT_FILE") else "http"
    return Addresses(
        ingest=f"{secure}://{HOST}:{chosen_port(s.ingest_port, 'ingest', '--port')}",
        kafka=s.kafka.bootstrap_servers
        if s.kafka
        else f"{HOST}:{chosen_port(s.kafka_port, 'the Kafka broker', '--kafka-port')}",
        clickhouse=s.clickhouse.url
        if s.clickhouse
        else f"http://{HOST}:{chosen_port(s.clickhouse_port, 'ClickHouse', '--clickhouse-port')}",
        ingest_metrics=_metrics_address(s.ingest_metrics_port, "ingest"),
        processors_metrics=_metrics_address(processors_port(s), "processors"),
        projections_metrics=_metrics_address(s.projections_metrics_port, "projections"),
        relay_metrics=_metrics_address(s.relay_metrics_port, "relay"),
        api=f"http://{HOST}:{chosen_port(s.api_port, 'the API', '--api-port')}",
        api_metrics=_metrics_address(s.api_metrics_port, "api"),
    )


def port_of(address: str) -> int:
    """Return the port of an address that ends with one."""
    return int(address.rpartition(":")[2])


def _metrics_address(port: int, stage: str) -> str:
    return f"http://{HOST}:{chosen_port(port, f'the metrics of {stage}', f'--{stage}-metrics-port')}"


def processors_port(s: StackSettings) -> int:
    """Return the first of the processors' ports of metrics: a worker has the next one, which may be another stage's."""
    text = {**os.environ, **s.environ}.get("RECIBO_PROCESSORS_WORKERS", "")
    workers = range(1, int(text) if text.isascii() and text.isdecimal() else 1)
    taken = {s.projections_metrics_port, s.relay_metrics_port, s.api_metrics_port}
    overlaps = any(s.processors_metrics_port + number in taken for number in workers)
    return s.processors_metrics_port + 100 if s.processors_metrics_port and overlaps else s.processors_metrics_port
