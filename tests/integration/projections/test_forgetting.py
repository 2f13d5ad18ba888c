"""Whom a forgetting is about, on a server: noted while rows are rewritten, and nowhere once that is done."""

from typing import Final

import pytest

from projections.clickhouse.erase import carry_out, noting
from projections.clickhouse.erasure import of_person
from projections.clickhouse.sought import rows
from runtime.clickhouse.topology import PLAIN
from schemas.identity import Identity
from tests.support.databases import Databases

NAME: Final = Identity("phone", "+5511987654321")
NOTED: Final = list(rows("one", [NAME], "5511987654321", ["5511987654321"]))
HELD: Final = "SELECT count() FROM store.forgetting"


def test_a_person_is_noted_while_rows_are_rewritten(databases: Databases) -> None:
    """Rewrites find who is noted, what the engine keeps of them names nobody, and then nobody is noted."""
    client, store = databases.client, databases.store
    client.command(
        f"INSERT INTO {store}.webhook_raw (at, log_partition, log_offset, account, key, payload) "
        "VALUES (now(), 0, 1, 'a', 'k', 'from 5511987654321'), (now(), 0, 2, 'a', 'k', 'from 5511912345678')"
    )
    with noting(client, store, "one", NOTED, PLAIN) as sought:
        assert databases.value(HELD) == len(NOTED)
        carry_out(client, of_person(store, sought), PLAIN)
    assert databases.rows("SELECT payload FROM store.webhook_raw ORDER BY log_offset") == [
        ("",),
        ("from 5511912345678",),
    ]
    assert databases.value(HELD) == 0
    kept = databases.rows(f"SELECT command FROM system.mutations WHERE database = '{store}'")
    assert kept
    assert not [text for (text,) in kept if "98765" in text]


def test_what_a_run_that_failed_noted_goes_with_the_next(databases: Databases) -> None:
    """A failure leaves who was noted; the next run about them notes them once, and takes them out."""
    client, store = databases.client, databases.store
    with pytest.raises(RuntimeError), noting(client, store, "one", NOTED, PLAIN):
        raise RuntimeError
    assert databases.value(HELD) == len(NOTED)
    with noting(client, store, "one", NOTED, PLAIN):
        assert databases.value(HELD) == len(NOTED)
    assert databases.value(HELD) == 0
