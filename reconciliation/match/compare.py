"""A comparison, run in the engine: statement after statement, each in bounded memory, into the tables of runs."""

from datetime import datetime
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from reconciliation.match import statements
from reconciliation.match.comparison import NAMED_MAX, Comparison, Dues, Extent
from reconciliation.match.due import FLOOR_MS, Delay, Due, due_times

SETTINGS: Final[dict[str, Any]] = {
    "max_execution_time": 1_800,
    "max_memory_usage": 2 * 10**9,
    "max_bytes_before_external_group_by": 3 * 10**8,
    "max_bytes_before_external_sort": 3 * 10**8,
    "max_bytes_in_join": 10**9,
    "optimize_aggregation_in_order": 1,
    "distributed_product_mode": "global",
    "join_use_nulls": 0,
    "async_insert": 0,
    "insert_deduplicate": 0,
    "aggregate_functions_null_for_empty": 0,
    "transform_null_in": 0,
    "final": 0,
}
"""Bounds that spill to disk, and what the statements mean whatever a user's own settings are."""
_GRACE_ROWS: Final = 3_000_000
"""More rows than these are joined in portions on disk, slower: fewer fit in the memory that a query may take."""
_NAMES_AT_ONCE: Final = 3_000_000
"""Names of rows that messages are looked up by in one statement: so many, of 200 bytes or so each, fit. More make as many more
statements, and messages are read again for each."""


def extent_of(client: Client, store: str, account: str, manifests: tuple[str, ...]) -> Extent:
    """Return what the manifests hold. Raises ClickHouseError."""
    text, parameters = statements.extent(store, account, manifests)
    ((rows, untimed, first, last, unconnected, connections, uncampaigned, campaigns, roles),) = client.query(
        text, parameters=parameters, settings=SETTINGS
    ).result_rows
    text, parameters = statements.named_days(store, account, manifests)
    ((named, *days),) = client.query(text, parameters=parameters, settings=SETTINGS).result_rows
    return Extent(
        rows=rows,
        untimed=untimed,
        first_ms=_ms(first),
        last_ms=_ms(last),
        connections=_scope(connections, unconnected),
        campaigns=_scope(campaigns, uncampaigned),
        roles=tuple(sorted(roles)),
        named_days=(str(days[0]), str(days[1])) if named else None,
    )


def compare(
    client: Client,
    store: str,
    asked: Comparison,
    hash_key: tuple[int, int],
    *,
    fixed_due_ms: int = 0,
    floor_ms: int = FLOOR_MS,
) -> tuple[Due, ...]:
    """Fill the tables of a run that nobody sees yet; return when callbacks were due.

    Args:
        client: of a user who may insert.
        store: database of the tables.
        asked: what is compared.
        hash_key: keys what tells sends apart, so that it says nothing outside the run.
        fixed_due_ms: said by a person; 0: told by the messages.
        floor_ms: callbacks are never due sooner.

    Raises ClickHouseError: a statement failed; what it had written is shown nowhere.
    """
    settings = SETTINGS | ({"join_algorithm": "grace_hash"} if asked.extent.rows > _GRACE_ROWS else {})

    def run(statement: statements.Statement) -> None:
        client.command(statement[0], parameters=statement[1], settings=settings)

    for portion in statements.candidates(store, asked, max(1, -(-asked.names // _NAMES_AT_ONCE))):
        run(portion)
    text, parameters = statements.delays(store, asked)
    found = client.query(text, parameters=parameters, settings=SETTINGS).result_rows
    dues = due_times((Delay(*row) for row in found), asked.account, fixed_ms=fixed_due_ms, floor_ms=floor_ms)
    run(statements.resolved(store, asked, Dues.of(dues), hash_key))
    if asked.tells_no_send:
        run(statements.no_send(store, asked, hash_key))
    return dues


def _scope(names: list[str], without: int) -> tuple[str, ...]:
    return () if without or len(names) > NAMED_MAX else tuple(sorted(names))


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
