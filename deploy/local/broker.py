"""The Apache Kafka broker as a program of the local stack: KRaft, one node, its data kept in one directory."""

import asyncio
import base64
import logging
import subprocess
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.jars import jars_folder, require_java
from runtime.kafka.clients import make_admin
from runtime.kafka.settings import KafkaSettings
from runtime.ports import HOST, accepts_connections, free_port
from runtime.supervisor import Program
from runtime.whole_file import replace_file
from schemas.errors import DeploymentError

HEAP_MB = 512
_FORMAT_S_MAX = 60
_METADATA_TIMEOUT_MS = 2_000
_LOGGER = "-Dorg.slf4j.simpleLogger"
_QUIET = (
    f"{_LOGGER}.defaultLogLevel=warn",
    # These warn of what is usual on one node: a log that is empty at the first start, a client closed twice at the end.
    f"{_LOGGER}.log.org.apache.kafka.controller.QuorumController=error",
    f"{_LOGGER}.log.org.apache.kafka.clients.NetworkClient=error",
)

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
listeners={listeners},CONTROLLER://{host}:{controller_port}
advertised.listeners={listeners}
inter.broker.listener.name=PLAINTEXT
log.dirs={log_dir}
# Topics are declared (schemas/topics.py); a misspelt name must fail, not appear.
auto.create.topics.enable={creates_topics}
# One node: every internal topic has one replica.
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# Few consumers: few partitions to recover at start.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms={joining_ms}
group.min.session.timeout.ms=1000
# After kill -9 the node may register again only when its former session has ended (default 9 s).
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
num.network.threads=2
num.io.threads=4
{further}
"""


@dataclass(frozen=True, slots=True)
class Listeners:
    """Further ways into the broker, beside the one in the clear: what a cluster of others has, for tests."""

    ports: Mapping[str, int]
    """SSL, SASL_PLAINTEXT or SASL_SSL → where it listens."""
    properties: Mapping[str, str]
    """Of `server.properties`: certificates, mechanisms, who may do what."""
    scram: Sequence[str] = ()
    """Credentials, as `kafka-storage.sh --add-scram` takes them."""


NO_OTHERS: Final = Listeners({}, {})


def broker_program(
    data_dir: Path,
    cache: Path,
    port: int,
    *,
    starts_fast: bool = False,
    joining_ms: int = 0,
    others: Listeners = NO_OTHERS,
    creates_topics: bool = False,
) -> Program:
    """Prepare a broker on `port` that keeps its data in `data_dir`, and return how to run it.

    Fetches the jars into `cache` and formats the directory, each only when that was not done before.

    Args:
        data_dir: the broker's own directory.
        cache: where jars are kept, shared by all local stacks of a checkout.
        port: where clients connect, on 127.0.0.1.
        starts_fast: compile Java lightly: starts in half the time, and serves heavy traffic more slowly.
        joining_ms: how long a new group waits for more members than its first. One is the usual case here; Kafka's own
            default, for groups of several, is 3,000.
        others: further listeners.
        creates_topics: make a topic when a client that allows it asks for one that is missing, as Kafka does by default.

    Raises:
        DeploymentError: Java or Maven is missing, or the directory cannot be formatted.
    """
    require_java()
    classpath = f"{jars_folder(cache)}/*"
    log_dir = data_dir / "log"
    log_dir.mkdir(parents=True, exist_ok=True)
    properties = data_dir / "server.properties"
    text = _PROPERTIES.format(
        host=HOST,
        listeners=",".join(f"{name}://{HOST}:{at}" for name, at in {"PLAINTEXT": port, **others.ports}.items()),
        controller_port=free_port(),
        log_dir=log_dir.resolve(),
        joining_ms=joining_ms,
        creates_topics=str(creates_topics).lower(),
        further="\n".join(f"{name}={value}" for name, value in others.properties.items()),
    )
    replace_file(properties, text, mode=0o600)
    if not (log_dir / "meta.properties").exists():
        _format(classpath, properties, others.scram)
    options = ["-XX:TieredStopAtLevel=1"] if starts_fast else []
    heap = [f"-Xms{HEAP_MB // 4}m", f"-Xmx{HEAP_MB}m", "-XX:+UseSerialGC"]
    return Program(
        name="kafka",
        command=("java", *heap, *options, *_QUIET, "-cp", classpath, "kafka.Kafka", str(properties)),
        is_ready=lambda: accepts_connections(port) and answers_metadata(KafkaSettings(f"{HOST}:{port}")),
    )


def answers_metadata(kafka: KafkaSettings) -> bool:
    """Return whether the cluster answers a metadata request and counts at least one broker as alive."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it shouts about what is asked here as a question
    try:
        return asyncio.run(_has_brokers(kafka))
    except Exception:  # noqa: BLE001 - any error means not yet; the supervisor sets the deadline
        return False
    finally:
        logging.getLogger("aiokafka").setLevel(logging.NOTSET)


async def _has_brokers(kafka: KafkaSettings) -> bool:
    admin = make_admin(kafka, "recibo-up", request_timeout_ms=_METADATA_TIMEOUT_MS)
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
    finally:
        await admin.close()
    return bool(cluster["brokers"])


def _format(classpath: str, properties: Path, scram: Iterable[str]) -> None:
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "_")  # not an option
    arguments = ["format", "--cluster-id", cluster_id, "--config", str(properties), "--ignore-formatted"]
    arguments += [word for credential in scram for word in ("--add-scram", credential)]
    light = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", *_QUIET]
    done = subprocess.run(
        ["java", *light, "-cp", classpath, "kafka.tools.StorageTool", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=_FORMAT_S_MAX,
    )
    if done.returncode != 0:
        reason = (done.stderr or done.stdout).strip().rpartition("\n")[2]
        raise DeploymentError(f"the Kafka broker's directory {properties.parent} could not be formatted: {reason}")
