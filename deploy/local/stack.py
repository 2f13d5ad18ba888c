"""The local stack: what is not given is started, in order, supervised, and stopped in the opposite order.

As a library (the demo and the tests use it so):

    with Stack(StackSettings(data_dir=folder, ingest_port=0, kafka_port=0, clickhouse_port=0)) as stack:
        post(stack.addresses.ingest)
        stack.kill("processors")
        stack.wait_ready("processors")
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from deploy.local.broker import broker_program
from deploy.local.engine import clickhouse_program
from deploy.local.first_source import ensure_first_source
from deploy.local.reach import own_clickhouse, own_kafka
from operations.generation import settle
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.directory_lock import DirectoryLock
from runtime.environ import environ_of
from runtime.kafka.settings import KafkaSettings
from runtime.ports import HOST, chosen_port
from runtime.program_output import Line, unheard
from runtime.programs import CHECKOUT, python_program
from runtime.sources_file import SourcesFile
from runtime.supervisor import Child, Program
from schemas.sources import Sources

READY_S_MAX: Final = 90.0
STOP_ORDER: Final = ("ingest", "relay", "processors", "projections", "clickhouse", "kafka")
"""Intake first, then each stage after the one that feeds it, the servers last."""
_DERIVED: Final = ("processors", "projections")
"""What belongs to a generation."""


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
    kafka: KafkaSettings | None = None
    """A cluster to use instead of a local broker."""
    clickhouse: ClickHouseSettings | None = None
    """A ClickHouse to use instead of the local engine."""
    partitions: int = 4
    starts_fast: bool = False
    """The broker starts in half the time, and serves heavy traffic more slowly: for short runs."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """Further environment of ingest, relay, processors and projections."""
    own_environ: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Stage → further environment of it alone, e.g. who it is on the cluster."""

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


class Stack:
    """Everything of a deployment on this machine. Use as a context manager, or call `start` and `stop`."""

    def __init__(
        self, settings: StackSettings, on_line: Line = unheard, on_step: Callable[[str], None] = unheard
    ) -> None:
        self.settings = settings
        self.addresses: Addresses
        self.kafka: KafkaSettings
        self.clickhouse: ClickHouseSettings
        self.sources: Sources
        self._on_line = on_line
        self._on_step = on_step
        self._children: dict[str, Child] = {}
        self._lock: DirectoryLock | None = None
        self._switching_to = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start what is not given, and return when all of it is ready.

        Raises:
            DeploymentError: something is missing or does not start; what was started is stopped again.
            ConfigurationError: `recibo.toml` cannot be used.
        """
        try:
            self._lock = DirectoryLock(self.settings.data_dir, "`recibo up`")
            self.addresses = self._choose_addresses()
            environ = {**os.environ, **self.settings.environ}
            self.kafka = self.settings.kafka or own_kafka(self.addresses.kafka, environ)
            self.clickhouse = self.settings.clickhouse or own_clickhouse(self.addresses.clickhouse, environ)
            self.sources = self._read_sources()
            self._start_servers()
            self._create_topics()
            self._start_intake()
            self._start_derived()
            self._wait_all()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Let everything drain and end, in order. Idempotent."""
        self._stop(STOP_ORDER)
        if self._lock is not None:
            self._lock.release()

    def kill(self, name: str) -> None:
        """Kill a part by SIGKILL, as a crash would; it is started again. See `wait_ready`."""
        self._children[name].kill()

    def wait_ready(self, name: str, s_max: float = READY_S_MAX) -> None:
        """Return when a part is ready (again). Raises DeploymentError when it is not in time."""
        self._children[name].wait_ready(s_max)

    def child(self, name: str) -> Child:
        """Return a part's supervised process."""
        return self._children[name]

    def _choose_addresses(self) -> Addresses:
        s = self.settings
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
            processors_metrics=_metrics_address(_processors_port(s), "processors"),
            projections_metrics=_metrics_address(s.projections_metrics_port, "projections"),
            relay_metrics=_metrics_address(s.relay_metrics_port, "relay"),
        )

    def _read_sources(self) -> Sources:
        """Return the registered sources; a fault in them is reported before anything is started."""
        s = self.settings
        environ = {**os.environ, **s.environ}
        ensure_first_source(s.config_file, s.secrets_file, environ)
        return SourcesFile(s.config_file, s.secrets_file).read(environ, needs_secrets=True)

    def _start_servers(self) -> None:
        s = self.settings
        if s.clickhouse is None:
            self._run(clickhouse_program(s.data_dir / "clickhouse", _port_of(self.addresses.clickhouse)))
        if s.kafka is None:
            port = _port_of(self.addresses.kafka)
            self._run(broker_program(s.data_dir / "kafka", s.cache_dir, port, starts_fast=s.starts_fast))
        self._wait_all()

    def _create_topics(self) -> None:
        s = self.settings
        live, created = asyncio.run(settle(self.kafka, s.partitions, s.data_dir, {**os.environ, **s.environ}))
        self._switching_to = live.switching_to
        if created:
            self._on_step(f"created topics {', '.join(created)}")

    def _start_intake(self) -> None:
        url = f"{self.addresses.ingest_metrics}/readyz"
        self._run(python_program("ingest", "ingest", url, environ=self._stage_environ("ingest")))
        # It runs even where no source relays yet, so that one that begins to loses nothing until a restart.
        url = f"{self.addresses.relay_metrics}/readyz"
        self._run(python_program("relay", "relay", url, environ=self._stage_environ("relay")))

    def _start_derived(self) -> None:
        """Start what belongs to a generation; while a repair replaces it, it waits by itself, and nobody waits for it."""
        if self._switching_to:
            self._on_step(f"generation {self._switching_to} is being switched to: finish with `recibo repair --yes`")
        for name, url in (
            ("processors", self.addresses.processors_metrics),
            ("projections", self.addresses.projections_metrics),
        ):
            self._run(python_program(name, name, f"{url}/readyz", environ=self._stage_environ(name)))

    def _stop(self, names: Iterable[str]) -> None:
        for name in names:
            child = self._children.pop(name, None)
            if child is not None:
                self._on_step(f"stopping {name}")
                child.stop()

    def _stage_environ(self, stage: str) -> dict[str, str]:
        s, a = self.settings, self.addresses
        return {
            **environ_of(self.kafka),
            **environ_of(self.clickhouse),
            "RECIBO_CONFIG": str(s.config_file.resolve()),
            "RECIBO_SECRETS_FILE": str(s.secrets_file.resolve()),
            "RECIBO_DATA_DIR": str(s.data_dir.resolve()),
            "RECIBO_PARTITIONS": str(s.partitions),
            "RECIBO_INGEST_HOST": HOST,
            "RECIBO_INGEST_PORT": str(_port_of(a.ingest)),
            "RECIBO_INGEST_METRICS_PORT": str(_port_of(a.ingest_metrics)),
            "RECIBO_PROCESSORS_METRICS_PORT": str(_port_of(a.processors_metrics)),
            "RECIBO_PROJECTIONS_METRICS_PORT": str(_port_of(a.projections_metrics)),
            "RECIBO_RELAY_METRICS_PORT": str(_port_of(a.relay_metrics)),
            "RECIBO_LOG_LEVEL": os.environ.get("RECIBO_LOG_LEVEL") or "WARNING",  # of Faust, which logs all it does
            **s.environ,
            **s.own_environ.get(stage, {}),
        }

    def _run(self, program: Program) -> None:
        self._on_step(f"starting {program.name}")
        child = Child(program, self.settings.data_dir / "logs" / f"{program.name}.log", self._on_line)
        self._children[program.name] = child
        child.start()

    def _wait_all(self) -> None:
        for name, child in self._children.items():
            if not (self._switching_to and name in _DERIVED):
                child.wait_ready(READY_S_MAX)


def _metrics_address(port: int, stage: str) -> str:
    return f"http://{HOST}:{chosen_port(port, f'the metrics of {stage}', f'--{stage}-metrics-port')}"


def _processors_port(s: StackSettings) -> int:
    """Return the first of the processors' ports of metrics: a worker has the next one, which may be another stage's."""
    text = {**os.environ, **s.environ}.get("RECIBO_PROCESSORS_WORKERS", "")
    workers = range(1, int(text) if text.isascii() and text.isdecimal() else 1)
    taken = {s.projections_metrics_port, s.relay_metrics_port}
    overlaps = any(s.processors_metrics_port + number in taken for number in workers)
    return s.processors_metrics_port + 100 if s.processors_metrics_port and overlaps else s.processors_metrics_port


def _port_of(address: str) -> int:
    return int(address.rpartition(":")[2])
