"""Migrations: forward only, each once, safe to run twice and by two at once; retention as the settings say."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from projections.clickhouse import migrate as migrating
from projections.clickhouse import retention
from projections.clickhouse.migrate import migrate, read_migrations
from projections.clickhouse.views import release
from projections.clickhouse.views.release import VERSION
from projections.settings import Settings
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from schemas.errors import ConfigurationError

WHATEVER_IS_SET = {
    "forgetting": "at + toIntervalDay(2)",
    "reconciliation_candidate": "made_day + toIntervalDay(2)",
    "reconciliation_job": "toDateTime(at) + toIntervalDay(30)",
    "send_key": "toDateTime(at) + toIntervalDay(400)",
}
"""Tables of work under way, which no setting keeps longer."""


@pytest.fixture
def store(clickhouse_url: str, fresh_name: str) -> Iterator[tuple[Client, str]]:
    """A client, and the name of a store that does not exist yet."""
    client = connect(ClickHouseSettings(clickhouse_url))
    yield client, fresh_name
    client.command(f"DROP DATABASE IF EXISTS {fresh_name} SYNC")
    client.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of migrations of the test's own, with one that is fit to be run twice."""
    (tmp_path / "0001_one.sql").write_text("CREATE TABLE IF NOT EXISTS ${store}.one (a Int32) ENGINE = Memory;\n")
    monkeypatch.setattr(migrating, "read_migrations", lambda: read_migrations(tmp_path))
    return tmp_path


def tables(client: Client, name: str) -> list[tuple[str, str]]:
    """Return the tables of a store and how they were made."""
    sql = f"SELECT name, create_table_query FROM system.tables WHERE database = '{name}' ORDER BY name"
    return [tuple(row) for row in client.query(sql).result_rows]


def test_a_second_run_applies_nothing(store: tuple[Client, str]) -> None:
    """The first run applies all in order, the second none, and the tables are the same."""
    client, name = store
    applied = migrate(client, name, views_database=None)
    assert applied == [m.name for m in read_migrations()]
    made = tables(client, name)
    assert migrate(client, name, views_database=None) == []
    assert tables(client, name) == made


def test_two_starters_at_once_end_the_same(store: tuple[Client, str], clickhouse_url: str) -> None:
    """Four starters on an empty engine: none fails, and each migration is known once."""
    client, name = store
    clients = [connect(ClickHouseSettings(clickhouse_url)) for _ in range(4)]
    with ThreadPoolExecutor(len(clients)) as threads:
        running = [threads.submit(migrate, c, name, views_database=f"{name}_views") for c in clients]
        assert all(set(r.result()) <= {m.name for m in read_migrations()} for r in running)
    known = client.query(f"SELECT number, checksum FROM {name}.migration FINAL ORDER BY number").result_rows
    assert [tuple(row) for row in known] == [(m.number, m.checksum) for m in read_migrations()]
    for views in (f"{name}_views", f"{name}_views_numbers"):
        client.command(f"DROP DATABASE {views} SYNC")


def test_an_older_program_leaves_newer_views(store: tuple[Client, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Views that a newer release made stay as they are when an older one starts; its own version is made again each time."""
    client, name = store
    views = f"{name}_views"
    migrate(client, name, views_database=views)
    client.command(f"CREATE OR REPLACE VIEW {views}.messages AS SELECT 1 AS newer")
    client.insert(f"{name}.views_release", [[views, VERSION + 1]], column_names=["views", "version"])
    migrate(client, name, views_database=views)
    assert client.command(f"SELECT newer FROM {views}.messages") == 1
    monkeypatch.setattr(release, "VERSION", VERSION + 1)
    migrate(client, name, views_database=views)
    assert client.command(f"SELECT count() FROM {views}.messages") == 0
    for database in (views, f"{views}_numbers"):
        client.command(f"DROP DATABASE {database} SYNC")


def test_a_crash_half_way_is_gone_over_again(store: tuple[Client, str]) -> None:
    """Statements that were run before the crash may run again: the rest follows, and the migration is known."""
    client, name = store
    client.command(f"CREATE DATABASE {name}")
    first = read_migrations()[0]
    for statement in first.statements(name)[:2]:
        client.command(statement)
    assert migrate(client, name, views_database=None)[0] == first.name


def test_a_changed_file_is_refused(store: tuple[Client, str], folder: Path) -> None:
    """A migration that was applied and then edited stops the start, and says which."""
    client, name = store
    migrate(client, name, views_database=None)
    (folder / "0001_one.sql").write_text("CREATE TABLE IF NOT EXISTS ${store}.one (b Int32) ENGINE = Memory;\n")
    with pytest.raises(ConfigurationError, match="0001_one was changed"):
        migrate(client, name, views_database=None)


def test_there_is_no_way_back(store: tuple[Client, str], folder: Path) -> None:
    """An older release refuses tables that a newer one migrated."""
    client, name = store
    (folder / "0002_two.sql").write_text("CREATE TABLE IF NOT EXISTS ${store}.two (a Int32) ENGINE = Memory;\n")
    assert migrate(client, name, views_database=None) == ["one", "two"]
    (folder / "0002_two.sql").unlink()
    with pytest.raises(ConfigurationError, match="has migration 0002, which this program does not know"):
        migrate(client, name, views_database=None)


@pytest.mark.parametrize("name", ["0003_three.sql", "0001_two.sql", "2002_second.sql", "0200_last.sql", "3_short.sql"])
def test_a_gap_in_the_numbers_of_a_block_is_refused(folder: Path, name: str) -> None:
    """A number that is left out, or given twice, is a mistake of whoever wrote it, in whatever block."""
    (folder / name).write_text("SELECT 1;\n")
    with pytest.raises(ConfigurationError, match=f"{name}: "):
        read_migrations(folder)


def test_blocks_are_applied_in_order_and_a_lower_one_may_grow_later(store: tuple[Client, str], folder: Path) -> None:
    """A new block may begin before the one below it is complete: what is missing in a database is applied, once."""
    client, name = store
    made = "CREATE TABLE IF NOT EXISTS ${store}.%s (a Int32) ENGINE = Memory;\n"
    for file in ("2001_first", "3001_other"):
        (folder / f"{file}.sql").write_text(made % file.partition("_")[2])
    assert migrate(client, name, views_database=None) == ["one", "first", "other"]
    (folder / "2002_second.sql").write_text(made % "second")
    assert migrate(client, name, views_database=None) == ["second"]
    (folder / "2001_first.sql").unlink()
    with pytest.raises(ConfigurationError, match="expected 0002"):
        migrate(client, name, views_database=None)
    (folder / "2002_second.sql").unlink()
    with pytest.raises(ConfigurationError, match="has migration 2002"):
        migrate(client, name, views_database=None)


def test_retention_follows_the_settings(store: tuple[Client, str]) -> None:
    """A changed number of days reaches every table that has one, once; the default changes nothing."""
    client, name = store
    migrate(client, name, views_database=None)
    settings = Settings(clickhouse=ClickHouseSettings(database=name))
    assert retention.apply(client, settings) == []
    settings = replace(settings, raw_retention_days=30, facts_retention_days=200, sends_retention_days=100)
    assert set(retention.apply(client, settings)) == set(retention.wanted(settings))
    assert retention.apply(client, settings) == []
    for table, created in tables(client, name):
        wanted = retention.wanted(settings) | WHATEVER_IS_SET
        ttl = wanted.get(table)
        assert (f"TTL {ttl} " in created) if ttl else (" TTL " not in created), table
