"""What few providers say (own time, price, identities, line, template): from the event to its columns, and back to an event."""

import random
from typing import Any

import msgspec
import pytest

from operations.repair import published
from projections.clickhouse.views.fragments import receipt_times
from schemas import message_state
from schemas.event import ErrorDetail, Event
from schemas.identity import IDENTITIES_MAX, KINDS, Identity, prominence
from schemas.message_state import Bookkeeping, MessageState
from schemas.record import record_key
from schemas.status import BIT, RANK
from schemas.topics import Topics
from tests.integration.projections.test_tables import ms
from tests.support.databases import Databases, Project
from tests.support.world import START_MS, World, connection_event, message_event

pytestmark = pytest.mark.usefixtures("unmerged")

WORDS = ("", "regular", "marketing", "ção")
STATES = (
    f"SELECT message_id, generation, seeded_from, first_at, old_time, {receipt_times()} AS mask, billable, price_type, price_category, "
    "price_model, arrayMap(i -> [i.1, i.2], identities), line, template, (ranked_recipient.1, ranked_recipient.2, ranked_recipient.3), queued_at, created_at, sent_at, error_at, expired_at, number_not_found_at, "
    "delivered_at, read_at FROM store.message_state FINAL"
)


def event_of(random_: random.Random, message_id: str) -> Event:
    """Return an event with some of the fields, its time one of few, so that several events have the same."""
    status, at_ms = random_.choice(list(RANK)), START_MS + random_.randint(0, 4)
    return message_event(
        message_id,
        status,
        at_ms,
        id=f"{message_id}/{random_.random()}",
        first_at=random_.choice([0, at_ms, at_ms + 5]),
        old_time=random_.random() < 0.2,
        receipt_times=random_.choice([0, BIT[status]]),
        billable=random_.choice([None, None, False, True]),
        price_type=random_.choice(WORDS),
        price_category=random_.choice(WORDS),
        price_model=random_.choice(WORDS),
        identities=tuple(
            Identity(random_.choice(KINDS), str(random_.randint(1, 9))) for _ in range(random_.choice([0, 0, 1, 4]))
        ),
        line=random_.choice(["", "+5511987654321", "+551187654321"]),
        template=random_.choice(WORDS),
        recipient=random_.choice(["", "17", "99", "BR.66", "77610"]),  # no numbers of lines: a line is said, or not
        recipient_kind=random_.choice(["", "new", *KINDS]),
        further_errors=random_.choice([(), (ErrorDetail("media", "131052", "t", "ção"), ErrorDetail("unknown", ""))]),
    )


def folded(events: list[Event]) -> MessageState:
    """Return the state of a message of which only these events are known."""
    state = message_state.absent(events[0], START_MS)
    for event in events:
        message_state.join(state, event)
    state.bookkeeping = Bookkeeping(1, START_MS, [])
    return state


def row_of(state: MessageState) -> tuple[Any, ...]:
    """Return a state as STATES gives it."""
    s, first = state, state.first_at_ms
    told = (s.generation, s.seeded_from, s.first_at or None, s.old_time, s.receipt_times, s.billable)
    texts = (
        s.price_type,
        s.price_category,
        s.price_model,
        [tuple(i) for i in s.identities],
        s.line,
        s.template,
        prominence(s.recipient, s.recipient_kind),
    )
    return (*told, *texts, {status: first.get(status) for status in RANK})


def row_found(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row of STATES as `row_of` gives it: identities bounded as a view bounds them."""
    _, generation, seeded, first_at, old, mask, billable, *texts, identities, line, template, recipient = row[:14]
    first = {status: ms(at) for status, at in zip(RANK, row[14:], strict=True)}
    least = sorted({(kind, value) for kind, value in identities}, key=lambda i: (KINDS.index(i[0]), i))[:IDENTITIES_MAX]
    return (
        generation,
        seeded,
        ms(first_at),
        old,
        mask,
        billable,
        *texts,
        least,
        line,
        template,
        tuple(recipient),
        first,
    )


async def test_the_table_joins_as_the_processors_do(databases: Databases, project: Project) -> None:
    """States that each know a part of a message's events are one row that knows them all, before and after merges."""
    random_ = random.Random(15)
    expected, records = {}, []
    for number in range(200):
        name = f"m-{number}"
        events = [event_of(random_, name) for _ in range(random_.randint(1, 6))]
        parts = [folded(random_.sample(events, random_.randint(1, len(events)))) for _ in range(3)]
        whole = folded(events)
        for generation, part in enumerate([*parts, *(folded([event]) for event in events)]):
            part.generation, part.seeded_from = generation, generation // 2
            whole.generation, whole.seeded_from = generation, generation // 2
            records.append((name, message_state.encode(part)))
        expected[name] = row_of(whole)
    random_.shuffle(records)
    world = World()
    for name, value in records:
        world.append(Topics(1).message_state, record_key("acme", name), value, START_MS)
    databases.client.command(f"SYSTEM STOP MERGES {databases.store}.message_state")
    try:
        await project(world)
        assert {row[0]: row_found(row) for row in databases.rows(STATES)} == expected
    finally:
        databases.client.command(f"SYSTEM START MERGES {databases.store}.message_state")
    databases.merge("message_state")
    assert {row[0]: row_found(row) for row in databases.rows(STATES)} == expected


async def test_an_event_comes_back_from_its_columns_as_it_was(databases: Databases, project: Project) -> None:
    """Each field of an event is in a column: what repair reads back is the event that was published, field by field."""
    random_ = random.Random(3)
    events = [event_of(random_, f"m-{number}") for number in range(100)]
    events.append(connection_event("c-1", "logout", START_MS, old_time=True, line="+5511987654321", reason="replaced"))
    world = World()
    for event in events:
        world.post(event)
    await project(world)
    found = []
    for partition in range(4):
        at = published.Where(partition, START_MS)
        messages = [("acme", event.message_id) for event in events]
        for one in published.of_messages(databases.client, databases.store, messages, at).values():
            found += one
        for one in published.of_connections(databases.client, databases.store, [("acme", "c-1")], at).values():
            found += one
    by_id = {one.event.id: msgspec.to_builtins(one.event) for one in found}
    assert by_id == {event.id: msgspec.to_builtins(event) for event in events}
    state = databases.rows("SELECT old_time, line FROM store.connection_state FINAL")
    assert state == [(True, "+5511987654321")]


async def test_a_row_of_an_older_release_keeps_its_recipient(databases: Databases, project: Project) -> None:
    """A row that has only the old column is read by it, and joins with newer ones: a number stays, a lesser kind gives way."""
    world = World()
    world.post(message_event("m-1", "read", START_MS, recipient="BR.66", recipient_kind="bsuid"))
    world.post(message_event("m-2", "read", START_MS, recipient="5511987654321"))
    await project(world)
    for name, recipient in (("m-1", "('5511987654322', 'phone')"), ("m-2", "('BR.77', 'bsuid')"), ("m-3", "('', '')")):
        databases.client.command(
            f"INSERT INTO {databases.store}.message_state (anchor_day, account, message_id, seen, recipient) "
            f"VALUES (toDate({START_MS // 86_400_000}), 'acme', '{name}', 128, {recipient})"
        )
    shown = "SELECT message_id, recipient, recipient_kind FROM numbers.messages ORDER BY message_id"
    expected = [("m-1", "5511987654322", "phone"), ("m-2", "5511987654321", "phone"), ("m-3", "", "")]
    assert databases.rows(shown) == expected
    databases.merge("message_state")
    assert databases.rows(shown) == expected
