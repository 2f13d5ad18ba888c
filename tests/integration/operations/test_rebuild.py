"""`recibo rebuild`: damaged tables made right from the log beside live traffic, whatever is killed on the way."""

import asyncio
import random
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from operations.rebuild.table import Rebuild, Report, shadow_database
from operations.rebuild.target import target_of
from projections.settings import Settings
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.settings import KafkaSettings
from schemas.topics import Topics
from tests.integration.projections.test_tables import facts, truth
from tests.support.databases import Databases
from tests.support.members import folded, shown
from tests.support.publish import publish
from tests.support.rebuilding import (
    MIDDLE,
    NEW,
    OLD,
    delete_before,
    live_projector,
    make_derived_topics,
    parts,
    post_week,
    taken,
    traffic,
    until_projected,
)
from tests.support.world import World, message_event


class Died(Exception):
    """Stands for the end of the process at a step."""


def monday(at_ms: int) -> date:
    day = datetime.fromtimestamp(at_ms / 1000, UTC).date()
    return day - timedelta(days=day.weekday())


@pytest.fixture
def settings(databases: Databases, kafka_bootstrap: str, fresh_name: str) -> Settings:
    """A deployment of the test's own on the session's servers."""
    generation = random.SystemRandom().randrange(1_000, 1_000_000)
    return Settings(
        kafka=KafkaSettings(kafka_bootstrap),
        clickhouse=ClickHouseSettings(databases.url, database=databases.store),
        generation=generation,
        group=fresh_name,
        batch_age_ms_max=20,
    )


async def rebuilt_through_deaths(table: str, settings: Settings, databases: Databases) -> tuple[Report, list[str]]:
    """Rebuild a table, dying once at every step of the way; returns the last report and the steps died at."""
    died: list[str] = []

    def die(step: str, _done: int, _of: int) -> None:
        if step not in died:
            died.append(step)
            raise Died(step)

    while True:
        rebuild = Rebuild(target_of(table, Topics(settings.generation)), settings, databases.client, die)
        try:
            report = await rebuild.compare()
            await rebuild.replace(report)
        except Died:
            continue
        rebuild.discard()
        return report, died


def damage(databases: Databases, table: str, monday_: date, condition: str) -> None:
    """Lose rows of a week of a live table for good."""
    databases.client.command(
        f"ALTER TABLE {databases.store}.{table} DELETE WHERE toMonday({'at' if 'event' in table else 'anchor_day'}) = "
        f"'{monday_}' AND {condition}",
        settings={"mutations_sync": 2},
    )


async def test_states_are_rebuilt_beside_traffic(
    databases: Databases, settings: Settings, kafka_bootstrap: str, kafka_admin: AIOKafkaAdminClient
) -> None:
    """Lost states, aliases and false facts are fixed; what arrives meanwhile is kept, though every step dies once."""
    topics, world = Topics(settings.generation), World(settings.generation)
    known: dict[str, int] = {}
    await make_derived_topics(kafka_admin, settings.generation)
    post_week(world, OLD, 30, "old")
    post_week(world, MIDDLE, 30, "middle")
    world.post(message_event("old-1", "read", MIDDLE + 500))
    post_week(world, NEW, 30, "new")
    await publish(taken(world, known), kafka_bootstrap)
    derived = (topics.message_state, topics.message_events, topics.set_aside)
    async with live_projector(databases, settings):
        await until_projected(kafka_bootstrap, settings, derived)
        damage(databases, "message_state", monday(NEW), "message_id LIKE '%2'")
        damage(databases, "message_alias", monday(MIDDLE), "message_id LIKE '%3'")
        wrong = f"INSERT INTO {databases.store}.message_state SELECT * REPLACE(bitOr(seen, 128) AS seen) FROM "
        databases.client.command(f"{wrong} {databases.store}.message_state FINAL WHERE message_id = 'middle-4'")
        databases.merge("message_state", "message_alias", "state_alias")
        before = parts(databases, ("message_state", "message_alias", "state_alias"), str(monday(OLD)))
        assert before
        async with traffic(world, known, kafka_bootstrap):
            report, died = await rebuilt_through_deaths("message_state", settings, databases)
        await until_projected(kafka_bootstrap, settings, derived)
    assert report.untouched == []
    assert len(died) > 8, died
    assert parts(databases, ("message_state", "message_alias", "state_alias"), str(monday(OLD))) == before
    assert facts(databases) == {name: truth(state) for name, state in world.states.items()}
    aliases = {(s.message_id, id_) for s in world.states.values() for id_ in (s.message_id, *s.aliases)}
    assert set(databases.rows("SELECT message_id, id FROM store.message_alias")) == aliases
    assert databases.rows(f"SHOW DATABASES LIKE '{settings.clickhouse.database}_rebuild%'") == []


async def test_members_of_groups_across_weeks_are_rebuilt(
    databases: Databases, settings: Settings, kafka_bootstrap: str, kafka_admin: AIOKafkaAdminClient
) -> None:
    """Of messages with a state in a week that is replaced and one in another, the false facts go, and nothing is apart or missing."""
    topics, world = Topics(settings.generation), World(settings.generation)
    known: dict[str, int] = {}
    await make_derived_topics(kafka_admin, settings.generation)
    for number in range(6):
        world.post(message_event(f"track-{number}", "queued", OLD + number))
    post_week(world, MIDDLE, 10, "middle")
    for number in range(6):
        world.post(message_event(f"wamid-{number}", "created", MIDDLE + number, aliases=(f"track-{number}",)))
    await publish(taken(world, known), kafka_bootstrap)
    derived = (topics.message_state, topics.message_events, topics.set_aside)
    async with live_projector(databases, settings):
        await until_projected(kafka_bootstrap, settings, derived)
        for table in ("message_state", "message_member"):
            wrong = f"INSERT INTO {databases.store}.{table} SELECT * REPLACE(bitOr(seen, 128) AS seen) FROM "
            databases.client.command(f"{wrong} {databases.store}.{table} FINAL WHERE message_id = 'wamid-4'")
            damage(databases, table, monday(MIDDLE), "message_id = 'wamid-3'")
        async with traffic(world, known, kafka_bootstrap):
            _, died = await rebuilt_through_deaths("message_state", settings, databases)
        await until_projected(kafka_bootstrap, settings, derived)
    assert f"replacing message_member, week of {monday(MIDDLE)}" in died
    assert f"replacing message_member, week of {monday(OLD)}" not in died
    assert shown(databases) == folded(databases)
    seen = databases.rows(
        "SELECT message_id, seen FROM views.messages WHERE match(message_id, 'track|wamid') ORDER BY 1"
    )
    assert seen == [(f"wamid-{number}", 1 + 2) for number in range(6)]


async def test_only_weeks_wholly_in_the_log_are_replaced(
    databases: Databases, settings: Settings, kafka_bootstrap: str, kafka_admin: AIOKafkaAdminClient
) -> None:
    """Of events half deleted from the log, no older row is lost or changed; the newer weeks are made right."""
    topics, world = Topics(settings.generation), World(settings.generation)
    known: dict[str, int] = {}
    await make_derived_topics(kafka_admin, settings.generation)
    post_week(world, OLD, 30, "old")
    post_week(world, MIDDLE, 40, "middle")
    post_week(world, NEW, 30, "new")
    await publish(taken(world, known), kafka_bootstrap)
    events = world.records[topics.message_events]
    async with live_projector(databases, settings):
        await until_projected(kafka_bootstrap, settings, (topics.message_events,))
        middle = {p: [r.offset for r in events if r.partition == p and MIDDLE <= r.timestamp < NEW] for p in range(4)}
        await delete_before(
            kafka_admin, topics.message_events, {p: found[len(found) // 2] for p, found in middle.items()}
        )
        for week in (OLD, MIDDLE, NEW):
            damage(databases, "message_event", monday(week), "message_id LIKE '%2'")
        databases.merge("message_event")
        old, straddling = (parts(databases, ("message_event",), str(monday(week))) for week in (OLD, MIDDLE))
        report, steps = await rebuilt_through_deaths("message_event", settings, databases)
    assert report.untouched == [monday(OLD), monday(MIDDLE)]
    assert [s for s in steps if s.startswith("repl")] == [f"replacing message_event, week of {monday(NEW)}"]
    assert parts(databases, ("message_event",), str(monday(OLD))) == old
    assert parts(databases, ("message_event",), str(monday(MIDDLE))) == straddling
    found = databases.rows(
        f"SELECT log_partition, log_offset FROM store.message_event FINAL WHERE toMonday(at) = '{monday(NEW)}'"
    )
    written = [r for r in events if r.timestamp >= NEW]
    assert len(found) == len(written)
    kept = databases.value(
        "SELECT count() FROM store.message_event FINAL WHERE message_id LIKE '%2' AND message_id NOT LIKE 'new%'"
    )
    assert kept == 0, "what the log no longer holds cannot be read from it"


async def test_a_killed_command_goes_on(
    databases: Databases, settings: Settings, kafka_bootstrap: str, kafka_admin: AIOKafkaAdminClient
) -> None:
    """`recibo rebuild` killed by SIGKILL between replacement and what came meanwhile leaves nothing out when run again."""
    topics, world = Topics(settings.generation), World(settings.generation)
    known: dict[str, int] = {}
    await make_derived_topics(kafka_admin, settings.generation)
    post_week(world, NEW, 50, "new")
    await publish(taken(world, known), kafka_bootstrap)
    async with live_projector(databases, settings):
        await until_projected(kafka_bootstrap, settings, (topics.message_events,))
        damage(databases, "message_event", monday(NEW), "message_id LIKE '%2'")
        with command(settings) as killed:
            await asyncio.to_thread(read_until, killed, "Replace week")
            post_week(world, NEW + 60_000, 50, "later")
            await publish(taken(world, known), kafka_bootstrap)
            await until_projected(kafka_bootstrap, settings, (topics.message_events,))
            assert killed.stdin is not None
            killed.stdin.write("y\n")
            killed.stdin.flush()
            await asyncio.to_thread(read_until, killed, "replacing message_event")
            killed.send_signal(signal.SIGKILL)
            assert killed.wait() == -signal.SIGKILL
        again = command(settings, "--yes")
        printed = (await asyncio.to_thread(again.communicate))[0]
        assert again.returncode == 0, printed
    assert "Replaced: week of" in printed or "Nothing had to be replaced" in printed
    rows = databases.value("SELECT count() FROM store.message_event FINAL")
    assert rows == len(world.records[topics.message_events])
    assert (
        databases.rows(
            f"SHOW DATABASES LIKE '{shadow_database(settings.clickhouse.database, target_of('message_event', Topics()))}'"
        )
        == []
    )


def command(settings: Settings, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "rebuild", "message_event", "--generation", str(settings.generation), *options],
        env={
            "PATH": "",
            "PYTHONUNBUFFERED": "1",
            "COLUMNS": "200",
            "KAFKA_BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
            "CLICKHOUSE_URL": settings.clickhouse.url,
            "RECIBO_PROJECTIONS_STORE": settings.clickhouse.database,
            "RECIBO_PROJECTIONS_GROUP": settings.group,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(process: "subprocess.Popen[str]", end: str) -> None:
    """Read a command's output up to `end`."""
    assert process.stdout is not None
    printed = ""
    while end not in printed:
        read = process.stdout.read(1)
        assert read, printed
        printed += read
