"""A real ingest process on a free port, with sources of a test's own, and what it left in the log."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from runtime.kafka.consumer import Consumer
from runtime.ports import HOST, free_port
from schemas.signatures import sign
from schemas.topics import RAW, REQUESTS

SECRET = "a-secret-of-the-tests"
CHECKOUT = Path(__file__).resolve().parents[2]
_START_S_MAX = 30.0

SIGNED_SOURCE = """
[sources.{name}]
provider = "wpp_marketing"
account = "acme"
[sources.{name}.auth]
kind = "hmac"
header = "X-Recibo-Signature"
prefix = "sha256="
[[sources.{name}.auth.secrets]]
env = "RECIBO_TEST_SECRET"
"""


def event_body(number: int, status: str = "delivered") -> bytes:
    """Return one event of WPP Marketing's default shape, distinct for each number."""
    return orjson.dumps(
        {
            "event_id": f"evt-{number}-{status}",
            "event": status,
            "message": {"id": f"m-{number}"},
            "connection": {"id": "conn-1"},
            "occurred_at": "2026-03-10T12:00:00Z",
        }
    )


def signature(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """Return the headers of a signed JSON request."""
    return {"content-type": "application/json", "x-recibo-signature": sign(secret.encode(), body, prefix="sha256=")}


@dataclass
class RunningIngest:
    """One `python -m ingest`, started and killed at will; its data directory and configuration outlive it."""

    bootstrap_servers: str
    folder: Path
    sources: str
    environ: Mapping[str, str] = field(default_factory=dict)
    scheme: str = "http"
    unused_names: list[str] = field(default_factory=list)
    """Names of its sources that no test has taken yet."""
    port: int = field(default_factory=free_port)
    metrics_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self.scheme}://{HOST}:{self.port}"

    @property
    def config_file(self) -> Path:
        """Its recibo.toml."""
        return self.folder / "recibo.toml"

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return (self.folder / "ingest.log").read_text()

    def start(self) -> None:
        """Start it, and return when it serves."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.config_file.exists():
            self.config_file.write_text(self.sources)
        environ = {
            **os.environ,
            "PYTHONPATH": str(CHECKOUT),
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "RECIBO_CONFIG": str(self.config_file),
            "RECIBO_DATA_DIR": str(self.folder / "data"),
            "RECIBO_INGEST_PORT": str(self.port),
            "RECIBO_INGEST_METRICS_PORT": str(self.metrics_port),
            "RECIBO_TEST_SECRET": SECRET,
            **self.environ,
        }
        with (self.folder / "ingest.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ingest"], env=environ, cwd=self.folder, stdout=log, stderr=log
            )
        deadline = time.monotonic() + _START_S_MAX
        while not self._serves():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"ingest does not serve: {self.log}")
            time.sleep(0.05)

    def _serves(self) -> bool:
        try:
            return self.ask("/healthz").status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def wait_for_kafka(self) -> None:
        """Return when it writes to Kafka."""
        deadline = time.monotonic() + _START_S_MAX
        while self.ready()["kafka"] != "takes records":
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)

    def ready(self) -> dict[str, object]:
        """Return what /readyz says."""
        state: dict[str, object] = self.ask("/readyz").json()
        return state

    def ask(self, path: str) -> httpx.Response:
        """Ask its private port (its first worker's) for health or metrics."""
        return httpx.get(f"http://{HOST}:{self.metrics_port}{path}", timeout=5)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """Kill it by SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self, s_max: float = 15.0) -> int:
        """Stop it by SIGTERM; return its exit code."""
        assert self.process is not None
        self.process.terminate()
        try:
            return self.process.wait(s_max)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"ingest has not stopped within {s_max:g} s of SIGTERM: {self.log}") from error

    def end(self) -> None:
        """Make sure that it is gone."""
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGCONT)
            self.kill()


@contextlib.contextmanager
def ingest_at(
    bootstrap_servers: str, folder: Path, sources: str, scheme: str = "http", **environ: str
) -> Iterator[RunningIngest]:
    """Run ingest against a broker; gone when this is left."""
    running = RunningIngest(bootstrap_servers, folder, sources, environ, scheme=scheme)
    try:
        running.start()
        yield running
    finally:
        running.end()


async def records_of(bootstrap_servers: str, topic: str, source: str) -> list[ConsumerRecord]:
    """Return all records of a source in `webhook.raw` or `webhook.requests`, partition by partition."""
    consumer = Consumer(bootstrap_servers=bootstrap_servers, max_partition_fetch_bytes=8 * 1024 * 1024)
    await consumer.start()
    found: list[ConsumerRecord] = []
    try:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        if not partitions:
            partitions = [TopicPartition(topic, n) for n in range(len(await _partitions(consumer, topic)))]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
            while await consumer.position(partition) < ends[partition]:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found += [record for record in records if source_of(topic, record) == source]
    finally:
        await consumer.stop()
    return found


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    await consumer._client.set_topics([topic])
    return consumer.partitions_for_topic(topic) or set()


def source_of(topic: str, record: ConsumerRecord) -> str | None:
    """Return which source a record belongs to."""
    if topic == RAW:
        name: str | None = orjson.loads(dict(record.headers)["source"])["source"]
        return name
    assert topic == REQUESTS
    named: str | None = orjson.loads(record.value)["source"]
    return named


async def eventually_records(
    bootstrap_servers: str, topic: str, source: str, count: int, s_max: float = 15.0
) -> list[ConsumerRecord]:
    """Return the records of a source once there are at least `count`."""
    deadline = time.monotonic() + s_max
    while len(records := await records_of(bootstrap_servers, topic, source)) < count:
        assert time.monotonic() < deadline, f"{len(records)} of {count} records of {source} in {topic}"
        await asyncio.sleep(0.1)
    return records


StartIngest = Callable[..., RunningIngest]
"""Runs an ingest for a test: broker, sources, environment → the running process."""
