"""Bring the tables up to date: `python -m projections.clickhouse.migrate`.

Numbered SQL files, applied in order and recorded with a checksum. Forward only. Every statement may run twice
(`IF NOT EXISTS`), so a crash half-way or two starters at once do no harm. Views follow, replaced each time, unless those of a newer release are there.

Numbers go by blocks of a hundred (0001, 0002, …; 2001, 2002, …), one for each piece of work, and within a block without
gaps. A block builds on lower ones as they were when it began, never on a higher one: work on two may proceed at once, and
the lower one's next file may reach a database after the higher one's.
"""

import hashlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from clickhouse_connect.driver.client import Client

from projections import settings
from projections.clickhouse import retention, roles, views
from projections.clickhouse.ddl import change
from projections.clickhouse.found_topology import require_known
from projections.clickhouse.views import release
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import STORE, VIEWS, ClickHouseSettings
from runtime.clickhouse.topology import PLAIN, Topology
from schemas.errors import ConfigurationError

log = structlog.get_logger()

FOLDER: Final = Path(__file__).parent / "migrations"
_BLOCK: Final = 100
"""Numbers of one block; the first is 1."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file: its statements with the database's name filled in, and the checksum of the file."""

    number: int
    name: str
    checksum: str
    text: str

    def statements(self, store: str) -> list[str]:
        """Return the statements for the tables of database `store`."""
        return split_statements(self.text.replace("${store}", store))


def split_statements(text: str) -> list[str]:
    """Return the statements of a file; each ends with `;` at the end of a line. Comments of whole lines go."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    return [s.strip() for s in "\n".join(lines).split(";\n") if s.strip().rstrip(";")]


def read_migrations(folder: Path = FOLDER) -> list[Migration]:
    """Return the migrations of `folder` in order. Raises ConfigurationError where a block's numbers are not 1, 2, 3, …"""
    found: list[Migration] = []
    previous = 0
    for path in sorted(folder.glob("*.sql")):
        digits, _, name = path.stem.partition("_")
        if not re.fullmatch("[0-9]{4}", digits):
            raise ConfigurationError(f"{path.name}: a migration's name begins with four digits, as 0001_audit.sql does")
        number = int(digits)
        begins_block = number % _BLOCK == 1 and number > previous
        if number != previous + 1 and not begins_block:
            raise ConfigurationError(
                f"{path.name}: expected {previous + 1:04d}, or the first of a later block: restore the file that is "
                "missing, or give this one the next number"
            )
        text = path.read_text(encoding="utf-8") + "\n"
        found.append(Migration(number, name, hashlib.sha256(text.encode()).hexdigest(), text))
        previous = number
    return found


def migrate(
    client: Client,
    store: str = STORE,
    *,
    views_database: str | None = VIEWS,
    time_zone: str = "America/Sao_Paulo",
    topology: Topology = PLAIN,
) -> list[str]:
    """Create or update the tables of `store`, and the views over them.

    Args:
        client: any client of the engine.
        store: database of the tables; a rebuild passes a shadow's name.
        views_database: database of the views; None makes no views (a shadow has none).
        time_zone: IANA name of the zone of the days in views without parameters.
        topology: what kind of ClickHouse it is.

    Returns:
        Names of the migrations applied now.

    Raises:
        ConfigurationError: an applied file was changed, or the database is newer than this program.
    """
    for statement in beginnings(store):
        change(client, statement, topology)
    known = f"SELECT number, any(checksum) FROM {store}.migration GROUP BY number"  # noqa: S608 - a name of ours
    rows = client.query(known).result_rows
    migrations = read_migrations()
    missing = _missing(migrations, {int(number): str(checksum) for number, checksum in rows}, store)
    for migration in missing:
        for statement in migration.statements(store):
            change(client, statement, topology)
        values = [[migration.number, migration.name, migration.checksum]]
        client.insert(f"{store}.migration", values, column_names=["number", "name", "checksum"])
    if views_database is not None:
        if release.claim(client, store, views_database, topology):
            views.create(client, store, views_database, time_zone, topology)
        else:
            log.warning("the views are of a newer release, and are left as they are", database=views_database)
        roles.create(client, views_database, topology, store)
    return [m.name for m in missing]


def migrate_as(client: Client, engine: ClickHouseSettings) -> list[str]:
    """Migrate the databases that settings name, as `migrate` does."""
    return migrate(
        client,
        engine.database,
        views_database=engine.views_database,
        time_zone=engine.time_zone,
        topology=engine.topology,
    )


def beginnings(store: str) -> tuple[str, str]:
    """Return the statements that come before every migration: the database of the tables, and the list of what was applied."""
    applied = (
        f"CREATE TABLE IF NOT EXISTS {store}.migration (number UInt32, name String, checksum String, "
        "applied_at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = ReplacingMergeTree ORDER BY number"
    )
    return f"CREATE DATABASE IF NOT EXISTS {store}", applied


def _missing(migrations: list[Migration], applied: dict[int, str], store: str) -> list[Migration]:
    for migration in migrations:
        if applied.get(migration.number, migration.checksum) != migration.checksum:
            raise ConfigurationError(
                f"migration {migration.number:04d}_{migration.name} was changed after {store} applied it: "
                "restore the file and write the change as a new migration"
            )
    unknown = sorted(applied.keys() - {m.number for m in migrations})
    if unknown:
        raise ConfigurationError(
            f"{store} has migration {unknown[-1]:04d}, which this program does not know: run the newer release, or "
            "restore the file"
        )
    return [m for m in migrations if m.number not in applied]


def main() -> None:
    """Migrate the engine that CLICKHOUSE_URL names, and say what was applied."""
    try:
        configured = settings.from_environ()
    except ConfigurationError as error:
        sys.exit(f"migrate: {error}")
    client = connect(configured.clickhouse, writes=True)
    engine = configured.clickhouse
    try:
        require_known(client, engine)
    except ConfigurationError as error:
        sys.exit(f"migrate: {error}")
    applied = migrate_as(client, engine)
    retention.apply(client, configured)
    print(f"applied: {', '.join(applied) if applied else 'nothing, all was up to date'}")  # noqa: T201 - a command


if __name__ == "__main__":
    main()
