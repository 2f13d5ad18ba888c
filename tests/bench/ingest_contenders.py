"""Who is measured: our ingest and its peers, each a server process of its own on a free port."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from runtime.ports import HOST, free_port
from tests.bench.webhook_traffic import SECRET

CHECKOUT = Path(__file__).resolve().parents[2]
GO_PEER = Path(__file__).parent / "peers" / "ingest_go"
_START_S_MAX = 30.0
_STOP_S_MAX = 15.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")

SOURCES = """
[sources.single]
provider = "wpp_marketing"
auth = { kind = "hmac", header = "X-Recibo-Signature", prefix = "sha256=", secrets = [{ env = "BENCH_SECRET" }] }
[sources.batch]
provider = "meta_cloud"
auth = { kind = "hmac", header = "X-Hub-Signature-256", prefix = "sha256=", secrets = [{ env = "BENCH_SECRET" }] }
"""


@dataclass(frozen=True, slots=True)
class Contender:
    """A server to measure."""

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str]
    topic: str
    """Where its records go; "" where it writes none."""


def contenders(folder: Path, bootstrap_servers: str, names: Collection[str]) -> dict[str, Contender]:
    """Return those of the names, prepared: the Go peer is built. Raises CalledProcessError where Go cannot build it."""
    config = folder / "recibo.toml"
    config.write_text(SOURCES)
    binary = folder / "go_peer"
    if "go_franz" in names:
        subprocess.run(["go", "build", "-o", str(binary), "."], cwd=GO_PEER, check=True)
    kafka = {"KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers}
    starlette = (sys.executable, "-m", "tests.bench.peers.ingest_starlette")
    ours = {"RECIBO_CONFIG": str(config), "RECIBO_DATA_DIR": str(folder / "data"), "BENCH_SECRET": SECRET}
    found = (
        Contender("ours", (sys.executable, "-m", "ingest"), kafka | ours, "webhook.raw"),
        Contender("no_kafka", starlette, {"MODE": "no_kafka"}, ""),
        Contender("naive_send", starlette, kafka | {"MODE": "naive_send", "TOPIC": "bench.naive"}, "bench.naive"),
        Contender("go_franz", (str(binary),), kafka | {"TOPIC": "bench.go", "SECRET": SECRET}, "bench.go"),
    )
    return {contender.name: contender for contender in found if contender.name in names}


@dataclass(frozen=True, slots=True)
class Serving:
    """A contender that serves."""

    port: int
    pid: int

    def cpu_s(self) -> float:
        """Return the CPU seconds it has used so far."""
        return cpu_s(self.pid)


def cpu_s(pid: int) -> float:
    """Return the CPU seconds, user and system, that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def group_cpu_s(group: int) -> float:
    """Return the CPU seconds that all processes of a process group have used so far."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if os.getpgid(int(stat.parent.name)) == group:
                total += cpu_s(int(stat.parent.name))
    return total


@contextlib.contextmanager
def serving(contender: Contender, log: Path) -> Iterator[Serving]:
    """Run a contender, ready when this is entered, ended when it is left."""
    port, metrics_port = free_port(), free_port()
    environ = {
        **os.environ,
        **contender.environ,
        "PYTHONPATH": str(CHECKOUT),
        "PORT": str(port),
        "RECIBO_INGEST_PORT": str(port),
        "RECIBO_INGEST_METRICS_PORT": str(metrics_port),
    }
    with log.open("ab") as output:
        process = subprocess.Popen(contender.command, env=environ, cwd=CHECKOUT, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + _START_S_MAX
        while not _serves(contender, metrics_port if contender.name == "ours" else port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{contender.name} does not serve; its output is in {log}")
            time.sleep(0.05)
        yield Serving(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _serves(contender: Contender, port: int) -> bool:
    try:
        answer = httpx.get(f"http://{HOST}:{port}/readyz", timeout=1)
    except httpx.HTTPError:
        return False
    return contender.name != "ours" or answer.json()["kafka"] == "takes records"
