"""Runs: made, kept, shown again byte for byte, compared with the last, acknowledged, and what may be sent again."""

import csv
import io
import time
from typing import Any

import pytest

from reconciliation.match.classes import DIFFERENCES, Class
from reconciliation.report import differences
from reconciliation.report.page import page
from reconciliation.report.resend_list import resend_list
from reconciliation.run.change import changes
from reconciliation.run.interval import Interval
from reconciliation.run.make import Asked, make_run
from reconciliation.run.record import RunRecord
from reconciliation.run.run_tables import RunTables
from schemas.errors import ConfigurationError
from schemas.status import BIT
from tests.support.databases import Databases
from tests.support.reconciled import at as moment
from tests.support.reconciled import insert_messages, insert_sends
from tests.support.world import DAY_MS, START_MS

HOUR_MS = 3_600_000
ZONE = "America/Sao_Paulo"
SENT_MS = START_MS + 15 * HOUR_MS
FAILED = BIT["created"] | BIT["error"]


def planted() -> list[dict[str, Any]]:
    common = {"connection_id": "loja-01", "sent_ms": SENT_MS, "tags": {"order_id": "77"}}
    return [
        {"row": 1, "message_id": "m1", "reference": "5511987654321000", **common},
        {"row": 2, "message_id": "m2", "reference": "=1+1", **common},
        {"row": 3, "message_id": "m3", "reference": "r3", "status": "delivered", "line": "+5511987650001", **common},
        {"row": 4, "message_id": "m4", "reference": "r4", **common},
        {"row": 5, "message_id": "m1", "reference": "r5", **common},
    ]


@pytest.fixture
def tables(databases: Databases) -> RunTables:
    """The run tables of a database with some sends and messages: m1 and m5 came back, m2 failed before and m3 after acceptance."""
    insert_sends(databases, "acme", planted())
    of_one = {"connection_id": "loja-01", "first_ms": SENT_MS}
    insert_messages(
        databases,
        "acme",
        [
            {"message_id": "m1", **of_one},
            {"message_id": "m2", **of_one, "status": "error", "seen": FAILED},
            {"message_id": "m3", **of_one, "status": "error", "seen": FAILED | BIT["sent"]},
            {"message_id": "m5", **of_one},
        ],
    )
    log_out(databases)
    return RunTables(databases.client, databases.store)


def log_out(databases: Databases) -> None:
    columns = (
        "at",
        "generation",
        "log_partition",
        "log_offset",
        "event_id",
        "account",
        "connection_id",
        "status",
        "occurred_at",
    )
    rows = [
        [moment(at), 1, 0, number, str(number), "acme", "loja-01", status, moment(at)]
        for number, (status, at) in enumerate([("logout", SENT_MS - HOUR_MS), ("connected", SENT_MS + HOUR_MS)])
    ]
    databases.client.insert(f"{databases.store}.connection_event", rows, column_names=columns)


def made(tables: RunTables, databases: Databases, **more: Any) -> RunRecord:
    asked = Asked(
        account="acme", manifests=("key:1",), name=more.pop("name", "daily"), by="maria", time_zone=ZONE, **more
    )
    return make_run(tables, databases.views, asked, time.time_ns() // 1_000_000)


def csv_of(tables: RunTables, record: RunRecord, **more: Any) -> bytes:
    text, parameters = differences.query(tables.store, record, DIFFERENCES, spreadsheet=True, **more)
    return b"".join(tables.streamed(text, parameters, "CSVWithNames"))


def test_a_run_says_what_became_of_every_row(tables: RunTables, databases: Databases) -> None:
    """The classes sum to the rows; what has no row stands apart; the cause is what the connection was then."""
    record = made(tables, databases)
    assert record.counts == {
        Class.DUPLICATE: 1,
        Class.STATUS_DIFFERS: 1,
        Class.MATCHED: 2,
        Class.NO_CALLBACK: 1,
        Class.NO_SEND: 1,
        "differences": 4,
    }
    assert record.counted == record.rows == 5
    (cause,) = record.causes
    assert (cause.cause, cause.from_ms, cause.until_ms) == ("logout", SENT_MS - HOUR_MS, SENT_MS + HOUR_MS)
    assert tables.named("daily") == record == tables.named(record.run)


def test_a_run_is_shown_again_byte_for_byte(tables: RunTables, databases: Databases) -> None:
    """Later events, corrected sends and what people say afterwards change nothing of what a run said."""
    record = made(tables, databases)
    before, told = csv_of(tables, record), "".join(page(record, listed(tables, record), "pt"))
    insert_messages(databases, "acme", [{"message_id": "m4", "first_ms": SENT_MS + DAY_MS}])
    insert_sends(databases, "acme", [planted()[1] | {"version_ms": START_MS + 1, "reference": "corrected"}])
    tables.acknowledge("acme", [("no_callback", "m4")], "known", "maria", record.made_ms + 1, withdrawn=False)
    again = tables.named("daily")
    assert csv_of(tables, again) == before
    assert "".join(page(again, listed(tables, again), "pt")) == told


def listed(tables: RunTables, record: RunRecord) -> list[dict[str, Any]]:
    text, parameters = differences.query(tables.store, record, DIFFERENCES, limit=100)
    return list(tables.client.query(text, parameters=parameters).named_results())


def test_what_people_said_is_carried_on_and_runs_are_compared(tables: RunTables, databases: Databases) -> None:
    """A later run has the reason beside the difference until it is withdrawn; what came meanwhile is told as a change."""
    first = made(tables, databases)
    tables.acknowledge("acme", [("no_callback", "m4")], "refunded", "maria", first.made_ms + 1, withdrawn=False)
    second = made(tables, databases)
    rows = {row["message_id"]: row for row in csv.DictReader(io.StringIO(csv_of(tables, second).decode()))}
    assert rows["m4"]["acknowledged"] == "refunded"
    assert rows["m5"]["acknowledged"] == ""
    tables.acknowledge("acme", [("no_callback", "m4")], "", "maria", second.made_ms + 1, withdrawn=True)
    insert_messages(databases, "acme", [{"message_id": "m4", "connection_id": "loja-01", "first_ms": SENT_MS}])
    third = made(tables, databases)
    assert third.previous == second.run
    assert [tuple(c) for c in changes(tables.changes(second, third))] == [("no_callback", "matched", 1)]


def test_numbers_stand_beside_the_rows_only_where_they_are_asked_for(tables: RunTables, databases: Databases) -> None:
    """What a run keeps has no number; long digits are text to a spreadsheet."""
    record = made(tables, databases)
    kept = databases.rows("SELECT * FROM store.reconciliation_difference")
    assert "987650001" not in str(kept)
    assert b"987650001" not in csv_of(tables, record)
    assert b"+5511987650001" in csv_of(tables, record, numbers=True)


def test_only_what_failed_before_whatsapp_took_it_is_safe_to_send_again(
    tables: RunTables, databases: Databases
) -> None:
    """m2 failed at once, m3 is said to be delivered, of m4 nothing came; what was delivered is not listed; cells calculate nothing."""
    record = made(tables, databases)
    rows = list(csv.DictReader(io.StringIO(b"".join(resend_list(tables, record, databases.views)).decode())))
    assert {row["message_id"]: (row["resend"], row["reference"]) for row in rows} == {
        "m2": ("safe", "'=1+1"),
        "m3": ("no", "r3"),
        "m4": ("may_double", "r4"),
    }
    assert {row["tags"] for row in rows} == {"order_id=77"}
    safe = b"".join(resend_list(tables, record, databases.views, "safe"))
    assert safe.count(b"\r\n") == 2


def name_messages(databases: Databases, references: dict[str, str]) -> None:
    """Put in by what each message is found, as the projector does."""
    day = moment(SENT_MS).date()
    for id_, reference in references.items():
        databases.client.insert(
            f"{databases.store}.message_alias",
            [["acme", id_, id_, day]],
            column_names=["account", "id", "message_id", "anchor_day"],
        )
        name = [[reference, "reference", "acme", id_, day]]
        databases.client.insert(f"{databases.store}.message_name", name)


def test_what_anybody_knows_of_a_delivery_is_not_safe(tables: RunTables, databases: Databases) -> None:
    """A provider's row, a retry under another id, a later callback, another number: none is sent again; a send of two files is once safe."""
    failed = {"connection_id": "loja-01", "first_ms": SENT_MS, "status": "error", "seen": FAILED}
    names = ("said", "retried", "later", "plain", "other")
    insert_messages(
        databases, "acme", [{"message_id": name, "client_ref": f"order-{name}", **failed} for name in names]
    )
    insert_messages(databases, "acme", [{"message_id": "retry", "client_ref": "order-retried", "first_ms": SENT_MS}])
    rows = [
        {"row": n, "message_id": name, "reference": f"order-{name}", "connection_id": "loja-01", "sent_ms": SENT_MS}
        for n, name in enumerate(names, 1)
    ]
    rows[-1]["connection_id"] = "loja-99"
    for manifest in ("key:sent", "key:corrected"):
        insert_sends(databases, "acme", [{**row, "manifest": manifest} for row in rows])
    said = {"row": 1, "manifest": "key:panel", "role": "provider", "message_id": "said", "status": "delivered"}
    insert_sends(databases, "acme", [{**said, "sent_ms": SENT_MS}])
    asked = Asked(
        account="acme",
        manifests=("key:sent", "key:corrected", "key:panel"),
        name="several",
        by="maria",
        time_zone=ZONE,
    )
    record = make_run(tables, databases.views, asked, time.time_ns() // 1_000_000)
    insert_messages(databases, "acme", [{"message_id": "later", "client_ref": "order-later", "first_ms": SENT_MS}])
    name_messages(databases, {**{name: f"order-{name}" for name in names}, "retry": "order-retried"})
    listed = list(csv.DictReader(io.StringIO(b"".join(resend_list(tables, record, databases.views)).decode())))
    first = {row["message_id"]: (row["resend"], row["why"]) for row in listed if row["manifest"] == "key:sent"}
    assert first == {
        "said": ("no", "said_delivered"),
        "retried": ("may_double", "reference_delivered"),
        "later": ("no", "delivered"),
        "plain": ("safe", "failed_before_whatsapp"),
        "other": ("no", "connection_differs"),
    }
    assert [row["manifest"] for row in listed if row["resend"] == "safe"] == ["key:sent"]


def test_a_message_whose_id_is_given_is_found_whatever_time_the_row_says(
    tables: RunTables, databases: Databases
) -> None:
    """A row that says a planned time two months off, or a day and month the other way round, still means the message of its id."""
    first = moment(SENT_MS)
    hashed = databases.value("SELECT halfMD5('acme/m1')")
    databases.client.insert(
        f"{databases.store}.alias_hash",
        [[hashed, 1, first.date()]],
        column_names=["id_hash", "state_hash", "anchor_day"],
    )
    for manifest, days in (("key:early", -60), ("key:late", 60)):
        row = {"row": 1, "manifest": manifest, "message_id": "m1", "sent_ms": SENT_MS + days * DAY_MS}
        insert_sends(databases, "acme", [row])
        asked = Asked(account="acme", manifests=(manifest,), name=manifest, by="maria", time_zone=ZONE)
        record = make_run(tables, databases.views, asked, time.time_ns() // 1_000_000)
        assert record.counts[Class.MATCHED] == 1


def test_rows_across_the_border_of_the_time_are_told_apart(tables: RunTables, databases: Databases) -> None:
    """A row whose message came in the next period counts here by when it was sent, and is said to be at the border."""
    insert_sends(databases, "acme", [{"row": 9, "manifest": "key:9", "message_id": "m9", "sent_ms": SENT_MS}])
    insert_messages(databases, "acme", [{"message_id": "m9", "first_ms": SENT_MS + 2 * HOUR_MS}])
    asked = Interval(SENT_MS, SENT_MS + HOUR_MS)
    asked_by: dict[str, Any] = {
        "manifests": ("key:9",),
        "account": "acme",
        "name": "",
        "by": "",
        "time_zone": ZONE,
        "interval": asked,
    }
    by_sent = make_run(tables, databases.views, Asked(**asked_by, interval_by="sent_at"), time.time_ns() // 1_000_000)
    by_first = make_run(tables, databases.views, Asked(**asked_by, interval_by="first_at"), time.time_ns() // 1_000_000)
    assert (by_sent.at("border_in"), by_sent.counted) == (1, 1)
    assert (by_first.at("border_out"), by_first.counted, by_first.rows) == (1, 0, 1)


def test_nothing_to_compare_is_said(tables: RunTables, databases: Databases) -> None:
    """A manifest that does not exist makes no run."""
    with pytest.raises(ConfigurationError, match="recibo sends list"):
        make_run(
            tables,
            databases.views,
            Asked(account="acme", manifests=("none",), name="", by="", time_zone=ZONE),
            time.time_ns() // 1_000_000,
        )
    assert tables.runs("acme") == []
