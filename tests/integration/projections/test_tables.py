"""What the tables hold is what happened, whatever the order, however often, before and after merges."""

import random
from typing import Any

import pytest

from schemas.message_state import MessageState
from schemas.topics import Topics
from tests.support.databases import Databases, Project
from tests.support.world import World, busy_world

pytestmark = pytest.mark.usefixtures("unmerged")

TABLES = ("message_state", "message_event", "webhook_raw", "webhook_request", "webhook_set_aside", "message_alias")


def shuffled(world: World, seed: int) -> World:
    """Return the same world with some records repeated and each topic in another order."""
    random_ = random.Random(seed)
    records = {}
    for topic, known in world.records.items():
        again = known + random_.sample(known, len(known) // 3)
        random_.shuffle(again)
        records[topic] = again
    return World(generation=world.generation, records=records, states=world.states, outcomes=world.outcomes)


def facts(databases: Databases) -> dict[tuple[str, str], tuple[object, ...]]:
    """Return what the view `messages` says, by account and id."""
    return facts_of(databases.rows(f"SELECT {FACTS_COLUMNS} FROM numbers.messages"))


FACTS_COLUMNS = (
    "account, message_id, status, seen, toUnixTimestamp64Milli(anchor_at), failure_status, failure_category, "
    "failure_code, failure_title, conflict, delivered_inferred, absurd_time, sources, aliases, connection_id, recipient, "
    "recipient_kind, client_ref, campaign, toUnixTimestamp64Milli(first_received_at), "
    "toUnixTimestamp64Milli(last_received_at), queued_at, created_at, sent_at, error_at, expired_at, "
    "number_not_found_at, delivered_at, read_at"
)


def facts_of(rows: list[tuple[Any, ...]]) -> dict[tuple[str, str], tuple[object, ...]]:
    """Return rows of FACTS_COLUMNS by account and id."""
    return {(row[0], row[1]): row[2:21] + tuple(ms(at) for at in row[21:]) for row in rows}


def ms(at: object) -> int | None:
    """Return a datetime as UTC ms."""
    return None if at is None else round(at.timestamp() * 1000)  # type: ignore[attr-defined]


def truth(state: MessageState) -> tuple[object, ...]:
    """Return a state as `facts` gives it."""
    s, f = state, state.failure
    first = s.first_at_ms.get
    return (
        s.status,
        s.seen,
        s.anchor_ms,
        f.status if f else "",
        f.category if f else "",
        f.code if f else "",
        f.title if f else "",
        s.conflict,
        s.delivered_inferred,
        s.absurd_time,
        s.sources,
        s.aliases,
        s.connection_id,
        s.recipient,
        s.recipient_kind,
        s.client_ref,
        s.campaign,
        s.first_received_ms,
        s.last_received_ms,
        *(
            first(status)
            for status in ("queued", "created", "sent", "error", "expired", "number_not_found", "delivered", "read")
        ),
    )


async def test_messages_equal_the_processors_states(databases: Databases, project: Project) -> None:
    """Every message of the view equals the processors' own state, before and after merges, after replays in any order."""
    world = busy_world(400)
    expected = {name: truth(state) for name, state in world.states.items()}
    await project(world)
    assert facts(databases) == expected
    await project(shuffled(world, 1))
    await project(shuffled(world, 2))
    assert facts(databases) == expected
    databases.merge(*TABLES)
    assert facts(databases) == expected


async def test_every_record_is_one_row(databases: Databases, project: Project) -> None:
    """Requests, raw records, events and outcomes count as written, before and after merges, however often read."""
    world = busy_world(300)
    topics = Topics(1)
    await project(world)
    await project(shuffled(world, 3))
    for _ in range(2):
        for table, topic in (
            ("webhook_raw", "webhook.raw"),
            ("webhook_request", "webhook.requests"),
            ("message_event", topics.message_events),
            ("webhook_set_aside", topics.set_aside),
        ):
            assert databases.value(f"SELECT count() FROM store.{table} FINAL") == len(world.records[topic])
        counts = dict(databases.rows("SELECT outcome, count() FROM views.outcomes GROUP BY outcome"))
        assert counts == dict(world.outcomes)
        assert databases.rows(
            "SELECT sum(records), sum(records_missing), sum(without_outcome), sum(with_several_outcomes) FROM views.completeness"
        ) == [(len(world.records["webhook.raw"]), 0, 0, 0)]
        databases.merge(*TABLES)
