"""Records become rows by pure functions, and what cannot be read says so."""

import pytest

from projections.rows import (
    message_event,
    message_name,
    message_send,
    message_state,
    projections_of,
    webhook_raw,
    webhook_request,
    webhook_set_aside,
)
from projections.rows.table import Record, Row, Table
from schemas import topics
from schemas.identity import Identity
from schemas.message_failure import Failure, failure_order
from schemas.send import Send, send_key
from schemas.send import encode as encode_send
from schemas.status import FAILURES
from schemas.topics import Topics
from tests.support.world import START_MS, FakeRecord, World, connection_event
from tests.support.world import message_event as event_of


def as_dict(table: Table, row: Row) -> dict[str, object]:
    """A row by column name."""
    return dict(zip((name for name, _ in table.columns), row, strict=True))


def a_world() -> World:
    """One message failed with an alias, one connection closed, one event repeated."""
    world = World()
    event = event_of("m-1", "error", START_MS, aliases=("t-1",))
    world.post(event)
    world.post(event)
    world.post(connection_event("c-1", "logout", START_MS))
    sent = Send(account="acme", manifest="key:1", row=1, role="sender", version=START_MS, message_id="m-1")
    world.append(topics.SENDS, send_key(sent), encode_send(sent), START_MS)
    return world


def test_every_topic_has_a_projection() -> None:
    """Nothing declared is left unread, and nothing undeclared is read; five topics are no tables' source."""
    declared = {t.name for t in topics.declared(topics.Topics(3))}
    no_rows = {topics.DEPLOYMENT, topics.HOLDS, topics.ERASURES, topics.ACCESS, topics.LOOKS}
    assert {p.topic for p in projections_of(Topics(3))} == declared - no_rows


def test_every_row_fits_its_table() -> None:
    """Each table's rows have one value for each column, whatever the topic."""
    world = a_world()
    filled = set()
    for projection in projections_of(Topics(1)):
        decoded = [projection.decode(r) for r in world.records[projection.topic]]
        for table, rows in (*projection.said_once, *projection.tables):
            made = list(rows(decoded))
            assert made
            assert {len(row) for row in made} == {len(table.columns)}
            filled.add(table.name)
    assert len(filled) == 12


def test_rows_are_a_function_of_the_record() -> None:
    """Reading the same record again gives the same row."""
    world = a_world()
    for projection in projections_of(Topics(1)):
        for record in world.records[projection.topic]:
            for _, rows in projection.tables:
                assert list(rows([projection.decode(record)])) == list(rows([projection.decode(record)]))


def test_a_failed_event_keeps_the_providers_code() -> None:
    """An event's error is in columns of its own; its coordinate is the raw record's."""
    record = a_world().records[topics.Topics(1).message_events][0]
    row = as_dict(message_event.TABLE, next(iter(message_event.rows([message_event.decode(record)], 1))))
    assert (row["error_category"], row["error_code"]) == ("media", "131052")
    assert row["at"] == START_MS + 10
    assert row["aliases"] == ("t-1",)


def test_a_tombstone_makes_no_row() -> None:
    """The sweep that frees a state's space takes nothing back: what was true stays in the tables."""
    tombstone: Record = FakeRecord("message.state.g1", 0, 9, START_MS, b"acme/m-1", None)
    assert message_state.decode(tombstone) is None


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b'{"request_id": 7}', b"\xff\xfe"])
def test_a_record_that_is_not_ours_is_refused(value: bytes) -> None:
    """What cannot be decoded raises ValueError, which sets the record aside."""
    record = FakeRecord("t", 0, 0, START_MS, b"k", value)
    readers = (message_event, message_state, webhook_request, webhook_set_aside, message_send)
    for decode in (reader.decode for reader in readers):
        with pytest.raises(ValueError):  # noqa: PT011 - msgspec's messages are its own
            decode(record)


@pytest.mark.parametrize("headers", [(), (("source", b"{"), ("request", b"x")), (("request", b"a:b:c:d"),)])
def test_a_raw_record_with_unreadable_headers_is_kept(headers: tuple[tuple[str, bytes], ...]) -> None:
    """The raw log is evidence: bytes whose headers cannot be read are a row all the same, of no kind."""
    record = FakeRecord("webhook.raw", 2, 7, START_MS, None, b"\xff\x00", headers)
    row = as_dict(webhook_raw.TABLE, next(iter(webhook_raw.rows([webhook_raw.decode(record)]))))
    assert (row["kind"], row["payload"], row["key"], row["log_offset"]) == ("", b"\xff\x00", b"", 7)


def test_failures_are_ordered_as_the_fold_orders_them() -> None:
    """The engine's `min` over our tuple picks the failure that the processors' join picks."""
    failures = [Failure(s, c, code) for s in FAILURES for c in ("media", "unknown") for code in ("1", "2")]
    for failure in failures:
        assert message_state.failure_order(failure) == failure_order(failure)
        assert message_state.failure_order(failure) < message_state.failure_order(None)


def test_a_message_has_a_row_for_each_name_it_is_known_by() -> None:
    """Its reference, the number as reported and in its canonical form, and every other name of the recipient; each once."""
    world = World()
    names = (Identity("lid", "99@lid"), Identity("bsuid", "BR.1"))
    world.post(event_of("m-1", "created", START_MS, recipient="551187654321", client_ref="order-1", identities=names))
    world.post(event_of("m-1", "read", START_MS, recipient="551187654321"))
    decoded = [d for d in map(message_state.decode, world.records[Topics(1).message_state]) if d is not None]
    assert [row[:4] for row in message_name.rows(decoded)] == [
        ("order-1", "reference", "acme", "m-1"),
        ("551187654321", "recipient", "acme", "m-1"),
        ("5511987654321", "recipient", "acme", "m-1"),
        ("99@lid", "recipient", "acme", "m-1"),
        ("BR.1", "recipient", "acme", "m-1"),
    ]
