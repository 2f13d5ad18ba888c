"""Each view says what is true, counted by hand."""

import msgspec
import pytest

from schemas.providers import matrix
from schemas.record import SetAside, decode_request
from schemas.status import Outcome
from schemas.topics import RAW, Topics
from tests.support.databases import Databases, Project
from tests.support.world import START_MS, World, connection_event, message_event, raw_headers

pytestmark = pytest.mark.usefixtures("unmerged")

HOUR_MS = 3_600_000
ALL = "since = '2000-01-01', until = '2100-01-01'"
UTC = f"time_zone = 'UTC', {ALL}"
HEALTH_BETWEEN = f"provider_health_between({UTC})"


async def test_funnel_counts_by_the_readers_day(databases: Databases, project: Project) -> None:
    """A message of 00:00 UTC belongs to the day before in São Paulo, however late we append it; a read counts as delivered."""
    world = World()
    world.wait(6 * HOUR_MS)
    world.post(message_event("m-1", "queued", START_MS))
    world.post(message_event("m-1", "read", START_MS + 1))
    world.post(message_event("m-2", "error", START_MS + 2))
    world.post(message_event("m-3", "created", START_MS + 6 * HOUR_MS))
    await project(world)
    columns = "messages, queued, created, delivered, read, error, failed, open, delivered_inferred"
    sql = f"SELECT {columns} FROM views.funnel(time_zone = '%s', {ALL}) ORDER BY day"
    assert databases.rows(sql % "UTC") == [(3, 1, 1, 1, 1, 1, 1, 1, 1)]
    assert databases.rows(sql % "America/Sao_Paulo") == [(2, 1, 0, 1, 1, 1, 1, 0, 1), (1, 0, 1, 0, 0, 0, 0, 1, 0)]
    day = databases.value(f"SELECT toString(min(day)) FROM views.funnel(time_zone = 'America/Sao_Paulo', {ALL})")
    one_day = f"time_zone = 'America/Sao_Paulo', since = '{day}', until = '{day}'"
    assert databases.value(f"SELECT sum(messages) FROM views.funnel({one_day})") == 2


async def test_latencies_tell_clock_skew_apart(databases: Databases, project: Project) -> None:
    """Quantiles are of what took time; a delivery before its creation is a clock's fault and is counted as such."""
    world = World()
    for number, took_ms in enumerate([100, 200, 300, -50]):
        world.post(message_event(f"m-{number}", "created", START_MS + 1_000))
        world.post(message_event(f"m-{number}", "delivered", START_MS + 1_000 + took_ms))
    await project(world)
    assert databases.rows(
        f"SELECT from_status, to_status, messages, clock_skewed, p50_ms, p99_ms FROM views.latencies({UTC})"
    ) == [("created", "delivered", 3, 1, 200, 300)]


async def test_stuck_messages_say_whether_the_connection_logged_out(databases: Databases, project: Project) -> None:
    """A message that neither came nor failed is listed with its age and its connection's logout."""
    world = World()
    world.post(message_event("m-1", "created", START_MS, connection_id="c-1"))
    world.post(message_event("m-2", "created", START_MS, connection_id="c-2"))
    world.post(message_event("m-3", "delivered", START_MS, connection_id="c-1"))
    world.post(connection_event("c-1", "logout", START_MS + HOUR_MS, reason="device_unlinked"))
    world.post(connection_event("c-2", "connected", START_MS))
    await project(world)
    rows = databases.rows(
        f"SELECT message_id, connection_status, logged_out_since FROM views.stuck(time_zone = 'UTC', {ALL}, min_age_s = 60) ORDER BY message_id"
    )
    assert rows == [("m-1", "logout", True), ("m-2", "connected", False)]
    assert databases.value(f"SELECT count() FROM views.stuck(time_zone = 'UTC', {ALL}, min_age_s = 400000000)") == 0
    assert databases.rows("SELECT connection_id, status, reason FROM views.logouts") == [
        ("c-1", "logout", "device_unlinked")
    ]
    assert databases.rows("SELECT connection_id, status, reason FROM views.connections ORDER BY connection_id") == [
        ("c-1", "logout", "device_unlinked"),
        ("c-2", "connected", ""),
    ]


async def test_a_logout_says_what_was_in_flight(databases: Databases, project: Project) -> None:
    """Of the messages of a connection that closes, those received before and not ended by then are counted."""
    world = World()
    world.post(message_event("m-1", "created", START_MS, connection_id="c-1"))
    world.post(message_event("m-2", "created", START_MS, connection_id="c-1"))
    world.post(message_event("m-2", "delivered", START_MS + 1, connection_id="c-1"))
    world.post(message_event("m-3", "created", START_MS, connection_id="c-2"))
    world.post(connection_event("c-1", "logout", START_MS + HOUR_MS))
    world.post(message_event("m-1", "delivered", START_MS + 2 * HOUR_MS, connection_id="c-1"))
    world.post(message_event("m-4", "created", START_MS + 2 * HOUR_MS, connection_id="c-1"))
    await project(world)
    assert databases.rows(f"SELECT connection_id, in_flight FROM views.logout_in_flight(time_zone = 'UTC', {ALL})") == [
        ("c-1", 1)
    ]


async def test_in_flight_is_what_began_in_the_week_before(databases: Databases, project: Project) -> None:
    """A message that began more than seven days before a logout is not in flight then, whatever days are asked about."""
    world = World()
    world.post(message_event("m-1", "created", START_MS, connection_id="c-1"))
    world.post(connection_event("c-1", "logout", START_MS + 8 * 24 * HOUR_MS), delay_ms=8 * 24 * HOUR_MS)
    await project(world)
    assert databases.rows(f"SELECT connection_id, in_flight FROM views.logout_in_flight(time_zone = 'UTC', {ALL})") == [
        ("c-1", 0)
    ]


async def test_a_connection_has_a_history(databases: Databases, project: Project) -> None:
    """Every event of a connection is a row, in order, with the time of the next; another connection's are its own."""
    world = World()
    for hour, status in enumerate(("connected", "disconnected", "connected", "logout")):
        world.post(connection_event("c-1", status, START_MS + hour * HOUR_MS))
    world.post(connection_event("c-2", "connected", START_MS + HOUR_MS))
    await project(world)
    query = (
        "SELECT status, dateDiff('minute', occurred_at, lasted_until) FROM views.connection_history "
        "WHERE connection_id = '{}' ORDER BY occurred_at"
    )
    lasted = [("connected", 60), ("disconnected", 60), ("connected", 60), ("logout", None)]
    assert databases.rows(query.format("c-1")) == lasted
    assert databases.rows(query.format("c-2")) == [("connected", None)]


async def test_a_zero_is_told_from_a_provider_that_never_says(databases: Databases, project: Project) -> None:
    """Every provider and status has a row that says whether it is ever reported: exactly what the providers' files say."""
    await project(World())
    query = "SELECT reporting FROM views.provider_status WHERE provider = '{}' AND status = '{}'"
    assert databases.value(query.format("meta_cloud", "queued")) == "never"
    assert databases.value(query.format("meta_cloud", "read")) == "reported"
    shown = databases.rows("SELECT provider, status, reporting FROM views.provider_status")
    assert sorted(shown) == sorted(map(tuple, matrix.rows()))


async def test_errors_say_what_to_do_and_numbers_are_listed(databases: Databases, project: Project) -> None:
    """Failures are grouped with the action they call for; a number is to clean until something is delivered to it."""
    world = World()
    world.post(message_event("m-1", "number_not_found", START_MS, recipient="5511000000001"))
    world.post(message_event("m-2", "number_not_found", START_MS, recipient="5511000000002"))
    world.post(message_event("m-3", "delivered", START_MS + 9, recipient="5511000000002"))
    world.post(message_event("m-4", "error", START_MS))
    world.post(message_event("m-4", "delivered", START_MS + 9))
    await project(world)
    assert databases.rows(
        f"SELECT failure_status, failure_code, what_to_do, messages, delivered_all_the_same FROM views.errors({UTC}) ORDER BY failure_status"
    ) == [("error", "131052", "fix the file", 1, 1), ("number_not_found", "131052", "fix the file", 2, 0)]
    masked = f"SELECT recipient, messages_not_found FROM views.numbers_not_found(time_zone = 'UTC', {ALL})"
    assert databases.rows(masked) == [("5511****01", 1)]
    assert databases.rows(masked.replace("views.", "numbers.")) == [("5511000000001", 1)]
    assert databases.rows("SELECT message_id, failed_at < delivered_at FROM views.conflicts") == [("m-4", True)]


async def test_repeats_are_the_providers_own_only(databases: Databases, project: Project) -> None:
    """A record that we stored twice is no repeat of the provider's; an event sent again is, once."""
    world = World()
    event = message_event("m-1", "delivered", START_MS)
    world.post(event)
    world.post(event)
    first = world.records[Topics(1).message_events][0]
    raw = world.append(RAW, b"acme/m-1", b"{}", START_MS + 99, world.records[RAW][0].headers)
    request_id = decode_request(world.records[RAW][0].headers[1][1]).request_id
    copy = SetAside(
        partition=raw.partition,
        offset=raw.offset,
        raw_at_ms=START_MS + 99,
        outcome=Outcome.REPEAT,
        why="event id known",
        source="wpp",
        account="acme",
        provider="wpp_marketing",
        request_id=request_id,
        index=0,
        received_at_ms=START_MS,
        event_id=event.id,
    )
    world.append(Topics(1).set_aside, b"acme/m-1", msgspec.json.encode(copy), START_MS + 99)
    for number in range(2):  # what nobody understands, stored twice
        again = msgspec.structs.replace(
            copy, offset=raw.offset + 1 + number, outcome=Outcome.UNMAPPED, event_id="", request_id="f" * 32
        )
        world.append(Topics(1).set_aside, b"acme/m-1", msgspec.json.encode(again), START_MS + 99)
    await project(world)
    assert first.offset == 0
    assert databases.rows("SELECT events, late, repeats, own_copies FROM views.repeats") == [(1, 0, 1, 1)]
    for view in ("provider_health", HEALTH_BETWEEN):
        health = f"SELECT events, late, repeats, unmapped, absurd_times, delay_p50_ms FROM views.{view}"
        assert databases.rows(health) == [(1, 0, 1, 1, 0, 1000)]


async def test_health_counts_events_and_repeats_of_connections_alike(databases: Databases, project: Project) -> None:
    """Whose repeats are counted, his events are: `provider_health` agrees with `repeats` about connections."""
    world = World()
    event = connection_event("c-1", "logout", START_MS)
    world.post(event)
    world.post(event)
    await project(world)
    views = ("provider_health", HEALTH_BETWEEN, "repeats")
    counted = [databases.rows(f"SELECT events, repeats FROM views.{view}") for view in views]
    assert counted == [[(1, 1)]] * 3


async def test_audit_joins_payload_answer_and_outcome(databases: Databases, project: Project) -> None:
    """Every raw record is listed with its bytes, the answer its request got and what became of it."""
    world = World()
    event = message_event("m-1", "delivered", START_MS)
    world.post(event)
    world.post(event)
    world.append(RAW, b"request", b"whole batch to 5511987654321", START_MS + 50, ())
    await project(world)
    query = "SELECT http_status, outcome, status, event_id != '', payload FROM {} ORDER BY at"
    assert {row[4] for row in databases.rows(query.format("views.audit"))} == {""}
    rows = databases.rows(query.format("numbers.audit"))
    assert rows == databases.rows(query.format(f"numbers.audit_between(time_zone = 'UTC', {ALL})"))
    body = '{"event": "delivered", "id": "m-1"}'
    assert rows == [
        (204, "advanced", "delivered", True, body),
        (204, "repeat", "", True, body),
        (0, "", "", False, "whole batch to 5511987654321"),
    ]
    rows = databases.rows("SELECT outcome, status FROM views.timeline(account = 'acme', message_id = 'm-1')")
    assert rows == [("advanced", "delivered"), ("repeat", "")]
    assert databases.rows("SELECT source, http_status, requests FROM views.answers") == [("wpp", 204, 2)]


async def test_completeness_shows_what_is_missing(databases: Databases, project: Project) -> None:
    """A record without an outcome, with two, and a gap in the log are each counted."""
    world = World()
    event = message_event("m-1", "delivered", START_MS)
    for _ in range(3):
        world.post(event)
    headers = raw_headers(event, "0" * 32)
    world.append(RAW, b"acme/m-1", b"{}", START_MS + 99, headers)
    aside = world.records[Topics(1).set_aside]
    twice = msgspec.structs.replace(
        msgspec.json.decode(aside[0].value or b"", type=SetAside), partition=aside[0].partition
    )
    world.append(Topics(1).connection_events, b"acme/m-1", world.records[Topics(1).message_events][0].value, 0)
    del world.records[RAW][1]
    await project(world)
    assert twice.offset == 1
    assert databases.rows(
        "SELECT records, to_process, records_missing, without_outcome, with_several_outcomes, outcomes_without_record FROM views.completeness"
    ) == [(3, 3, 1, 1, 1, 1)]


async def test_fold_differences_find_a_state_that_forgot(databases: Databases, project: Project) -> None:
    """The fold of the events equals the states; a state that lost an event is named."""
    world = World()
    world.post(message_event("m-1", "created", START_MS))
    world.post(message_event("m-1", "read", START_MS + 5))
    world.post(message_event("m-2", "created", START_MS))
    states = world.records[Topics(1).message_state]
    forgotten = states.pop(1)
    await project(world)
    view = f"SELECT message_id, seen_by_events, seen_by_state FROM views.fold_differences(time_zone = 'UTC', {ALL})"
    assert databases.rows(view) == [("m-1", 130, 2)]
    await project({Topics(1).message_state: [forgotten]})
    assert databases.rows(view) == []
