"""From signed HTTP requests to ClickHouse rows: exact, and every kind of sabotage is seen."""

import time

import pytest

from deploy.demo.client import Connection
from deploy.demo.sabotage import WAYS, Sabotage
from deploy.demo.sources import OWN_SOURCES
from runtime.clickhouse.client import connect
from tests.support.line import Line
from tests.support.polling import until

pytestmark = pytest.mark.timeout(300)
QUERYABLE_S_MAX = 10.0
"""The aim is 2 s on a quiet machine; a shared one gets more."""


async def test_every_message_and_count_is_exact(line: Line) -> None:
    """Repeats, shuffles, conflicts, aliases, batches, nonsense and refusals end as the truth says, everywhere."""
    traffic = line.traffic(1_500)
    ledger = await line.ledger(traffic)
    assert [str(difference) for difference in ledger.differences] == []
    assert ledger.deliveries == traffic.events()
    for outcome in ("advanced", "filled", "repeat", "overflow", "unselected", "ignored", "unmapped"):
        assert ledger.outcomes[outcome], f"this traffic was to have an outcome {outcome}"
    for status in ("error", "expired", "number_not_found", "delivered", "read"):
        assert ledger.messages[status], f"this traffic was to have a message that is {status}"


@pytest.mark.parametrize("way", [f"{way}:{place}" for way, places in WAYS.items() for place in places])
async def test_sabotage_is_seen_and_named(line: Line, way: str) -> None:
    """One event dropped, doubled or downgraded, in log, topic or table, is a difference that names its message."""
    sabotage = Sabotage.parse(way)
    ledger = await line.ledger(line.traffic(200, seed=3), sabotage)
    named = [difference for difference in ledger.differences if sabotage.victim in difference.subject]
    assert sabotage.victim
    assert named, ledger.differences
    where = {"table": "message", "topic": "message.", "log": "webhook.raw"}[sabotage.place]
    assert any(difference.where.startswith(where) for difference in named)


async def test_an_event_can_be_queried_soon(line: Line) -> None:
    """A posted event is a row of `recibo.messages` within seconds of its answer."""
    source = OWN_SOURCES[0]
    message_id = f"soon-{time.time_ns()}"
    body = b'{"event":"delivered","message_id":"%b"}' % message_id.encode()
    connection = Connection(line.deployment.url, 10)
    headers = {"Content-Type": "application/json", **source.proof_headers(body)}
    assert await connection.post(source.path(), headers, body) == 204
    connection.close()
    with connect(line.deployment.clickhouse) as client:
        query = f"SELECT status FROM recibo.messages WHERE message_id = '{message_id}'"

        async def is_there() -> bool:
            return client.query(query).result_rows == [("delivered",)]

        await until(is_there, "the row", s_max=QUERYABLE_S_MAX)
