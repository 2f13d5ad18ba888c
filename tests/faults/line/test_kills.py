"""Every part of the line killed by SIGKILL in the middle of traffic, each once: the ledger is exact afterwards."""

import asyncio

import pytest

from tests.support.line import Line

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]
EVENTS = 1_200


@pytest.mark.parametrize("part", ["ingest", "processors", "projections", "kafka", "clickhouse"])
async def test_nothing_is_lost_or_counted_twice(line: Line, part: str) -> None:
    """After a kill, every message and every count is what the truth says; unanswered posts were stored once or not."""
    child = line.stack.child(part)
    starts_before, pid = child.starts, child.pid

    async def kill() -> None:
        line.stack.kill(part)
        await asyncio.to_thread(line.stack.wait_ready, part)

    traffic = line.traffic(EVENTS, seed=sum(part.encode()))
    ledger = await line.ledger_through(traffic, kill)
    assert child.starts == starts_before + 1, "the part was to be killed once, and started again"
    assert child.pid != pid
    assert [str(difference) for difference in ledger.differences] == []
    assert ledger.deliveries >= traffic.events(), "every event was posted until it was taken"
