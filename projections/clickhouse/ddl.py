"""Statements that change databases, tables, views and roles, as a topology wants them: `rendered` asks nobody.

They are written once, for one server, in the migrations and beside what uses them; `rendered` gives those for replicas, shards
and ClickHouse Cloud. Engines get no path in the keeper: the server's own default has the table's UUID in it, so that a
shadow dropped and made again never meets its old self. The servers' macros `{shard}` and `{replica}` are used.
"""

import re
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from projections.clickhouse.sharding import everywhere, sharding_key
from runtime.clickhouse.topology import Topology

_TABLE: Final = re.compile(
    r"^(?P<verb>CREATE TABLE (?:IF NOT EXISTS )?|ALTER TABLE |DROP TABLE (?:IF EXISTS )?|TRUNCATE TABLE (?:IF EXISTS )?)"
    r"(?P<database>\w+)\.(?P<table>\w+)(?P<rest>.*)$",
    re.DOTALL,
)
_OTHER_TABLE: Final = re.compile(r"(?P<before>^ AS | FROM )(?P<database>\w+)\.(?P<table>\w+)(?=\s*$)")
"""The table that another is made like, or gets a partition from."""
_DATABASE: Final = re.compile(r"^(?P<verb>(?:CREATE|DROP) DATABASE (?:IF (?:NOT )?EXISTS )?)(?P<name>\w+)(?P<rest>.*)$")
_VIEW: Final = re.compile(r"^((?:CREATE OR REPLACE|DROP) VIEW (?:IF EXISTS )?\w+\.\w+)")
_ROLE: Final = re.compile(r"^(CREATE ROLE (?:IF NOT EXISTS )?\w+)")
_GRANT: Final = re.compile(r"^GRANT ")
_ENGINE: Final = re.compile(r"\bENGINE = (\w*MergeTree)\b")
_SETTINGS: Final = re.compile(
    r"\s*\b(?P<word>SETTINGS|MODIFY SETTING) (?P<items>\w+ = [^,\s;]+(?:,\s*\w+ = [^,\s;]+)*)"
)
_COMMENT: Final = re.compile(r"\A(?:\s*--[^\n]*\n)+")
"""What a view's file begins with."""
_WINDOW: Final = "non_replicated_deduplication_window"
_NOT_OF_CLOUD: Final = frozenset({_WINDOW, "fsync_after_insert"})
"""Settings of tables that are about parts on a server's own disk."""
_COLUMNS: Final = re.compile(r"^\s*(?:ADD|DROP|MODIFY|RENAME|COMMENT) COLUMN ")
"""What is done to a Distributed table as well: it has columns, and neither indices nor settings."""


def change(client: Client, statement: str, topology: Topology, settings: dict[str, Any] | None = None) -> None:
    """Run a statement that changes what there is, as the topology wants it. Raises what the client raises."""
    for one in rendered(statement, topology):
        client.command(one, settings=settings)


def rendered(statement: str, topology: Topology) -> list[str]:
    """Return what stands for a statement, written for one server, in a topology: none where it says nothing there.

    Args:
        statement: one that changes databases, tables, views or roles, or an INSERT; ends without `;`.
        topology: what it is for.
    """
    statement = statement.strip().rstrip(";")
    if topology.kind == "plain":
        return [statement]
    statement = _COMMENT.sub("", statement)
    if topology.kind == "cloud":
        return _with_settings(statement, lambda name: None if name in _NOT_OF_CLOUD else name)
    return _replicated(statement, topology)


def _replicated(statement: str, topology: Topology) -> list[str]:
    on = f" ON CLUSTER '{topology.cluster}'" if topology.cluster else ""
    if found := _DATABASE.match(statement):
        return [_database(found, topology, on)]
    if statement.startswith(("CREATE ROLE", "GRANT")):
        return [_GRANT.sub(f"GRANT{on} ", _ROLE.sub(rf"\1{on}", statement))]
    on = on if topology.kind == "replicated" else ""  # a Replicated database carries the statement itself
    if _VIEW.match(statement):
        text = _VIEW.sub(rf"\1{on}", statement)
        return [everywhere(text) if topology.is_sharded else text]
    if found := _TABLE.match(statement):
        return [
            one
            for text in _tables(found, topology, on)
            for one in _with_settings(text, lambda name: name.replace(_WINDOW, "replicated_deduplication_window"))
        ]
    return [statement]


def _database(found: re.Match[str], topology: Topology, on: str) -> str:
    engine = ""
    if topology.kind == "replicated_database" and found["verb"].startswith("CREATE"):
        engine = f" ENGINE = Replicated('/clickhouse/databases/{found['name']}', '{{shard}}', '{{replica}}')"
    return f"{found['verb']}{found['name']}{on}{engine}{found['rest']}"


def _tables(found: re.Match[str], topology: Topology, on: str) -> list[str]:
    """Return the statement for the table that holds rows and, in shards, the one for the Distributed table over it."""
    verb, database, table = found["verb"], found["database"], found["table"]
    rest = _ENGINE.sub(r"ENGINE = Replicated\1", found["rest"])
    local = _OTHER_TABLE.sub(
        lambda other: f"{other['before']}{other['database']}.{topology.local(other['table'])}", rest
    )
    held = f"{verb}{database}.{topology.local(table)}{on}{local}"
    if not topology.is_sharded:
        return [held]
    over = f"{verb}{database}.{table}{on}"
    if verb.startswith("CREATE"):
        key = sharding_key(table)
        engine = f"Distributed('{topology.cluster}', '{database}', '{topology.local(table)}', {key})"
        return [held, f"{over} AS {database}.{topology.local(table)} ENGINE = {engine}"]
    if verb.startswith("DROP"):
        return [f"{over}{rest}", held]
    return [held, f"{over}{rest}"] if _COLUMNS.match(rest) else [held]


def _with_settings(statement: str, named: Any) -> list[str]:
    """Return a statement with its settings under other names, without those named None; nothing where it only had such."""

    def filled(found: re.Match[str]) -> str:
        items = [item.partition(" = ") for item in re.split(r",\s*", found["items"])]
        kept = [f"{named(name)} = {value}" for name, _, value in items if named(name) is not None]
        return f"\n{found['word']} {', '.join(kept)}" if kept else ""

    if not statement.startswith(("CREATE TABLE", "ALTER TABLE")):
        return [statement]
    text = _SETTINGS.sub(filled, statement)
    is_empty = re.fullmatch(r"ALTER TABLE \S+(?: ON CLUSTER \S+)?\s*", text) is not None
    return [] if is_empty else [text]
