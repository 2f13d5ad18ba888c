"""What a repair has done: a table in its shadow database, so that it can be gone on with from anywhere."""

from typing import Any, Final

import msgspec
from clickhouse_connect.driver.client import Client

from projections.clickhouse.ddl import change
from projections.sink import NOT_DEDUPLICATED
from runtime.clickhouse.topology import PLAIN, Topology

STARTED: Final = "started"
DECIDED: Final = "decided"
SEEDED: Final = "seeded"
COMPARED: Final = "compared"
SWITCHED: Final = "switched"


def statements(shadow: str) -> tuple[str, str]:
    """Return what makes the record of a repair, written for one server."""
    steps = (
        f"CREATE TABLE IF NOT EXISTS {shadow}.repair_step (step String, at DateTime64(3, 'UTC') DEFAULT now64(3), "
        "detail String) ENGINE = ReplacingMergeTree ORDER BY step SETTINGS fsync_after_insert = 1"
    )
    return f"CREATE DATABASE IF NOT EXISTS {shadow}", steps


class Begin(msgspec.Struct, frozen=True):
    """From where a generation is folded; fixed when the repair starts."""

    starts: dict[int, int]
    """Raw partition → first offset folded again: the log's, or an archive's."""
    floor_ms: int
    """Append time, UTC ms, before which records may be older than that; -1: none is, nothing was ever deleted."""
    is_recreated: bool = False
    """Whether the log is another one than the old generation was folded from: all that generation knows is older."""


class Switched(msgspec.Struct, frozen=True):
    """What a switch came to."""

    weeks: list[str]
    """Mondays of the weeks that were replaced."""
    stood: dict[str, dict[int, int]] = {}  # msgspec copies it for each
    """New topic → partition → first offset that the live projector reads."""


class Steps:
    """The record of one repair."""

    def __init__(self, client: Client, shadow: str, topology: Topology = PLAIN) -> None:
        """Keep it in database `shadow`."""
        self._topology = topology
        self._client = client
        self._shadow = shadow

    def create(self) -> None:
        """Create the database and the table, if they are not there."""
        for statement in statements(self._shadow):
            change(self._client, statement, self._topology)

    def note(self, step: str, detail: Any = None) -> None:
        """Note that a step is done; return when that is synced."""
        values = [[step, msgspec.json.encode(detail).decode()]]
        settings = {"async_insert": 0, **NOT_DEDUPLICATED}
        self._client.insert(f"{self._shadow}.repair_step", values, column_names=["step", "detail"], settings=settings)

    def begin(self) -> Begin | None:
        """Return from where the generation is folded; None where the repair has not started."""
        detail = self.done().get(STARTED)
        return msgspec.json.decode(detail[1], type=Begin) if detail else None

    def decided(self) -> dict[int, int] | None:
        """Return up to where the old generation decided the raw log, by partition; None where that is not noted yet."""
        detail = self.done().get(DECIDED)
        return msgspec.json.decode(detail[1], type=dict[int, int]) if detail else None

    def switched(self) -> Switched | None:
        """Return what the switch came to; None where the tables are not switched yet."""
        detail = self.done().get(SWITCHED)
        return msgspec.json.decode(detail[1], type=Switched) if detail else None

    def done(self) -> dict[str, tuple[str, str]]:
        """Return each step done, with when (UTC) and its detail as JSON; empty where no repair was ever begun."""
        if not int(self._client.command(f"EXISTS TABLE {self._shadow}.repair_step")):  # type: ignore[arg-type]  # 0 or 1
            return {}
        text = f"SELECT step, toString(at), detail FROM {self._shadow}.repair_step FINAL ORDER BY at"  # noqa: S608 - a name of ours
        return {step: (at, detail) for step, at, detail in self._client.query(text).result_rows}
