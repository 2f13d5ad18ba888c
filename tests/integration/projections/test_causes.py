"""Causes in ClickHouse: the view of codes, and several errors of one event from topic to view and back to an event."""

from schemas.causes.catalogue import PROVIDERS, causes
from schemas.event import ErrorDetail
from tests.support.databases import Databases, Project
from tests.support.world import START_MS, World, message_event

FURTHER = (
    ErrorDetail("provider_outage", "131000", "Something about 5511987654321", "detail"),
    ErrorDetail("unknown", "7"),
)


async def test_the_view_of_causes_says_what_the_files_say(databases: Databases, project: Project) -> None:
    """Every provider's codes, its own first, each with its category and what to do in both languages."""
    await project(World())
    query = "SELECT provider, code, category, meaning, retry, what_to_do, what_to_do_pt, from_page FROM views.causes"
    shown = sorted(databases.rows(query))
    assert shown == sorted(
        (provider, c.code, c.category, c.meaning, c.retry, c.do["en"], c.do["pt"], c.from_page)
        for provider in PROVIDERS
        for c in causes(provider)
    )


async def test_several_errors_of_one_event_are_kept(databases: Databases, project: Project) -> None:
    """The first is the event's error, the others are beside it, numbers in their texts masked where they are to be."""
    world = World()
    world.post(message_event("m-1", "error", START_MS, further_errors=FURTHER))
    world.post(message_event("m-2", "delivered", START_MS))
    await project(world)
    query = "SELECT further_errors FROM {}.timeline(account = 'acme', message_id = '{}')"
    masked = [("provider_outage", "131000", "Something about 5511****21"), ("unknown", "7", "")]
    assert databases.rows(query.format("views", "m-1")) == [(masked,)]
    assert databases.rows(query.format("numbers", "m-1"))[0][0][0][2] == "Something about 5511987654321"
    assert databases.rows(query.format("views", "m-2")) == [([],)]
    days = "time_zone = 'UTC', since = '2026-01-01', until = '2026-12-31'"
    assert databases.rows(f"SELECT further_errors FROM views.events({days}) WHERE message_id = 'm-1'") == [(masked,)]
