"""Who may read what: `analyst` the views with numbers masked, `analyst_numbers` those and the ones with numbers in full,
`operator` those and the bytes that came.

None of these sees a table: the views run as their owner (`projections/clickhouse/views/__init__.py`). Give a person a role with
`GRANT analyst TO somebody`; the process that serves the API is to be granted all three, and asks under the least. `reconciler` is for processes alone:
it reads sends and messages in their tables, and writes what the API keeps of sends and reconciliations. So is `eraser`, which the API
forgets people under: it rewrites rows of every table.
"""

from collections.abc import Iterator
from typing import Final

import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from projections.clickhouse.ddl import change
from runtime.clickhouse.settings import STORE, VIEWS, bi_database, numbers_database
from runtime.clickhouse.topology import PLAIN, Topology
from schemas.access import ClickHouseRole

ANALYST: Final = ClickHouseRole.ANALYST.value
ANALYST_NUMBERS: Final = ClickHouseRole.ANALYST_NUMBERS.value
OPERATOR: Final = ClickHouseRole.OPERATOR.value
RECONCILER: Final = "reconciler"
ERASER: Final = "eraser"
_WRITES: Final = (
    "send_manifest",
    "send_key",
    "reconciliation_candidate",
    "reconciliation_difference",
    "reconciliation_run",
    "reconciliation_billed",
    "reconciliation_job",
    "reconciliation_acknowledgement",
)
_MAY_NOT: Final = 497
"""ACCESS_DENIED: our user may not make roles."""
_KEEPS_NONE: Final = 514
"""ACCESS_STORAGE_FOR_INSERTION_NOT_FOUND: the engine keeps no roles."""
_WHERE_KEPT: Final = "SELECT count() FROM system.user_directories WHERE type != 'users_xml'"

log = structlog.get_logger()


def name_of(role: str, views: str) -> str:
    """Return what a role is called: one of a deployment whose views have a database of another name has that in front."""
    return role if views == VIEWS else f"{views}_{role}"


def grants(views: str, store: str = STORE) -> dict[str, list[str]]:
    """Return role → its GRANT statements, without whom to, for views in database `views` and its twin with numbers.

    Roles belong to the whole engine: see `name_of`.
    """
    masked = [f"GRANT SELECT ON {views}.*", f"GRANT SELECT ON {bi_database(views)}.*"]
    numbers = [*masked, f"GRANT SELECT ON {numbers_database(views)}.*"]
    payloads = [*numbers, f"GRANT SELECT ON {store}.payload"]
    writes = [f"GRANT INSERT ON {store}.{table}" for table in _WRITES]
    reconciles = [f"GRANT SELECT ON {store}.*", *masked, *writes]
    erases = [f"GRANT SELECT, INSERT, ALTER UPDATE, ALTER DELETE ON {store}.*"]
    granted = {
        ANALYST: masked,
        ANALYST_NUMBERS: numbers,
        OPERATOR: payloads,
        RECONCILER: reconciles,
        ERASER: erases,
    }
    return {name_of(role, views): statements for role, statements in granted.items()}


def statements(views: str, store: str = STORE) -> Iterator[str]:
    """Yield what makes the roles and grants them the views, written for one server."""
    for role, granted in grants(views, store).items():
        yield f"CREATE ROLE IF NOT EXISTS {role}"
        yield from (f"{grant} TO {role}" for grant in granted)


def create(client: Client, views: str, topology: Topology = PLAIN, store: str = STORE) -> bool:
    """Make the roles, where the engine keeps roles; say so where it does not let us. Return whether they are there."""
    try:
        for statement in statements(views, store):
            change(client, statement, topology)
    except DatabaseError as error:
        if error.code not in {_MAY_NOT, _KEEPS_NONE}:
            raise
        if error.code == _MAY_NOT and keeps_roles(client):
            log.warning("no roles were made: grant CREATE ROLE to our user to have them")
        return False
    return True


def keeps_roles(client: Client) -> bool:
    """Return whether the engine has where to keep roles (the local one has not), so that somebody may wait for them."""
    try:
        return int(client.query(_WHERE_KEPT).result_rows[0][0]) > 0
    except DatabaseError:
        return True
