"""The local stack: what is not given is started, in order, supervised, and stopped in the opposite order.

As a library (the demo and the tests use it so):

    with Stack(StackSettings(data_dir=folder, ingest_port=0, kafka_port=0, clickhouse_port=0)) as stack:
        post(stack.addresses.ingest)
        stack.kill("processors")
        stack.wait_ready("processors")
"""

import asyncio
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

from deploy.local.broker import broker_program
from deploy.local.engine import clickhouse_program
from deploy.local.engine_access import FOLDER, ensure_password
from deploy.local.first_source import ensure_first_source
from deploy.local.private_files import PRIVATE_UMASK, make_private
from deploy.local.reach import own_clickhouse, own_kafka
from deploy.local.stack_settings import Addresses, StackSettings, choose_addresses, port_of
from operations.forget.key import require_key_of
from operations.generation import settle
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.directory_lock import DirectoryLock
from runtime.environ import environ_of
from runtime.kafka.settings import KafkaSettings
from runtime.ports import HOST
from runtime.program_output import Line, unheard
from runtime.programs import python_program
from runtime.secrets_file import read_secrets
from runtime.sources_file import SourcesFile
from runtime.supervisor import Child, Program
from schemas.erasure import KEY_VARIABLE
from schemas.errors import DeploymentError
from schemas.sources import Sources

__all__ = ["STOP_ORDER", "Addresses", "Stack", "StackSettings"]

READY_S_MAX: Final = 90.0
STOP_ORDER: Final = ("ingest", "relay", "processors", "projections", "serving", "clickhouse", "kafka")
"""Intake first, then each stage after the one that feeds it, the servers last."""
_DERIVED: Final = ("processors", "projections")
"""What belongs to a generation."""


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
        self.trouble = ""
        """Why tables are not filled, and what to do; see `StackSettings.needs_tables`."""
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
            make_private(self.settings.data_dir, self._on_step)
            self._lock = DirectoryLock(self.settings.data_dir, "`recibo up`")
            self.addresses = choose_addresses(self.settings)
            environ = {**os.environ, **self.settings.environ}
            self.kafka = self.settings.kafka or own_kafka(self.addresses.kafka, environ)
            self.clickhouse = self.settings.clickhouse or own_clickhouse(
                self.addresses.clickhouse, str(ensure_password(self._engine_folder).resolve()), environ
            )
            self.sources = self._read_sources()
            self._start_broker()
            self._create_topics()
            self._start_intake()
            self._start_derived("processors")
            self._wait_all()
            self._start_tables()
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

    def _read_sources(self) -> Sources:
        """Return the registered sources; a fault in them is reported before anything is started."""
        s = self.settings
        environ = {**os.environ, **s.environ}
        ensure_first_source(s.config_file, s.secrets_file, environ)
        return SourcesFile(s.config_file, s.secrets_file).read(environ, needs_secrets=True)

    @property
    def _engine_folder(self) -> Path:
        return self.settings.data_dir / FOLDER

    def _start_broker(self) -> None:
        s = self.settings
        if s.kafka is None:
            port = port_of(self.addresses.kafka)
            self._run(broker_program(s.data_dir / "kafka", s.cache_dir, port, starts_fast=s.starts_fast))
            self._wait_all()

    def _start_tables(self) -> None:
        """Start engine and projections: last, so that nothing of theirs keeps what comes from being taken.

        Raises:
            DeploymentError: they do not start, and the settings say that all of it is needed.
        """
        try:
            if self.settings.clickhouse is None:
                self._run(clickhouse_program(self._engine_folder, port_of(self.addresses.clickhouse)))
                self._children["clickhouse"].wait_ready(READY_S_MAX)
            self._start_derived("projections")
            self._start_serving()
            self._wait_all()
        except DeploymentError as error:
            if self.settings.needs_tables:
                raise
            self.trouble = (
                f"{error}\nWhat comes is taken, and kept in the log; no table is filled. Stop, move {self._engine_folder} away, "
                "start again, and fill the tables from the log with `recibo rebuild`"
            )
            self._on_step(self.trouble)
            if "projections" not in self._children:
                self._start_derived("projections")  # they wait for the engine
            if "serving" not in self._children:
                self._start_serving()  # likewise

    def _start_serving(self) -> None:
        """Start what answers questions: beside the tables, so that nothing of it keeps what comes from being taken."""
        url = f"{self.addresses.api_metrics}/readyz"
        self._run(python_program("serving", "serving", url, environ=self._stage_environ("serving")))

    def _create_topics(self) -> None:
        s = self.settings
        live, created = asyncio.run(settle(self.kafka, s.partitions, s.data_dir, {**os.environ, **s.environ}))
        self._switching_to = live.switching_to
        if created:
            self._on_step(f"created topics {', '.join(created)}")
        asyncio.run(require_key_of(self.kafka, s.secrets_file, {**os.environ, **s.environ}))

    def _start_intake(self) -> None:
        url = f"{self.addresses.ingest_metrics}/readyz"
        self._run(python_program("ingest", "ingest", url, environ=self._stage_environ("ingest")))
        # It runs even where no source relays yet, so that one that begins to loses nothing until a restart.
        url = f"{self.addresses.relay_metrics}/readyz"
        self._run(python_program("relay", "relay", url, environ=self._stage_environ("relay")))

    def _start_derived(self, *names: str) -> None:
        """Start these of what belongs to a generation; while a repair replaces it they wait, and nobody waits for them."""
        if self._switching_to:
            self._on_step(f"generation {self._switching_to} is being switched to: finish with `recibo repair --yes`")
        metrics = {"processors": self.addresses.processors_metrics, "projections": self.addresses.projections_metrics}
        for name in names:
            self._run(python_program(name, name, f"{metrics[name]}/readyz", environ=self._stage_environ(name)))

    def _stop(self, names: Iterable[str]) -> None:
        for name in names:
            child = self._children.pop(name, None)
            if child is not None:
                self._on_step(f"stopping {name}")
                child.stop()

    def _stage_environ(self, stage: str) -> dict[str, str]:
        s, a = self.settings, self.addresses
        if stage == "serving":  # it knows no secret of a webhook: the key by which people are forgotten alone
            key = read_secrets(s.secrets_file).get(KEY_VARIABLE)
            secrets = {KEY_VARIABLE: key} if key else {}
        else:
            secrets = {"RECIBO_SECRETS_FILE": str(s.secrets_file.resolve())}
        return {
            **secrets,
            **environ_of(self.kafka),
            **environ_of(self.clickhouse),
            "RECIBO_CONFIG": str(s.config_file.resolve()),
            "RECIBO_DATA_DIR": str(s.data_dir.resolve()),
            "RECIBO_PARTITIONS": str(s.partitions),
            "RECIBO_INGEST_HOST": HOST,
            "RECIBO_INGEST_PORT": str(port_of(a.ingest)),
            "RECIBO_INGEST_METRICS_PORT": str(port_of(a.ingest_metrics)),
            "RECIBO_PROCESSORS_METRICS_PORT": str(port_of(a.processors_metrics)),
            "RECIBO_PROJECTIONS_METRICS_PORT": str(port_of(a.projections_metrics)),
            "RECIBO_RELAY_METRICS_PORT": str(port_of(a.relay_metrics)),
            "RECIBO_API_PORT": str(port_of(a.api)),
            "RECIBO_API_METRICS_PORT": str(port_of(a.api_metrics)),
            "RECIBO_LOG_LEVEL": os.environ.get("RECIBO_LOG_LEVEL") or "WARNING",  # of Faust, which logs all it does
            **s.environ,
            **s.own_environ.get(stage, {}),
        }

    def _run(self, program: Program) -> None:
        self._on_step(f"starting {program.name}")
        private = replace(program, umask=PRIVATE_UMASK)
        child = Child(private, self.settings.data_dir / "logs" / f"{program.name}.log", self._on_line)
        self._children[program.name] = child
        child.start()

    def _wait_all(self) -> None:
        for name, child in self._children.items():
            if not (self._switching_to and name in _DERIVED):
                child.wait_ready(READY_S_MAX)
