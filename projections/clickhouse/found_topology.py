"""What kind of ClickHouse answers, and why it is refused: by name, before anything is made in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.clickhouse.topology import Topology
from schemas.errors import ConfigurationError

ASKED: Final = 5
"""Connections of their own that are asked who answers: a load balancer without stickiness shows."""
MACROS: Final = ("shard", "replica")
"""What Replicated tables take from the servers' configuration."""

_MAY_NOT: Final = 497
"""ACCESS_DENIED."""
_CLOUD: Final = "SELECT value FROM system.settings WHERE name = 'cloud_mode'"
_CLUSTERS: Final = "SELECT cluster, max(shard_num), max(replica_num) FROM system.clusters GROUP BY cluster"
_DATABASE: Final = "SELECT engine FROM system.databases WHERE name = {name:String}"
_ENGINES: Final = (
    "SELECT DISTINCT engine FROM system.tables WHERE database = {name:String} AND engine LIKE '%MergeTree'"
)
_MACROS: Final = "SELECT macro FROM system.macros"
_SERVER: Final = "SELECT concat(hostName(), ' ', toString(serverUUID()))"


@dataclass(frozen=True, slots=True)
class FoundTopology:
    """What a look at the engine showed."""

    servers: int = 1
    """Different servers that answered at the one address."""
    is_cloud: bool = False
    clusters: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Cluster → its shards, and the replicas of each."""
    macros: frozenset[str] = frozenset()
    database_engine: str = ""
    """Of the database of the tables; empty: not there yet."""
    table_engines: frozenset[str] = frozenset()
    """Of the tables that hold rows."""

    @property
    def words(self) -> str:
        """What it is called to people."""
        said = ["ClickHouse Cloud" if self.is_cloud else "ClickHouse"]
        if self.servers > 1:
            said.append(f"{self.servers} servers behind one address, each question to another")
        said += [f"cluster {name} ({n} shards, {r} replicas)" for name, (n, r) in sorted(self.clusters.items())]
        said += [f"database of the engine {self.database_engine}"] if self.database_engine else []
        said += [", ".join(sorted(self.table_engines))] if self.table_engines else []
        return "; ".join(said)


def look(client: Client, settings: ClickHouseSettings) -> FoundTopology:
    """Ask the engine what it is. Raises what the client raises."""
    servers = {_server(settings) for _ in range(ASKED)}
    cloud = _rows(client, _CLOUD)
    database = _rows(client, _DATABASE, settings.database)
    return FoundTopology(
        servers=len(servers),
        is_cloud=bool(cloud) and str(cloud[0][0]) not in {"0", "false"},
        clusters={str(c): (int(s), int(r)) for c, s, r in _rows(client, _CLUSTERS)},
        macros=frozenset(str(macro) for (macro,) in _rows(client, _MACROS)),
        database_engine=str(database[0][0]) if database else "",
        table_engines=frozenset(str(engine) for (engine,) in _rows(client, _ENGINES, settings.database)),
    )


def _rows(client: Client, text: str, name: str = "") -> Sequence[Sequence[Any]]:
    """Return the rows of a question; none where our user may not ask it, which then shows nothing."""
    try:
        return client.query(text, parameters={"name": name}).result_rows
    except DatabaseError as error:
        if error.code != _MAY_NOT:
            raise
        return []


def _server(settings: ClickHouseSettings) -> str:
    with connect(settings) as client:
        return str(client.query(_SERVER).result_rows[0][0])


def refusals(found: FoundTopology, said: Topology) -> list[str]:
    """Return why tables are not made in what was found, a sentence each: what it is, and what to set. Pure."""
    why = []
    if said.kind != "plain" and not said.accepts_unproven:
        why.append(
            f"{said.words} (RECIBO_CLICKHOUSE_TOPOLOGY={said.kind}) is not known to work: its statements have been parsed by "
            "the engine and never run on servers. Try it on servers of yours, and set "
            "RECIBO_CLICKHOUSE_ACCEPTS_UNPROVEN=true to say that you know"
        )
    if found.is_cloud != (said.kind == "cloud"):
        is_is = "ClickHouse Cloud" if found.is_cloud else "not ClickHouse Cloud"
        why.append(f"the engine is {is_is}: set RECIBO_CLICKHOUSE_TOPOLOGY={'cloud' if found.is_cloud else 'plain'}")
    elif said.kind == "plain":
        why += _not_plain(found)
    elif said.kind in {"replicated", "replicated_database"}:
        why += _not_replicated(found, said)
    return why


def _not_plain(found: FoundTopology) -> list[str]:
    why = []
    if found.servers > 1:
        why.append(
            f"{found.servers} servers answer at one address, and each would have tables of its own: name one of them in "
            "CLICKHOUSE_URL, or set RECIBO_CLICKHOUSE_TOPOLOGY=replicated"
        )
    if found.database_engine == "Replicated":
        why.append("the database of the tables is Replicated: set RECIBO_CLICKHOUSE_TOPOLOGY=replicated_database")
    elif any(engine.startswith("Replicated") for engine in found.table_engines):
        why.append("the tables are Replicated: set RECIBO_CLICKHOUSE_TOPOLOGY=replicated")
    return why


def _not_replicated(found: FoundTopology, said: Topology) -> list[str]:
    why = []
    if said.cluster and said.cluster not in found.clusters:
        known = ", ".join(sorted(found.clusters)) or "none"
        why.append(f"RECIBO_CLICKHOUSE_CLUSTER={said.cluster} is not in system.clusters, which knows {known}")
    elif said.cluster:
        shards, replicas = found.clusters[said.cluster]
        if (shards > 1) != said.is_sharded:
            wanted = str(shards > 1).lower()
            why.append(f"cluster {said.cluster} has {shards} shard(s): set RECIBO_CLICKHOUSE_SHARDED={wanted}")
        if replicas != said.replicas:
            why.append(f"cluster {said.cluster} has {replicas} replica(s): set RECIBO_CLICKHOUSE_REPLICAS={replicas}")
    missing = [macro for macro in MACROS if macro not in found.macros]
    if missing:
        why.append(
            f"the server's configuration has no macro {' and no macro '.join(missing)}, which Replicated tables need"
        )
    plain = {engine for engine in found.table_engines if not engine.startswith("Replicated")}
    if plain:
        why.append(
            f"the tables are there, and not Replicated ({', '.join(sorted(plain))}): use a database of another name"
        )
    return why


def require_known(client: Client, settings: ClickHouseSettings) -> None:
    """Raise ConfigurationError where the engine is of a kind that is not known to work, or not the one that settings say."""
    if why := refusals(look(client, settings), settings.topology):
        raise ConfigurationError("; ".join(why))
