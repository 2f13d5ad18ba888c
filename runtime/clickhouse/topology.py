"""On what kind of ClickHouse the tables are: one server, replicas, shards or ClickHouse Cloud; and what follows for statements.

Only `plain` has been run by the tests. The others are rendered (`projections/clickhouse/ddl.py`) and parsed, which
`docs/servers.md` says, and so they start only where somebody says that this is known.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from runtime.setting_types import Variable
from schemas.errors import ConfigurationError

Kind = Literal["plain", "replicated", "replicated_database", "cloud"]


@dataclass(frozen=True, slots=True)
class Topology:
    """What the operator says of the engine."""

    kind: Annotated[Kind, Variable("RECIBO_CLICKHOUSE_TOPOLOGY")] = "plain"
    """`plain`: one server. `replicated`: Replicated tables made `ON CLUSTER`. `replicated_database`: the same in databases of
    the engine Replicated, which carry statements to all replicas themselves. `cloud`: ClickHouse Cloud."""
    cluster: Annotated[str, Variable("RECIBO_CLICKHOUSE_CLUSTER"), Meta(pattern=r"^[A-Za-z0-9_.-]{1,100}$")] = ""
    """Name of the cluster, as in `system.clusters`; `replicated` and shards need it."""
    is_sharded: Annotated[bool, Variable("RECIBO_CLICKHOUSE_SHARDED")] = False
    """Whether the cluster has several shards: tables are then `…_local`, with Distributed ones under their names."""
    replicas: Annotated[int, Variable("RECIBO_CLICKHOUSE_REPLICAS"), Meta(ge=1, le=99)] = 1
    """Replicas of each shard. More than half of them store a row before it counts as stored."""
    accepts_unproven: Annotated[bool, Variable("RECIBO_CLICKHOUSE_ACCEPTS_UNPROVEN")] = False
    """Start although this topology's statements have been parsed and never run: I know, and have tried them."""

    def __post_init__(self) -> None:
        is_replicated = self.kind in {"replicated", "replicated_database"}
        named = "RECIBO_CLICKHOUSE_TOPOLOGY=" + self.kind
        if self.kind == "replicated" and not self.cluster:
            raise ConfigurationError(f"{named} needs RECIBO_CLICKHOUSE_CLUSTER: a name in system.clusters")
        if self.is_sharded and not (is_replicated and self.cluster):
            raise ConfigurationError(
                "RECIBO_CLICKHOUSE_SHARDED needs RECIBO_CLICKHOUSE_CLUSTER, and "
                f"RECIBO_CLICKHOUSE_TOPOLOGY=replicated or replicated_database, not {self.kind}"
            )
        if not is_replicated and (self.cluster or self.replicas > 1):
            raise ConfigurationError(
                f"RECIBO_CLICKHOUSE_CLUSTER and RECIBO_CLICKHOUSE_REPLICAS are for replicated tables: {named} ignores them"
            )

    @property
    def writer_settings(self) -> dict[str, Any]:
        """Settings of every statement of whoever writes, reads that decide a write among them: what was stored is seen.

        A majority of the replicas stores a row (inserts of one table then follow one another, which sequential reads
        need), and a read is refused by a replica that lacks one. ClickHouse Cloud keeps rows in common storage: a read
        asks it for the newest list of them.
        """
        settings: dict[str, Any] = {}
        if self.replicas > 1:
            settings |= {"insert_quorum": self.replicas // 2 + 1, "insert_quorum_parallel": 0}
        if settings or self.kind == "cloud":
            settings |= {"select_sequential_consistency": 1}
        if self.is_sharded:
            settings |= {"distributed_foreground_insert": 1, "distributed_product_mode": "global"}
        return settings

    @property
    def words(self) -> str:
        """What it is called to people."""
        words = {"plain": "one server", "replicated_database": "replicas in a Replicated database", "cloud": "Cloud"}
        said = words.get(self.kind, "replicas on a cluster")
        return f"{said}, in shards" if self.is_sharded else said

    def local(self, table: str) -> str:
        """Return the name of the table that holds the rows of `table` on a server."""
        return f"{table}_local" if self.is_sharded else table


PLAIN: Final = Topology()
