"""Kafka taken away or paused under load, ingest killed in the middle or not, and what became of every answer."""

import asyncio
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import orjson

from deploy.local.broker import broker_program
from runtime.ports import HOST, free_port
from runtime.supervisor import Child
from schemas.record import decode_request
from schemas.topics import RAW
from tests.support.running_ingest import RunningIngest, records_of
from tests.support.servers import CACHE
from tests.support.webhook_posts import Traffic

DRAINED_S_MAX = 60.0
MEDIAN_MS_MAX = 250.0
_BEFORE_S = 1.0
_AFTER_S = 3.0
_READY_S_MAX = 60.0

How = Literal["away", "paused"]


class OwnBroker:
    """A broker that can be taken away, paused and brought back with its data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self.address = f"{HOST}:{self._port}"
        self._child: Child | None = None

    def start(self) -> None:
        """Start it, with the data it has, and return when it is ready."""
        program = broker_program(self._folder / "kafka", CACHE, self._port, starts_fast=True)
        self._child = Child(program, self._folder / "kafka.log")
        self._child.start()
        self._child.wait_ready(_READY_S_MAX)

    def begin(self, how: How) -> None:
        """Begin an outage: SIGKILL and no restart, or SIGSTOP."""
        assert self._child is not None
        if how == "paused":
            self._signal(signal.SIGSTOP)
        else:
            self._child._stopping.set()
            self._child.kill()
            self._child.stop()

    def end(self, how: How) -> None:
        """End an outage, and return when it is ready."""
        if how == "paused":
            self._signal(signal.SIGCONT)
        else:
            self.start()

    def stop(self) -> None:
        """End it for good."""
        if self._child is not None:
            self._child.stop()

    def _signal(self, number: signal.Signals) -> None:
        assert self._child is not None
        assert self._child.pid is not None
        os.killpg(self._child.pid, number)


@dataclass(frozen=True, slots=True)
class Figures:
    """What was seen of an outage."""

    answers: int
    not_204: int
    """Answers of another status; none is expected."""
    answers_per_s: float
    """During the outage."""
    median_ms: float
    """Of an answer during the outage, like the next two."""
    p99_ms: float
    slowest_ms: float
    spooled_bytes: int
    """In the spool when the outage ended."""
    drained_s: float
    """From when Kafka was back until the spool was empty."""
    missing: int
    """Events acknowledged, and not in the raw log: must be none."""
    renamed: int
    """Events in the log under two request ids: a second copy must keep its own."""
    copies: int
    """Records that are a second copy of one acknowledged late, killed or drained again."""


async def outage(
    broker: OwnBroker, running: RunningIngest, traffic: Traffic, how: How, seconds: float, *, kills: int = 0
) -> Figures:
    """Run traffic through an outage of some seconds, with ingest killed and restarted `kills` times within it."""
    running.wait_for_kafka()
    posting = asyncio.create_task(traffic.run())
    await asyncio.sleep(_BEFORE_S)
    await asyncio.to_thread(broker.begin, how)
    began_s = time.monotonic()
    for _ in range(kills):
        await asyncio.sleep(seconds / (kills + 1))
        running.kill()
        await asyncio.to_thread(running.start)
    await asyncio.sleep(max(0.0, began_s + seconds - time.monotonic()))
    ended_s = time.monotonic()
    state = running.ready()
    assert state["kafka"] == "away", state
    during = sorted(took for at, took in traffic.seconds if began_s <= at < ended_s)
    spooled_bytes = sum(path.stat().st_size for path in (running.folder / "data").rglob("*.spool"))
    await asyncio.to_thread(broker.end, how)
    back_s = time.monotonic()
    await asyncio.sleep(_AFTER_S)
    traffic.stop()
    await posting
    drained_s = await drained(running) - back_s
    missing, renamed, copies = await found(running, traffic)
    return Figures(
        answers=len(traffic.answers),
        not_204=sum(status != 204 for status in traffic.answers.values()),
        answers_per_s=round(len(during) / (ended_s - began_s)),
        median_ms=round(during[len(during) // 2] * 1000, 1),
        p99_ms=round(during[len(during) * 99 // 100] * 1000, 1),
        slowest_ms=round(during[-1] * 1000, 1),
        spooled_bytes=spooled_bytes,
        drained_s=round(drained_s, 1),
        missing=missing,
        renamed=renamed,
        copies=copies,
    )


async def drained(running: RunningIngest) -> float:
    """Return when the spool was empty (monotonic seconds)."""
    deadline = time.monotonic() + DRAINED_S_MAX
    while True:
        state = running.ready()
        if state["kafka"] == "takes records" and state["spool_fill"] == 0 and state["spool_age_s"] == 0:
            return time.monotonic()
        assert time.monotonic() < deadline, state
        await asyncio.sleep(0.1)


async def found(running: RunningIngest, traffic: Traffic) -> tuple[int, int, int]:
    """Return (events acknowledged and not in the raw log, events under two request ids, second copies)."""
    ids: dict[int, set[str]] = {}
    records = await records_of(running.bootstrap_servers, RAW, traffic.source)
    for record in records:
        number = int(orjson.loads(record.value)["event_id"].split("-")[1])
        ids.setdefault(number, set()).add(decode_request(dict(record.headers)["request"]).request_id)
    assert traffic.acknowledged, "there was traffic"
    renamed = sum(len(request_ids) > 1 for request_ids in ids.values())
    return len(traffic.acknowledged - ids.keys()), renamed, len(records) - len(ids)
