"""Every Kafka topic of Recibo: name, key, cleanup. One name everywhere (topic, table, module)."""

from dataclasses import dataclass, field
from typing import Final

DAY_MS: Final = 24 * 60 * 60 * 1000
RETENTION_MS: Final = 30 * DAY_MS
MAX_RECORD_BYTES: Final = 4 * 1024 * 1024
"""Largest record of any topic: the largest body ingest takes (3 MiB by default) and its envelope."""

RAW: Final = "webhook.raw"
REQUESTS: Final = "webhook.requests"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it must exist on the broker: its name and the settings that matter to exactness."""

    name: str
    config: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DerivedTopics:
    """The topics the processors write. They carry a generation: repairing a parser makes a new one."""

    generation: int

    @property
    def message_events(self) -> str:
        """Each distinct event of a message, once (CloudEvents)."""
        return f"message.events.g{self.generation}"

    @property
    def message_state(self) -> str:
        """The whole truth about each message; the changelog of the processors' message store."""
        return f"message.state.g{self.generation}"

    @property
    def connection_events(self) -> str:
        """Each distinct event of a connection, once (CloudEvents)."""
        return f"connection.events.g{self.generation}"

    @property
    def connection_state(self) -> str:
        """The whole truth about each connection; the changelog of its store."""
        return f"connection.state.g{self.generation}"

    @property
    def set_aside(self) -> str:
        """Every record that made no new event, with its outcome and why."""
        return f"webhook.set_aside.g{self.generation}"


_LOG = {
    "cleanup.policy": "delete",
    "retention.ms": str(RETENTION_MS),
    "max.message.bytes": str(MAX_RECORD_BYTES),
}
_STATE = {
    "cleanup.policy": "compact",
    "min.compaction.lag.ms": str(60 * 60 * 1000),
    "delete.retention.ms": str(7 * DAY_MS),
    "max.message.bytes": str(MAX_RECORD_BYTES),
}


def declared(generation: int) -> tuple[Topic, ...]:
    """Return every topic of a deployment at `generation`. All have the same partition count (murmur2 of the key)."""
    derived = DerivedTopics(generation)
    return (
        Topic(RAW, {**_LOG, "message.timestamp.type": "LogAppendTime"}),
        Topic(REQUESTS, dict(_LOG)),
        Topic(derived.message_events, dict(_LOG)),
        Topic(derived.message_state, dict(_STATE)),
        Topic(derived.connection_events, dict(_LOG)),
        Topic(derived.connection_state, dict(_STATE)),
        Topic(derived.set_aside, dict(_LOG)),
    )
