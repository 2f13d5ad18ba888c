"""Counts by a message's own time, lines under all their spellings, clocks kept apart: each was wrong once."""

import random

import msgspec
import pytest

from schemas.record import SetAside
from schemas.status import BIT, Outcome
from schemas.topics import Topics
from tests.integration.projections.test_views import ALL, HOUR_MS, UTC
from tests.support.databases import Databases, Project
from tests.support.world import START_MS, World, connection_event, message_event

pytestmark = pytest.mark.usefixtures("unmerged")


async def test_a_number_delivered_under_its_other_spelling_is_not_listed(
    databases: Databases, project: Project
) -> None:
    """Not found with the ninth digit, and delivered without it, also after `until`: the line is reached, and not to clean."""
    world = World()
    world.post(message_event("m-1", "number_not_found", START_MS, recipient="5511987654321"))
    world.post(message_event("m-2", "number_not_found", START_MS, recipient="5511987654322"))
    world.post(message_event("m-3", "delivered", START_MS - 9_000, recipient="5511987654323"))
    world.post(message_event("m-3", "read", START_MS + 5_000, recipient="5511987654323"))
    world.post(message_event("m-4", "number_not_found", START_MS, recipient="5511987654323"))
    world.wait(9 * 24 * HOUR_MS)
    world.post(message_event("m-5", "delivered", START_MS + 9 * 24 * HOUR_MS, recipient="551187654321"))
    await project(world)
    day = databases.value("SELECT toString(min(toDate(first_at))) FROM views.messages")
    query = f"SELECT recipient FROM numbers.numbers_not_found(time_zone = 'UTC', since = '{day}', until = toDate('{day}') + 1)"
    assert databases.rows(query) == [("5511987654322",)]


async def test_a_message_of_our_outage_counts_on_its_own_day(databases: Databases, project: Project) -> None:
    """A message of Monday that our spool brings on Thursday is Monday's in every count, and its age is from then."""
    world = World()
    world.wait(3 * 24 * HOUR_MS)
    world.post(message_event("m-1", "error", START_MS + HOUR_MS))
    world.post(message_event("m-2", "queued", START_MS + HOUR_MS))
    world.post(message_event("m-2", "created", START_MS + 2 * HOUR_MS))
    await project(world)
    day = databases.value(f"SELECT toString(toDate(fromUnixTimestamp64Milli({START_MS}), 'UTC'))")
    one_day = f"time_zone = 'UTC', since = '{day}', until = '{day}'"
    for view, count in (("funnel", 2), ("errors", 1), ("latencies", 1)):
        assert databases.value(f"SELECT sum(v.messages) FROM views.{view}({one_day}) AS v") == count, view
    age_s = databases.value(
        f"SELECT age_s FROM views.stuck(time_zone = 'UTC', since = '{day}', until = '{day}', min_age_s = 1)"
    )
    assert age_s > databases.value(f"SELECT dateDiff('second', fromUnixTimestamp64Milli({START_MS}), now()) - 7200")


async def test_latencies_leave_out_our_own_clock(databases: Databases, project: Project) -> None:
    """Where a status came without a time of the provider's there is no latency to tell: it is counted as such."""
    world = World()
    world.post(message_event("m-1", "created", START_MS))
    received = message_event(
        "m-1", "delivered", START_MS + 5_000, time_source="received", receipt_times=BIT["delivered"]
    )
    world.post(received)
    await project(world)
    query = f"SELECT messages, p50_ms, without_provider_time FROM views.latencies({UTC}) WHERE to_status = 'delivered'"
    assert databases.rows(query) == [(0, None, 1)]


async def test_small_facts_are_what_they_are_called(databases: Databases, project: Project) -> None:
    """failed_at is failure_status's time; unknown recipients are none; a read without a delivery has its time; subjects are ids."""
    world = World()
    world.post(message_event("m-1", "error", START_MS, recipient=""))
    world.post(message_event("m-1", "number_not_found", START_MS + 5, recipient=""))
    world.post(message_event("m-1", "read", START_MS + 9, recipient=""))
    aside = SetAside(
        partition=0,
        offset=99,
        raw_at_ms=START_MS,
        outcome=Outcome.UNMAPPED,
        why="no message id found",
        source="wpp",
        account="acme",
        provider="wpp_marketing",
        request_id="r" * 32,
        index=0,
        received_at_ms=START_MS,
        event_id="",
    )
    world.append(Topics(1).set_aside, b"r" * 32, msgspec.json.encode(aside), START_MS)
    await project(world)
    assert databases.rows("SELECT failure_status, toUnixTimestamp64Milli(failed_at) FROM views.conflicts") == [
        ("number_not_found", START_MS + 5)
    ]
    assert databases.value(f"SELECT recipients FROM views.errors({UTC})") == 0
    assert databases.rows("SELECT delivered_at, toUnixTimestamp64Milli(delivered_or_read_at) FROM views.messages") == [
        (None, START_MS + 9)
    ]
    assert databases.rows("SELECT subject FROM views.outcomes WHERE outcome = 'unmapped'") == [("",)]


async def test_an_event_on_two_of_our_urls_is_no_repeat(databases: Databases, project: Project) -> None:
    """The first report on another source is told apart; a second one there is a repeat, and so is one on the first source."""
    world = World()
    for source in ("wpp", "wpp-2", "wpp-2", "wpp"):
        world.post(message_event("m-1", "delivered", START_MS, source=source))
    world.post(connection_event("c-1", "logout", START_MS))
    await project(world)
    query = f"SELECT source, events, repeats, from_other_sources, own_copies FROM views.repeats_between({UTC}) ORDER BY source"
    assert databases.rows(query) == [("wpp", 2, 1, 0, 0), ("wpp-2", 0, 1, 1, 0)]


async def test_groups_are_apart_from_persons(databases: Databases, project: Project) -> None:
    """What went to a group is a row of its own in the funnel."""
    world = World()
    world.post(message_event("m-1", "read", START_MS, recipient="1203", recipient_kind="group"))
    world.post(message_event("m-2", "created", START_MS))
    await project(world)
    query = f"SELECT to_group, messages, read FROM views.funnel({UTC}) ORDER BY to_group"
    assert databases.rows(query) == [(False, 1, 0), (True, 1, 1)]


async def test_a_message_begun_after_a_logout_is_not_in_flight(databases: Databases, project: Project) -> None:
    """A logout of an hour ago that is reported now has in flight what was begun before it, not what came since."""
    world = World()
    world.wait(2 * HOUR_MS)
    world.post(message_event("m-1", "queued", START_MS + 2 * HOUR_MS - 60_000, connection_id="c-1"))
    world.post(connection_event("c-1", "logout", START_MS + HOUR_MS))
    await project(world)
    assert databases.rows(f"SELECT in_flight, time_source FROM views.logout_in_flight(time_zone = 'UTC', {ALL})") == [
        (0, "provider")
    ]
    query = f"SELECT logged_out_since FROM views.stuck(time_zone = 'UTC', {ALL}, min_age_s = 1)"
    assert databases.value(query) == 0


async def test_a_connection_has_an_uptime(databases: Databases, project: Project) -> None:
    """Connected for six hours and logged out since: that, and before the first report nothing is known."""
    world = World()
    world.post(connection_event("c-1", "connected", START_MS + 6 * HOUR_MS))
    world.post(connection_event("c-1", "logout", START_MS + 12 * HOUR_MS))
    await project(world)
    day = databases.value(f"SELECT toString(toDate(fromUnixTimestamp64Milli({START_MS}), 'UTC'))")
    query = f"SELECT connected_s, closed_s, unknown_s FROM views.connection_uptime(time_zone = 'UTC', since = '{day}', until = '{day}')"
    assert databases.rows(query) == [(6 * 3600, 12 * 3600, 6 * 3600)]


async def test_late_messages_count_on_their_own_days(databases: Databases, project: Project) -> None:
    """Messages that waited up to two weeks in a spool, alone or in a group, count on every day as reading all of them says."""
    random_ = random.Random(5)
    world = World()
    for day in range(15):
        for number in range(4):
            at_ms = START_MS + random_.randint(0, day) * 24 * HOUR_MS + random_.randint(0, 24) * HOUR_MS
            name, other = f"m-{day}-{number}", f"m-{random_.randint(0, 14)}-{number}"
            aliases = (other,) if number == 3 and other != name else ()
            world.post(message_event(name, "created", at_ms, aliases=aliases))
        world.wait(24 * HOUR_MS)
    await project(world)
    own = databases.rows("SELECT toString(toDate(first_at, 'UTC')) AS day, count() FROM views.messages GROUP BY day")
    assert len(own) > 10
    for day, count in own:
        one_day = f"time_zone = 'UTC', since = '{day}', until = '{day}'"
        assert databases.value(f"SELECT sum(f.messages) FROM views.funnel({one_day}) AS f") == count, day
