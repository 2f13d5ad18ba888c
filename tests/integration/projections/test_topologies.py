"""What can be run of other topologies where there is one server: ClickHouse Cloud's statements, its settings, and refusals."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from clickhouse_connect.driver.client import Client

from operations.clickhouse_topology import topology
from operations.rebuild.replacement import replace as replace_weeks
from projections import rollup
from projections.clickhouse import retention
from projections.clickhouse.found_topology import look, require_known
from projections.clickhouse.migrate import migrate_as
from projections.settings import Settings
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.clickhouse.topology import PLAIN, Topology
from schemas.errors import ConfigurationError, DeploymentError
from tests.support.databases import Databases, Project
from tests.support.world import busy_world

CLOUD = Topology("cloud")


@pytest.fixture
def engine(clickhouse_url: str, fresh_name: str) -> Iterator[ClickHouseSettings]:
    """The session's engine as if it were ClickHouse Cloud, with databases of the test's own."""
    made = ClickHouseSettings(clickhouse_url, database=f"{fresh_name}_store", views_database=fresh_name, topology=CLOUD)
    yield made
    with connect(made) as client:
        for database in (made.views_database, f"{fresh_name}_numbers", f"{fresh_name}_bi", made.database):
            client.command(f"DROP DATABASE IF EXISTS {database} SYNC")


def test_clouds_statements_run(engine: ClickHouseSettings) -> None:
    """Tables, views, retention and counts are made of them, twice without harm; no table says what Cloud may not know."""
    with connect(engine, writes=True) as client:
        assert migrate_as(client, engine)
        assert migrate_as(client, engine) == []
        assert retention.apply(client, Settings(clickhouse=engine, raw_retention_days=30)) != []
        assert rollup.refresh(client, engine.database, CLOUD) == []
        text = f"SELECT count(), countIf(create_table_query LIKE '%fsync%') FROM system.tables WHERE database = '{engine.database}'"
        ((tables, with_fsync),) = client.query(text).result_rows
        assert (tables > 20, with_fsync) == (True, 0)


def test_who_writes_reads_what_was_stored(engine: ClickHouseSettings) -> None:
    """On Cloud each statement of a writing client is sequentially consistent; a reader's is as the engine has it."""
    asked = "SELECT getSetting('select_sequential_consistency')"
    with connect(engine, writes=True) as writer, connect(engine) as reader:
        assert [int(client.query(asked).result_rows[0][0]) for client in (writer, reader)] == [1, 0]


def test_what_is_not_there_is_refused_before_anything_is_made(engine: ClickHouseSettings) -> None:
    """One server is not Cloud and not a cluster: each is refused by its name, and no database appears."""
    with connect(engine) as client:
        assert look(client, engine).servers == 1
        require_known(client, replace(engine, topology=PLAIN))
        cluster = replace(engine, topology=Topology("replicated", "production", accepts_unproven=True))
        for wrong, why in ((engine, "set RECIBO_CLICKHOUSE_TOPOLOGY=plain"), (cluster, "is not in system.clusters")):
            with pytest.raises(ConfigurationError, match=why):
                require_known(client, wrong)
        assert client.query(f"SELECT count() FROM system.databases WHERE name = '{engine.database}'").result_rows == [
            (0,)
        ]


async def test_doctor_names_the_topology_and_counts_inserts(databases: Databases, project: Project) -> None:
    """The engine that was found, and how often the busiest table was inserted into."""
    await project(busy_world(5))
    settings = ClickHouseSettings(databases.url, database=databases.store, views_database=databases.views)
    kind, inserts = topology(databases.client, settings)
    assert (kind.level, kind.text.startswith("one server: ClickHouse")) == ("ok", True)
    assert (inserts.level, "inserts a minute" in inserts.text) == ("ok", True)


async def test_a_stale_read_drops_no_week(databases: Databases, project: Project, clickhouse: Client) -> None:
    """Where rows of a week were counted in the shadow and are not to be seen, the live week stays, and that is said."""
    await project(busy_world(5))
    shadow = str(clickhouse.database)
    clickhouse.command(f"CREATE TABLE {shadow}.webhook_raw AS {databases.store}.webhook_raw")
    ((week,),) = databases.rows("SELECT DISTINCT toMonday(at) FROM store.webhook_raw LIMIT 1")
    rows = databases.value("SELECT count() FROM store.webhook_raw")

    def replaced(counted: dict[tuple[str, date], int]) -> None:
        replace_weeks(
            databases.client,
            ["webhook_raw"],
            [week],
            live=databases.store,
            shadow=shadow,
            progress=lambda _: None,
            counted=counted,
            topology=PLAIN,
        )

    with pytest.raises(DeploymentError, match="a replica that answers is behind"):
        replaced({("webhook_raw", week): 3})
    assert databases.value("SELECT count() FROM store.webhook_raw") == rows > 0
    replaced({})
    assert databases.value("SELECT count() FROM store.webhook_raw") == 0
