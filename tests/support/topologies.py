"""The topologies that statements are rendered for, and every statement that is rendered."""

from collections.abc import Iterator
from typing import Final

from operations.repair import steps
from projections.clickhouse import roles, views
from projections.clickhouse.ddl import rendered
from projections.clickhouse.migrate import beginnings, read_migrations
from projections.clickhouse.views import release
from runtime.clickhouse.settings import STORE, VIEWS
from runtime.clickhouse.topology import PLAIN, Topology

TOPOLOGIES: Final = {
    "plain": PLAIN,
    "replicated": Topology("replicated", "production", replicas=3),
    "replicated_database": Topology("replicated_database", replicas=3),
    "cloud": Topology("cloud"),
    "sharded": Topology("replicated", "production", is_sharded=True, replicas=2),
}
_SHADOW: Final = f"{STORE}_g2"
_AS_ROWS_MOVE: Final = (
    f"CREATE TABLE {STORE}.message_slot_staging_1 AS {STORE}.message_slot",
    f"ALTER TABLE {STORE}.message_slot REPLACE PARTITION '2026-01-05' FROM {STORE}.message_slot_staging_1",
    f"ALTER TABLE {STORE}.message_slot DROP PARTITION '2026-01-05'",
    f"DROP TABLE IF EXISTS {STORE}.message_slot_staging_1 SYNC",
    f"ALTER TABLE {STORE}.message_state REPLACE PARTITION '2026-01-05' FROM {_SHADOW}.message_state",
    f"ALTER TABLE {STORE}.webhook_raw MODIFY TTL toDateTime(at) + toIntervalDay(90)",
    f"DROP DATABASE IF EXISTS {_SHADOW} SYNC",
)
"""What upkeep, rebuild, repair and retention run, with names for example."""


def of_tables() -> Iterator[str]:
    """Yield every statement about databases, tables and roles, written for one server."""
    yield from beginnings(STORE)
    for migration in read_migrations():
        yield from migration.statements(STORE)
    yield release.list_of(STORE)
    yield from roles.statements(VIEWS)
    yield from steps.statements(_SHADOW)
    yield from _AS_ROWS_MOVE


def of_views() -> Iterator[str]:
    """Yield every statement about views, written for one server."""
    yield from views.statements(STORE, VIEWS, "America/Sao_Paulo")


def rendered_for(name: str) -> tuple[list[str], list[str]]:
    """Return the statements about tables, and those about views, for a topology."""
    topology = TOPOLOGIES[name]
    tables = [text for statement in of_tables() for text in rendered(statement, topology)]
    return tables, [text for statement in of_views() for text in rendered(statement, topology)]
