"""Ingest ended between two system calls, while Kafka takes records and while it spools."""

import asyncio
import random

import pytest

from tests.faults.matrix.size import first_seed, rounds
from tests.faults.means.system_calls import killing
from tests.support.outage import OwnBroker, drained, found
from tests.support.processes import children_of
from tests.support.running_ingest import RunningIngest, StartIngest
from tests.support.webhook_posts import Traffic

CALLS = ("fdatasync", "write", "sendto", "openat", "rename", "close", "epoll_wait")
KILLED_S_MAX = 2.0


@pytest.mark.long_fault
@pytest.mark.needs_tool("strace")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("how", ["with Kafka", "from the spool"])
async def test_killed_between_two_system_calls(
    own_broker: OwnBroker, start_ingest: StartIngest, fresh_name: str, how: str
) -> None:
    """Whatever call it dies before, every event answered 2xx is in the log in the end, under one request id."""
    rng = random.Random(first_seed())
    if how == "from the spool":
        own_broker.begin("away")
    running = start_ingest(own_broker.address)
    traffic = Traffic(running, fresh_name)
    posting = asyncio.create_task(traffic.run())
    for _ in range(rounds(4)):
        await killed(running, rng.choice(CALLS), rng.randrange(1, 60))
        await asyncio.to_thread(running.start)
    traffic.stop()
    await posting
    if how == "from the spool":
        await asyncio.to_thread(own_broker.end, "away")
    await drained(running)
    missing, renamed, _ = await found(running, traffic)
    assert (missing, renamed) == (0, 0)


async def killed(running: RunningIngest, call: str, nth: int) -> None:
    """End it at its nth call of a kind; where it makes no such call for a while, at any moment."""
    assert running.process is not None
    serving = [*children_of(running.process.pid), running.process.pid][0]
    with killing(serving, call, nth):
        try:
            await asyncio.wait_for(asyncio.to_thread(running.process.wait, KILLED_S_MAX), KILLED_S_MAX + 1)
        except Exception:  # noqa: BLE001 - it lives: no such call
            running.kill()
    running.end()
