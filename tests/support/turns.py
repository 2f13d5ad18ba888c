"""Several projectors that take their steps in an order that a test decides, and die where it says."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Executor
from typing import Any

from clickhouse_connect.driver.client import Client

from projections.blocks import Blocks
from projections.sink import Sink

STEPS = ("message_state", "message_member", "member_hash", "message_group")
"""Tables: what inserts into one of them, asks it or copies into it is a step."""


class Killed(Exception):
    """Stands for the end of a process before a step."""


class Turns:
    """One projector's turns: it waits before each step until it may take it."""

    def __init__(self) -> None:
        self._lives: int | None = None
        self._may = asyncio.Semaphore(0)
        self._waits = asyncio.Event()

    def die_at(self, step: int) -> None:
        """Have it die once, before a step from now on (the next is 0)."""
        self._lives = step

    async def take(self) -> None:
        """Wait for a turn. Raises Killed where the step is the one to die at."""
        self._waits.set()
        await self._may.acquire()
        lives, self._lives = self._lives, None if self._lives is None else self._lives - 1
        if lives == 0:
            self._lives = None
            raise Killed

    async def give(self, working: asyncio.Task[None]) -> None:
        """Let one step be taken; return when the next one waits, or all is done. Raises what the work raised."""
        waiting = asyncio.ensure_future(self._waits.wait())
        await asyncio.wait((waiting, working), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            self._waits.clear()
            self._may.release()
            waiting = asyncio.ensure_future(self._waits.wait())
            await asyncio.wait((waiting, working), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()


class Stepping(Sink):
    """A sink that takes turns."""

    def __init__(self, client: Client, database: str, threads: Executor, turns: Turns) -> None:
        super().__init__(client, database, threads)
        self._turns = turns

    async def insert(self, blocks: Blocks) -> None:
        """Insert rows, in turn."""
        if blocks.table.name in STEPS:
            await self._turns.take()
        await super().insert(blocks)

    async def command(self, statement: str) -> None:
        """Copy rows, in turn."""
        await self._turns.take()
        await super().command(statement)

    async def query(self, statement: str, parameters: dict[str, Any] | None = None) -> list[Any]:
        """Ask; in turn, where it is who is announced."""
        if "member_hash" in statement:
            await self._turns.take()
        return await super().query(statement, parameters)


async def interleaved(
    works: Mapping[str, tuple[Turns, Callable[[], Awaitable[None]]]],
    order: Iterable[str],
    after_each: Callable[[], None],
) -> None:
    """Do several works, a step of the one named next at a time; what is left at the end of `order`, one after another.

    Args:
        works: name → its turns, and the work, begun again where it is killed.
        order: names, in the order of steps; one that has nothing to do is passed over.
        after_each: called after each step.
    """
    tasks = {name: asyncio.ensure_future(work()) for name, (_, work) in works.items()}

    async def step(name: str) -> None:
        turns, work = works[name]
        await turns.give(tasks[name])
        if tasks[name].done():
            try:
                tasks[name].result()
            except Killed:
                tasks[name] = asyncio.ensure_future(work())
        after_each()

    for name in order:
        if not tasks[name].done():
            await step(name)
    for name in works:
        while not tasks[name].done():
            await step(name)
