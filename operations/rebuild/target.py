"""Pure: which tables are rebuilt together, from which topic, and what distinguishes a table's rows."""

from dataclasses import dataclass
from typing import Final

from projections.rows import projections_of
from projections.rows.table import Projection
from schemas.errors import ConfigurationError
from schemas.topics import Topics

_COORDINATE: Final = ("at", "log_partition", "log_offset")

IDENTITY: Final[dict[str, tuple[str, ...]]] = {
    "webhook_request": _COORDINATE,
    "webhook_raw": _COORDINATE,
    "message_event": _COORDINATE,
    "connection_event": _COORDINATE,
    "webhook_set_aside": _COORDINATE,
    "message_state": ("anchor_day", "account", "message_id"),
    "message_alias": ("anchor_day", "account", "id", "message_id"),
    "state_alias": ("anchor_day", "account", "message_id", "id"),
    "message_name": ("anchor_day", "account", "message_id", "found_by", "name"),
    "message_member": ("anchor_day", "account", "message_id"),
    "message_group": ("anchor_day", "account", "message_id"),
    "connection_state": ("anchor_day", "account", "connection_id"),
}
"""Table → the columns that distinguish its rows. The first is the time that decides the week, its partition."""

WITH_GENERATION: Final = frozenset({"message_event", "connection_event", "webhook_set_aside"})
"""Tables whose rows say which generation decided them."""

NOT_COMPARED: Final = frozenset({"message_group", "message_member"})
"""Tables that follow from others and from other weeks, which a shadow does not have: replaced with those, never compared."""

_FED_TOGETHER: Final = {
    "message_state": (
        *("message_state", "message_alias", "state_alias", "message_name"),
        *("message_group", "message_member"),
    )
}
_LEADER: Final = {table: leader for leader, tables in _FED_TOGETHER.items() for table in tables}


@dataclass(frozen=True, slots=True)
class Target:
    """What is rebuilt together: the tables that one topic feeds."""

    projection: Projection
    tables: tuple[str, ...]
    """The table its records are rows of, then those that follow from it."""

    @property
    def table(self) -> str:
        """The first of its tables: what it is called by."""
        return self.tables[0]

    @property
    def is_compacted(self) -> bool:
        """Whether the topic keeps the last value of each key instead of all records of a time."""
        return self.tables[0].endswith("_state")


def targets_of(topics: Topics) -> dict[str, Target]:
    """Return every target of a deployment, by its table's name."""
    found = {}
    for projection in projections_of(topics):
        table = projection.tables[0][0].name
        found[table] = Target(projection, _FED_TOGETHER.get(table, (table,)))
    return found


def target_of(table: str, topics: Topics) -> Target:
    """Return what is rebuilt when `table` is asked for. Raises ConfigurationError for a table that no topic feeds."""
    found = targets_of(topics).get(_LEADER.get(table, table))
    if found is None:
        raise ConfigurationError(f"{table} is not made from a topic; one of {', '.join(IDENTITY)}")
    return found
