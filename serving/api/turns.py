"""How many questions run at once, and how many wait for their turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from serving.api.problems import problem

_WAIT_S_MAX: Final = 15.0


class Turns:
    """A number of turns, and a bounded queue for them."""

    def __init__(self, at_once: int, waiting_max: int) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._waiting_max = waiting_max
        self.waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and have it for as long as the context lasts. Raises Problem: too many wait, or it took too long."""
        if self._turns.locked() and self.waiting >= self._waiting_max:
            raise problem("overloaded", "Too many requests wait already: ask again.")
        self.waiting += 1
        try:
            async with asyncio.timeout(_WAIT_S_MAX):
                await self._turns.acquire()
        except TimeoutError as error:
            raise problem("overloaded", "No turn came in time: ask again.") from error
        finally:
            self.waiting -= 1
        try:
            yield
        finally:
            self._turns.release()
