"""Who may read what: `analyst` the views with numbers masked, `analyst_numbers` those and the ones with numbers in full.

Neither sees a table: the views run as their owner (`projections/clickhouse/views/__init__.py`). Give a person a role with
`GRANT analyst TO somebody`.
"""

from collections.abc import Iterator
from typing import Final

import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from projections.clickhouse.ddl import change
from runtime.clickhouse.settings import VIEWS, bi_database, numbers_database
from runtime.clickhouse.topology import PLAIN, Topology

ANALYST: Final = "analyst"
ANALYST_NUMBERS: Final = "analyst_numbers"
_MAY_NOT: Final = 497
"""ACCESS_DENIED: our user may not make roles."""
_KEEPS_NONE: Final = 514
"""ACCESS_STORAGE_FOR_INSERTION_NOT_FOUND: the engine keeps no roles."""
_WHERE_KEPT: Final = "SELECT count() FROM system.user_directories WHERE type != 'users_xml'"

log = structlog.get_logger()


def grants(views: str) -> dict[str, list[str]]:
    """Return role → its GRANT statements, without whom to, for views in database `views` and its twin with numbers.

    Roles belong to the whole engine: a deployment whose views have a database of another name has roles of its own.
    """
    masked = f"GRANT SELECT ON {views}.*", f"GRANT SELECT ON {bi_database(views)}.*"
    own = "" if views == VIEWS else f"{views}_"
    return {own + ANALYST: [*masked], own + ANALYST_NUMBERS: [*masked, f"GRANT SELECT ON {numbers_database(views)}.*"]}


def statements(views: str) -> Iterator[str]:
    """Yield what makes the roles and grants them the views, written for one server."""
    for role, granted in grants(views).items():
        yield f"CREATE ROLE IF NOT EXISTS {role}"
        yield from (f"{grant} TO {role}" for grant in granted)


def create(client: Client, views: str, topology: Topology = PLAIN) -> bool:
    """Make the roles, where the engine keeps roles; say so where it does not let us. Return whether they are there."""
    try:
        for statement in statements(views):
            change(client, statement, topology)
    except DatabaseError as error:
        if error.code not in {_MAY_NOT, _KEEPS_NONE}:
            raise
        if error.code == _MAY_NOT and _keeps_roles(client):
            log.warning("no roles were made: grant CREATE ROLE to our user to have them")
        return False
    return True


def _keeps_roles(client: Client) -> bool:
    """Return whether the engine has where to keep roles (the local one has not), so that somebody may wait for them."""
    try:
        return int(client.query(_WHERE_KEPT).result_rows[0][0]) > 0
    except DatabaseError:
        return True
