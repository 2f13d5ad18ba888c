"""`logout_in_flight` against a slow and obvious count."""

import random

from tests.integration.projections.test_views import ALL
from tests.support.databases import Databases, Project
from tests.support.world import START_MS, World, connection_event, message_event

DAY_MS = 24 * 60 * 60 * 1000
CONNECTIONS = ("c-1", "c-2", "c-3")
ENDS = (None, "delivered", "read", "error", "number_not_found")
CLOSED = ("logout", "disconnected")


async def test_every_logout_counts_its_own(databases: Databases, project: Project) -> None:
    """Many messages and logouts of few connections, times that coincide among them: each logout counts what was open then."""
    chance = random.Random(20261128)
    world = World()
    spans, closed = [], []
    for number in range(300):
        connection = chance.choice(CONNECTIONS)
        began_ms = START_MS + chance.randrange(60) * DAY_MS // 6
        ended = chance.choice(ENDS)
        ended_ms = began_ms + chance.choice((0, 1, DAY_MS // 6, DAY_MS, 3 * DAY_MS))
        world.post(message_event(f"m-{number}", "created", began_ms, connection_id=connection))
        if ended is not None:
            world.post(message_event(f"m-{number}", ended, ended_ms, connection_id=connection))
        spans.append((connection, began_ms, ended_ms if ended is not None else None))
    for number in range(40):
        connection, at_ms = chance.choice((*CONNECTIONS, "c-silent")), START_MS + chance.randrange(60) * DAY_MS // 6
        world.post(connection_event(connection, CLOSED[number % 2], at_ms, id=f"e-{number}"))
        closed.append((f"e-{number}", connection, at_ms))
    await project(world)
    rows = databases.rows(f"SELECT event_id, in_flight FROM views.logout_in_flight(time_zone = 'UTC', {ALL})")
    truth = {
        event_id: sum(
            of == connection and began_ms < at_ms <= began_ms + 7 * DAY_MS and (ended_ms is None or ended_ms > at_ms)
            for of, began_ms, ended_ms in spans
        )
        for event_id, connection, at_ms in closed
    }
    assert sum(truth.values()) > 300
    assert dict(rows) == truth
