"""The rows that benchmarks run over are as exact as a projector's: what is measured on them is measured on the truth."""

from collections.abc import Iterator
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from tests.bench.fill import fill
from tests.bench.many_messages import BLOCK_MESSAGES, SLOTS, STORE, VIEWS, Extent, statements

SINCE_MS = 1_790_000_000_000 // 86_400_000 * 86_400_000
SPAN = "since = '2026-09-01', until = '2026-12-31'"
EXTENT = Extent(messages=40_000, since_ms=SINCE_MS)


@pytest.fixture(scope="module")
def many(clickhouse_url: str) -> Iterator[Client]:
    """A client of an engine that holds many messages."""
    with connect(ClickHouseSettings(clickhouse_url)) as client:
        assert list(fill(client, EXTENT)) == [EXTENT.blocks]
        yield client
        for database in (VIEWS, f"{VIEWS}_numbers", STORE):
            client.command(f"DROP DATABASE {database} SYNC")


def rows(client: Client, sql: str) -> list[dict[str, Any]]:
    """Return a query's rows by column."""
    return list(client.query(sql.replace("v.", f"{VIEWS}.").replace("s.", f"{STORE}.")).named_results())


def test_every_record_has_one_outcome(many: Client) -> None:
    """Of each partition no offset is missing, and no record is without outcome or has several."""
    partitions = rows(many, f"SELECT * FROM v.completeness_between(time_zone = 'UTC', {SPAN})")
    assert len(partitions) == 4
    assert sum(p["records"] for p in partitions) == EXTENT.blocks * len(SLOTS)
    for partition in partitions:
        wrong = ("records_missing", "without_outcome", "with_several_outcomes", "outcomes_without_record")
        assert {name: partition[name] for name in wrong} == dict.fromkeys(wrong, 0)


def test_states_say_what_their_events_say(many: Client) -> None:
    """No state differs from its events, and every message has one row, unless it is known by two ids."""
    assert rows(many, f"SELECT * FROM v.fold_differences(time_zone = 'UTC', {SPAN})") == []
    linked = EXTENT.blocks // 50
    assert rows(many, "SELECT count() AS n FROM v.messages")[0]["n"] == EXTENT.messages - linked


def test_proportions_are_plausible(many: Client) -> None:
    """Most messages are delivered, some are read, few fail, and every request was answered."""
    found = rows(many, "SELECT status, count() AS n FROM v.messages GROUP BY status")
    share = {row["status"]: row["n"] / EXTENT.messages for row in found}
    assert share["delivered"] > 0.5
    assert 0.2 < share["read"] < 0.4
    assert share["error"] == share["number_not_found"] == 1 / BLOCK_MESSAGES
    late = rows(many, "SELECT countIf(occurred_at > at OR received_at > at) AS n FROM s.message_event")
    assert late[0]["n"] == 0
    unanswered = "SELECT count() AS n FROM v.audit WHERE http_status != 204"
    assert rows(many, unanswered)[0]["n"] == 0


def test_rows_inserted_again_change_nothing(many: Client) -> None:
    """What a benchmark inserts while it measures is there already: the tables stay what they were."""
    tables = ("message_state", "message_event", "webhook_raw", "webhook_request", "message_alias")
    sums = [f"SELECT '{t}' AS t, sum(cityHash64(*)) AS h, count() AS n FROM s.{t} FINAL" for t in tables]
    before = [rows(many, sql) for sql in sums]
    for statement in statements(EXTENT, 100, 50):
        many.command(statement)
    assert [rows(many, sql) for sql in sums] == before


def test_a_day_of_audit_keeps_only_its_own_requests(many: Client) -> None:
    """A filter by append time bounds what is grouped and joined: requests of other days take no memory."""
    day = "at >= toStartOfHour((SELECT min(at) FROM s.webhook_raw)) AND at < toStartOfHour((SELECT min(at) FROM s.webhook_raw)) + 86400"
    text = f"SELECT http_status, count() AS n FROM v.audit WHERE {day} GROUP BY http_status"
    sql = text.replace("v.", f"{VIEWS}.").replace("s.", f"{STORE}.")
    bounds = {"max_rows_to_group_by": 10_000, "max_rows_in_join": 10_000}
    found = many.query(sql, settings=bounds).result_rows
    assert [status for status, _ in found] == [204]
    assert found[0][1] == rows(many, f"SELECT count() AS n FROM s.webhook_raw FINAL WHERE {day}")[0]["n"]
