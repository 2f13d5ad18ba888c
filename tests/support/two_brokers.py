"""A cluster of two brokers, of which the second can be paused: the partitions that it leads are away, the others are not."""

import os
import re
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from deploy.local.broker import broker_program
from runtime.ports import HOST, accepts_connections, free_port
from runtime.supervisor import Child
from tests.support.servers import CACHE, running

FIRST: Final = 1
SECOND: Final = 2


@dataclass
class TwoBrokers:
    """The running cluster."""

    bootstrap_servers: str
    """Of the first broker, which is the controller too."""
    second: Child

    def pause_second(self) -> None:
        """Let the second broker hang, its connections open."""
        self._signal(signal.SIGSTOP)

    def resume_second(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self.second.pid is not None
        os.killpg(self.second.pid, number)


@contextmanager
def two_brokers() -> Iterator[TwoBrokers]:
    """Run both; gone when this is left."""
    with tempfile.TemporaryDirectory() as folder:
        first_folder, second_folder = Path(folder) / "first", Path(folder) / "second"
        first_port, second_port = free_port(), free_port()
        first = broker_program(first_folder, CACHE, first_port, starts_fast=True)
        _join(first_folder, second_folder, second_port)
        properties = str(first_folder / "server.properties")
        second = replace(
            first,
            name="second",
            command=tuple(str(second_folder / "server.properties") if c == properties else c for c in first.command),
            is_ready=lambda: accepts_connections(second_port),
        )
        with running(first, Path(folder)), running(second, Path(folder)) as child:
            cluster = TwoBrokers(f"{HOST}:{first_port}", child)
            try:
                yield cluster
            finally:
                cluster.resume_second()


def _join(first: Path, second: Path, port: int) -> None:
    """Write what makes a second node of the first's cluster, which is no controller."""
    log_dir = second / "log"
    log_dir.mkdir(parents=True)
    text = (first / "server.properties").read_text()
    for name, value in (
        ("process.roles", "broker"),
        ("node.id", str(SECOND)),
        ("listeners", f"PLAINTEXT://{HOST}:{port}"),
        ("advertised.listeners", f"PLAINTEXT://{HOST}:{port}"),
        ("log.dirs", str(log_dir)),
    ):
        text = re.sub(rf"(?m)^{re.escape(name)}=.*$", f"{name}={value}", text)
    (second / "server.properties").write_text(text)
    (cluster_id,) = re.findall(r"(?m)^cluster\.id=(.*)$", (first / "log" / "meta.properties").read_text())
    (log_dir / "meta.properties").write_text(f"version=1\ncluster.id={cluster_id}\nnode.id={SECOND}\n")
