"""Forgetting carried out on the engine: which requests it is about, and the statements of `erasure.py` one after the other."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from projections.clickhouse.ddl import change
from projections.clickhouse.erasure import AT_ONCE, KNOWN_AS, of_messages, of_records, of_requests
from projections.clickhouse.sought import COLUMNS, TABLE, Sought, emptied, noted
from projections.literals import quoted
from projections.sink import NOT_DEDUPLICATED
from runtime.clickhouse.settings import LOG_COMMENT
from runtime.clickhouse.topology import Topology

_SYNC: Final[dict[str, Any]] = {
    **NOT_DEDUPLICATED,
    "mutations_sync": 2,
    "max_execution_time": 3600,
    "allow_nondeterministic_mutations": 1,  # what is stripped is read from a table, which says the same on every replica
}


def requests_of(client: Client, database: str, salt: str, known: Sequence[str], pattern: str = "") -> list[str]:
    """Return the requests that messages were told of in, whether they are stripped already or not; and those whose body a pattern finds."""
    found: set[str] = set()
    of_key = KNOWN_AS.format(salt=quoted(salt), text="key")
    for start in range(0, len(known), AT_ONCE):
        listed = ", ".join(map(quoted, known[start : start + AT_ONCE]))
        text = f"SELECT DISTINCT request_id FROM {database}.webhook_raw WHERE {of_key} IN ({listed}) OR substring(key, length(account) + 2) IN ({listed})"  # noqa: S608
        found |= {row[0] for row in client.query(text).result_rows}
    if pattern:
        text = f"SELECT DISTINCT request_id FROM {database}.webhook_raw WHERE match(payload, {quoted(pattern)})"  # noqa: S608
        found |= {row[0] for row in client.query(text).result_rows}
    return sorted(found)


def told_late(client: Client, database: str, salt: str) -> list[str]:
    """Return what those forgotten messages are called of which something was told since they were stripped."""
    of_key = KNOWN_AS.format(salt=quoted(salt), text="key")
    text = f"SELECT DISTINCT {of_key} AS one FROM {database}.webhook_set_aside WHERE kind = 'erased' AND one IN (SELECT known_as FROM {database}.erased_message)"  # noqa: S608
    return [row[0] for row in client.query(text).result_rows]


def carry_out(client: Client, statements: Iterable[str], topology: Topology) -> None:
    """Run statements one after the other, each done when it returns. Raises what the client raises."""
    for statement in statements:
        change(client, statement, topology, _SYNC | _on_all(topology))


@contextmanager
def noting(
    client: Client, store: str, forgetting: str, rows: Iterable[Sequence[str]], topology: Topology
) -> Iterator[Sought]:
    """Note whom it is about (`sought.rows`) for as long as rows are rewritten. Raises what the client raises.

    What a run that fails or dies has noted stays, for a rewrite may go on without it: the next run takes it out, or its time.
    """
    carry_out(client, [emptied(store, forgetting)], topology)
    settings = {**NOT_DEDUPLICATED, **_on_all(topology), "log_comment": LOG_COMMENT, "async_insert": 0}
    client.insert(f"{store}.{TABLE}", list(rows), column_names=list(COLUMNS), settings=settings)
    yield noted(store, forgetting)
    carry_out(client, [emptied(store, forgetting)], topology)


def _on_all(topology: Topology) -> dict[str, Any]:
    """Return what makes rows be on every replica before a rewrite, which each carries out by itself, reads them there."""
    return {"insert_quorum": topology.replicas} if topology.replicas > 1 else {}


def erased_messages(client: Client, database: str) -> dict[str, list[str]]:
    """Return what forgotten messages are called, by the salt of their hashes."""
    text = f"SELECT salt, groupUniqArray(known_as) FROM {database}.erased_message GROUP BY salt"  # noqa: S608
    return {salt: sorted(known) for salt, known in client.query(text).result_rows}


def strip_again(client: Client, store: str, database: str, topology: Topology) -> None:
    """Strip rows of forgotten messages that came into the tables of `database` again.

    Args:
        client: of the engine.
        store: the database that says which they are.
        database: whose tables: the same, or a shadow.
        topology: of the engine.
    """
    for salt, known in erased_messages(client, store).items():
        requests = requests_of(client, database, salt, known)
        carry_out(client, of_requests(database, requests), topology)
        carry_out(client, of_messages(database, salt, known), topology)
    if client.query(f"SELECT count() > 0 FROM {store}.erased_record").result_rows[0][0]:  # noqa: S608
        carry_out(client, of_records(database, store), topology)
