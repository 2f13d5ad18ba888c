"""What was found in the topics, as plain values: what the ledger compares with the truth."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Coordinate(NamedTuple):
    """Where a record is in the raw log."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record of `webhook.raw`."""

    at: Coordinate
    at_ms: int
    """Append time."""
    key: bytes
    value: bytes
    request_id: str
    index: int
    kind: str
    received_at_ms: int
    source: str
    account: str


@dataclass(frozen=True, slots=True)
class Derived:
    """A record of a derived topic, its value read as JSON (None: a deletion)."""

    key: bytes
    value: Any


@dataclass(slots=True)
class Observed:
    """All records of a deployment's topics, in order, from where the demo began."""

    raw: list[RawRecord] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    message_events: list[Derived] = field(default_factory=list)
    message_states: list[Derived] = field(default_factory=list)
    connection_events: list[Derived] = field(default_factory=list)
    connection_states: list[Derived] = field(default_factory=list)
    set_aside: list[Derived] = field(default_factory=list)

    def coordinates_told(self) -> set[Coordinate]:
        """Return the coordinates of the raw log that some derived record speaks of."""
        told = {_coordinate(event.value["data"]["raw"]) for event in self.message_events}
        told |= {_coordinate(event.value["data"]["raw"]) for event in self.connection_events}
        return told | {_coordinate(record.value) for record in self.set_aside}

    def keep_only_known(self) -> None:
        """Drop what was set aside, and the requests, that belong to no raw record seen here."""
        coordinates = {record.at for record in self.raw}
        self.set_aside = [record for record in self.set_aside if _coordinate(record.value) in coordinates]
        request_ids = {record.request_id for record in self.raw}
        self.requests = [request for request in self.requests if request["request_id"] in request_ids]


def _coordinate(raw: dict[str, int]) -> Coordinate:
    return Coordinate(raw["partition"], raw["offset"])
