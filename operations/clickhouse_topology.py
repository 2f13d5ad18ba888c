"""What `recibo doctor` says of the kind of ClickHouse it found, and of how rows are inserted."""

from collections.abc import Iterator
from typing import Final

from clickhouse_connect.driver.client import Client

from operations.finding import Finding
from projections.clickhouse.found_topology import FoundTopology, look, refusals
from runtime.clickhouse.settings import BATCH_AGE_MS, ClickHouseSettings
from runtime.clickhouse.topology import Topology

INSERTS_MINUTES: Final = 5
"""How far back inserts are counted: the engine forgets the parts that merges replaced after eight minutes."""
INSERTS_A_MINUTE_MAX: Final = 60
"""Of one table of a server: the engine's makers ask for an insert a second at most."""

_INSERTS: Final = """
SELECT table, count() AS parts, sum(rows) FROM {parts}
WHERE database = {{store:String}} AND min_block_number = max_block_number AND level <= 1 AND modification_time >= now() - INTERVAL {minutes} MINUTE
GROUP BY table ORDER BY parts DESC LIMIT 1
"""
"""Parts of one block of rows: what an insert makes (of level 1 where the engine folds its rows at once)."""


def topology(client: Client, settings: ClickHouseSettings) -> Iterator[Finding]:
    """Name the topology, refuse what is not known to work, and say how many inserts there are. Raises what the client raises."""
    yield from judged(look(client, settings), settings.topology)
    kind = settings.topology
    parts = f"cluster('{kind.cluster}', system.parts)" if kind.is_sharded else "system.parts"
    text = _INSERTS.format(parts=parts, minutes=INSERTS_MINUTES)
    for table, inserts, rows in client.query(text, parameters={"store": settings.database}).result_rows:
        yield inserted(str(table), int(inserts), int(rows), settings.batch_age_ms)


def judged(found: FoundTopology, said: Topology) -> Iterator[Finding]:
    """Judge what was found by what the settings say of it. Pure."""
    why = refusals(found, said)
    for reason in why:
        yield Finding("fail", "topology", reason, 'docs/servers.md, "Replicas, shards and ClickHouse Cloud"')
    if not why and said.kind != "plain":
        text = f"{said.words}, accepted as unproven: {found.words}"
        yield Finding("warn", "topology", text, "quorum and sequential reads have never run in our tests")
    elif not why:
        yield Finding("ok", "topology", f"{said.words}: {found.words}")


def inserted(table: str, inserts: int, rows: int, batch_age_ms: int) -> Finding:
    """Say how often the busiest table is inserted into, and how much at once. Pure.

    Args:
        table: the one with the most inserts.
        inserts: parts made in INSERTS_MINUTES: one an insert and week.
        rows: rows in them.
        batch_age_ms: how long rows are gathered.
    """
    a_minute = inserts / INSERTS_MINUTES
    text = f"{table}: {a_minute:.0f} inserts a minute, {rows / inserts:,.0f} rows an insert"
    if batch_age_ms > BATCH_AGE_MS["here"] and a_minute > INSERTS_A_MINUTE_MAX:
        return Finding("warn", "inserts", text, "gather rows for longer: RECIBO_PROJECTIONS_BATCH_AGE_MS_MAX")
    return Finding("ok", "inserts", text)
