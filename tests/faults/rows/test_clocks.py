"""Clocks that are wrong: ingest's, the broker's, and a log that leaps."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from deploy.local.broker import broker_program
from operations.topics import create_missing
from runtime.kafka.settings import KafkaSettings
from runtime.ports import HOST, free_port
from runtime.supervisor import Child
from schemas.topics import Topics
from tests.differential.live import whole_topic
from tests.faults.means.other_clock import OtherClock
from tests.faults.processors.worker import WorkerProcess
from tests.support.polling import until
from tests.support.running_ingest import RunningIngest, StartIngest, event_body, signature
from tests.support.servers import CACHE

pytestmark = [pytest.mark.long_fault, pytest.mark.needs_tool("gcc"), pytest.mark.timeout(300)]
DAY_S = 86_400
EVENTS = 20


class Scene(NamedTuple):
    """A broker under a clock of its own, and a worker that folds its log."""

    clock: OtherClock
    address: str
    worker: WorkerProcess

    async def outcomes(self) -> dict[str, list[str]]:
        """Return message id → outcome of each record about it, as published and set aside."""
        topics, found = Topics(1), dict[str, list[str]]()
        for record in await whole_topic(self.address, topics.message_events):
            data = json.loads(record.value)["data"]
            found.setdefault(data["message_id"], []).append(data["outcome"])
        for record in await whole_topic(self.address, topics.set_aside):
            found.setdefault(record.key.decode().partition("/")[2], []).append(json.loads(record.value)["outcome"])
        return found

    async def until_outcomes(self, count: int) -> dict[str, list[str]]:
        """Wait for so many outcomes; a worker that ended is started again, as its supervisor would."""

        async def are_there() -> bool:
            if not self.worker.is_running():
                self.worker.start({"RECIBO_RAW_TIMESTAMPS": "LogAppendTime"})  # as ingest fills it, not the kill rounds
            return sum(map(len, (await self.outcomes()).values())) >= count

        await until(are_there, f"{count} outcomes", s_max=60, every_s=0.5)
        return await self.outcomes()


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """A broker of the test's own with the declared topics."""
    clock, port = OtherClock(tmp_path / "clock", 0), free_port()
    program = await asyncio.to_thread(broker_program, tmp_path / "kafka", CACHE, port, starts_fast=True)
    child = Child(replace(program, environ={**program.environ, **clock.environ}), tmp_path / "kafka.log")
    child.start()
    await asyncio.to_thread(child.wait_ready, 60)
    await create_missing(KafkaSettings(f"{HOST}:{port}"), 1, 4)
    worker = WorkerProcess(f"{HOST}:{port}", tmp_path / "worker", 1)
    try:
        yield Scene(clock, f"{HOST}:{port}", worker)
    finally:
        if worker.is_running():
            worker.end(signal.SIGKILL)
        await asyncio.to_thread(child.stop)


async def post(running: RunningIngest, source: str, numbers: range) -> None:
    """Post numbered events; each must be taken."""
    async with httpx.AsyncClient(timeout=15) as client:
        for number in numbers:
            body = event_body(number)
            answer = await client.post(f"{running.url}/v1/webhooks/{source}", content=body, headers=signature(body))
            assert answer.status_code == 204


async def test_an_ingest_whose_clock_is_a_day_off(
    scene: Scene, tmp_path: Path, start_ingest: StartIngest, fresh_name: str
) -> None:
    """The same events under clocks a day ahead, a day behind and stepping back are the same events: one state each, the rest repeats."""
    clock = OtherClock(tmp_path / "ingest-clock", DAY_S)
    running = await asyncio.to_thread(lambda: start_ingest(scene.address, **clock.environ))
    for shift_s in (DAY_S, -DAY_S, 0, -60):
        clock.shift(shift_s)
        await post(running, fresh_name, range(EVENTS))
    outcomes = await scene.until_outcomes(4 * EVENTS)
    assert outcomes.keys() == {f"m-{number}" for number in range(EVENTS)}
    for said in outcomes.values():  # more than three where a second copy of ours is among them
        assert sorted(said)[:4] == ["advanced", "repeat", "repeat", "repeat"]
        assert said.count("advanced") == 1


async def test_a_broker_whose_clock_was_two_hours_ahead(
    scene: Scene, start_ingest: StartIngest, fresh_name: str
) -> None:
    """Records appended while the broker's clock was ahead, and those after it is right again, are all processed at once."""
    running = await asyncio.to_thread(lambda: start_ingest(scene.address))
    scene.clock.shift(2 * 3_600)
    await post(running, fresh_name, range(EVENTS))
    scene.clock.shift(0)
    await post(running, fresh_name, range(EVENTS, 2 * EVENTS))
    outcomes = await scene.until_outcomes(2 * EVENTS)
    assert outcomes == {f"m-{number}": ["advanced"] for number in range(2 * EVENTS)}


async def test_a_leap_of_the_log_sweeps_no_state(scene: Scene, start_ingest: StartIngest, fresh_name: str) -> None:
    """After one moment fifty days ahead the states are still there: what is told again is a repeat."""
    running = await asyncio.to_thread(lambda: start_ingest(scene.address))
    await post(running, fresh_name, range(EVENTS))
    await scene.until_outcomes(EVENTS)
    scene.clock.shift(50 * DAY_S)
    await post(running, fresh_name, range(EVENTS, 2 * EVENTS))
    scene.clock.shift(0)
    await scene.until_outcomes(2 * EVENTS)
    scene.worker.end(signal.SIGTERM)
    await post(running, fresh_name, range(2 * EVENTS))
    outcomes = await scene.until_outcomes(4 * EVENTS)
    assert outcomes == {f"m-{number}": ["advanced", "repeat"] for number in range(2 * EVENTS)}
