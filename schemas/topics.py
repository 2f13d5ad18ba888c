"""Every Kafka topic of Recibo: name, key, cleanup. One name everywhere (topic, table, module)."""

from dataclasses import dataclass, field
from typing import Final, Literal

DAY_MS: Final = 24 * 60 * 60 * 1000
RETENTION_MS: Final = 30 * DAY_MS
MAX_RECORD_BYTES: Final = 4 * 1024 * 1024
"""Largest record of any topic: the largest body ingest takes (3 MiB by default) and its envelope."""

RAW: Final = "webhook.raw"
REQUESTS: Final = "webhook.requests"
SENDS: Final = "message.sends"
HOLDS: Final = "processors.holds"
ERASURES: Final = "erasures"
DEPLOYMENT: Final = "deployment"
ACCESS: Final = "access"
LOOKS: Final = "access.looks"
LOOKS_RETENTION_MS: Final = 400 * DAY_MS

RawTimestamps = Literal["LogAppendTime", "CreateTime"]


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it must exist on the broker: its name and the settings that matter to exactness."""

    name: str
    config: dict[str, str] = field(default_factory=dict)
    partitions: int = 0
    """Partitions it must have; 0: as many as all keyed topics."""


@dataclass(frozen=True, slots=True)
class Topics:
    """The names of a deployment's topics. Those that the processors write carry a generation: a repair makes a new one.

    The prefix is the deployment's own, where several share a cluster; what is published (AsyncAPI) has none.
    """

    generation: int = 1
    prefix: str = ""
    raw_timestamps: RawTimestamps = "LogAppendTime"
    """Whose clock a raw record's time is: the broker's, or (a log mirrored from another cluster) the one it came with."""
    retention_ms: int = RETENTION_MS
    """How long records of topics that are not compacted are kept at least."""

    @property
    def raw(self) -> str:
        """Every event's bytes as they came: the log, the source of truth."""
        return self.prefix + RAW

    @property
    def requests(self) -> str:
        """Each HTTP request, and how it was answered."""
        return self.prefix + REQUESTS

    @property
    def message_events(self) -> str:
        """Each distinct event of a message, once (CloudEvents)."""
        return f"{self.prefix}message.events.g{self.generation}"

    @property
    def message_state(self) -> str:
        """The whole truth about each message; the changelog of the processors' message store."""
        return f"{self.prefix}message.state.g{self.generation}"

    @property
    def connection_events(self) -> str:
        """Each distinct event of a connection, once (CloudEvents)."""
        return f"{self.prefix}connection.events.g{self.generation}"

    @property
    def connection_state(self) -> str:
        """The whole truth about each connection; the changelog of its store."""
        return f"{self.prefix}connection.state.g{self.generation}"

    @property
    def set_aside(self) -> str:
        """Every record that made no new event, with its outcome and why."""
        return f"{self.prefix}webhook.set_aside.g{self.generation}"

    @property
    def sends(self) -> str:
        """What senders, panels and invoices say was sent: see `schemas/send.py`."""
        return self.prefix + SENDS

    @property
    def holds(self) -> str:
        """What the processors hold back, of all generations: written by a partition's owner, releases by the command."""
        return self.prefix + HOLDS

    @property
    def deployment(self) -> str:
        """What every process of the deployment must agree on: see `schemas/deployment_state.py`."""
        return self.prefix + DEPLOYMENT

    @property
    def access(self) -> str:
        """People and tokens, hashes of their secrets alone: see `schemas/access.py`."""
        return self.prefix + ACCESS

    @property
    def looks(self) -> str:
        """Who looked at numbers and payloads, and when."""
        return self.prefix + LOOKS

    @property
    def erasures(self) -> str:
        """Whom and which messages to forget, by keyed hashes: see `schemas/erasure.py`."""
        return self.prefix + ERASURES

    @property
    def compacted(self) -> frozenset[str]:
        """Those that keep the last value of each key, instead of all records of a time."""
        return frozenset({self.message_state, self.connection_state, self.holds})


_ANY_TIME = {"message.timestamp.after.max.ms": str(2**63 - 1)}
"""What is derived from a record carries its time. The broker refuses none, whatever its clock said once."""
_STATE = {
    **_ANY_TIME,
    "cleanup.policy": "compact",
    "min.compaction.lag.ms": str(60 * 60 * 1000),
    "delete.retention.ms": str(7 * DAY_MS),
    "max.message.bytes": str(MAX_RECORD_BYTES),
}
_AGREED = {"cleanup.policy": "compact"}


def derived(topics: Topics) -> tuple[Topic, ...]:
    """Return the topics of a generation: what the processors make of the raw log."""
    return (
        Topic(topics.message_events, {**_log(topics), **_ANY_TIME}),
        Topic(topics.message_state, dict(_STATE)),
        Topic(topics.connection_events, {**_log(topics), **_ANY_TIME}),
        Topic(topics.connection_state, dict(_STATE)),
        Topic(topics.set_aside, {**_log(topics), **_ANY_TIME}),
    )


def declared(topics: Topics) -> tuple[Topic, ...]:
    """Return every topic of a deployment, as it must be. Keyed topics have the same partition count (murmur2 of the key)."""
    return (
        Topic(topics.raw, {**_log(topics), "message.timestamp.type": topics.raw_timestamps}),
        Topic(topics.requests, _log(topics)),
        *derived(topics),
        Topic(topics.sends, _log(topics)),
        Topic(topics.holds, {"cleanup.policy": "compact", "max.message.bytes": str(MAX_RECORD_BYTES)}),
        Topic(topics.deployment, dict(_AGREED), partitions=1),
        Topic(topics.access, dict(_AGREED), partitions=1),
        Topic(topics.looks, {"cleanup.policy": "delete", "retention.ms": str(LOOKS_RETENTION_MS)}, partitions=1),
        Topic(topics.erasures, dict(_AGREED), partitions=1),
    )


def _log(topics: Topics) -> dict[str, str]:
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(topics.retention_ms),
        "max.message.bytes": str(MAX_RECORD_BYTES),
    }
