"""An invoice's lines against the messages that callbacks tell of, in the engine."""

import time

from reconciliation.invoice.prices import read_prices
from reconciliation.run.make import Asked, make_run
from reconciliation.run.run_tables import RunTables
from tests.support.databases import Databases
from tests.support.reconciled import at, insert_messages, insert_sends
from tests.support.world import START_MS

HOUR_MS = 3_600_000
NOON_MS = START_MS + 15 * HOUR_MS
PRICES = "provider,category,country,valid from,amount,currency\n,marketing,BR,2026-01-01,0.0625,USD\n"


def test_lines_are_compared_to_the_cent_with_the_ids_of_ours(databases: Databases) -> None:
    """A line that bills one message more differs by its price; ours are its ids; what is free is not counted; the rest is not billed."""
    day = f"{at(NOON_MS):%Y-%m-%d}"
    common = {"period": day, "role": "invoice", "currency": "USD", "category": "marketing"}
    insert_sends(
        databases,
        "acme",
        [
            {"row": 1, "connection_id": "loja-01", "country": "BR", "quantity": 3, "amount_micros": 187_500, **common},
            {"row": 2, "connection_id": "loja-02", "country": "BR", "quantity": 1, "amount_micros": 62_500, **common},
        ],
    )
    of_one = {"first_ms": NOON_MS, "price_category": "marketing", "line": "+5511987650001", "recipient_kind": "phone"}
    insert_messages(
        databases,
        "acme",
        [
            {"message_id": "a", "connection_id": "loja-01", "billable": True, **of_one},
            {"message_id": "b", "connection_id": "loja-01", **of_one},
            {"message_id": "free", "connection_id": "loja-01", "billable": False, **of_one},
            {"message_id": "c", "connection_id": "loja-02", "billable": True, **of_one},
            {"message_id": "d", "connection_id": "loja-03", "billable": True, **of_one},
        ],
    )
    tables = RunTables(databases.client, databases.store)
    asked = Asked(
        account="acme",
        manifests=("key:1",),
        name="",
        by="",
        time_zone="America/Sao_Paulo",
        prices=read_prices(PRICES),
    )
    record = make_run(tables, databases.views, asked, time.time_ns() // 1_000_000)
    assert [(d.connection_id, d.ours, d.theirs, d.expected_cents, d.their_cents) for d in record.invoice] == [
        ("loja-01", 2, 3, 13, 19),
        ("loja-02", 1, 1, 6, 6),
        ("", 1, 0, 6, 0),
    ]
    assert [d.cents_difference for d in record.invoice] == [6, 0, -6]
    ids = databases.rows("SELECT line, message_id FROM store.reconciliation_billed FINAL ORDER BY ALL")
    assert ids == [(1, "a"), (1, "b"), (3, "d")]
