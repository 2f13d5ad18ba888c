"""A whole line of a test's own, and the demo's traffic and ledger over it."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.demo import own_stack
from deploy.demo.deployment import Deployment
from deploy.demo.ledger import Ledger
from deploy.demo.read_topics import TopicReader
from deploy.demo.run import post_all, run_demo, settle
from deploy.demo.sabotage import Sabotage
from deploy.demo.sources import OWN_SOURCES
from deploy.demo.traffic import Traffic, generate
from deploy.local.stack import Stack

DEADLINE_S = 90.0
SABOTAGED_S = 15.0
"""What was dropped never comes: little traffic need not be waited for long."""
START_MS = 1_773_144_000_000


class Line:
    """A running stack that several tests share: each looks only at what its own traffic became."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack = stack
        self.folder = folder
        """Where its recibo.toml and secrets.env are."""
        a = stack.addresses
        self.deployment = Deployment(a.ingest, stack.kafka, stack.clickhouse, OWN_SOURCES, is_shared=True)

    def traffic(self, events: int, seed: int = 1) -> Traffic:
        """Return traffic of a run of its own."""
        run = str(random.SystemRandom().randrange(10**11, 10**12))
        return generate(seed, events, OWN_SOURCES, run, START_MS)

    async def ledger(self, traffic: Traffic, sabotage: Sabotage | None = None) -> Ledger:
        """Post traffic and hold every topic and table to it."""
        deadline_s = SABOTAGED_S if sabotage else DEADLINE_S
        return await run_demo(self.deployment, traffic, deadline_s, quiet, sabotage)

    async def ledger_through(self, traffic: Traffic, disturb: Callable[[], Awaitable[None]]) -> Ledger:
        """Post traffic, disturb the line in the middle of it, and hold every topic and table to it."""
        is_halfway = asyncio.Event()

        def watch(step: str, done: int, of: int) -> None:
            if step == "posted" and done >= of // 3:
                is_halfway.set()

        async def disturb_halfway() -> None:
            await is_halfway.wait()
            await disturb()

        d = self.deployment
        async with TopicReader(d.kafka, d.generation, traffic.run) as topics:
            disturbing = asyncio.create_task(disturb_halfway())
            posted = await post_all(d, traffic, watch)
            await disturbing
            return await settle(d, topics, posted, deadline_s=DEADLINE_S, show=quiet)


def quiet(step: str, done: int, of: int) -> None:
    """Take no notice of progress."""


@contextmanager
def running_line(folder: Path) -> Iterator[Line]:
    """Run a stack in `folder` while this is entered."""
    with Stack(own_stack(folder, starts_fast=True)) as stack:
        yield Line(stack, folder)
