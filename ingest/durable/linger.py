"""When batches leave: those of all partitions together, so that one request carries them to a broker."""

import asyncio


class Linger:
    """Numbered moments, each a linger after the first batch that waits for it was begun."""

    def __init__(self, linger_s: float) -> None:
        """Begin before the first.

        Args:
            linger_s: how long the first batch waits for company.
        """
        self._linger_s = linger_s
        self._loop = asyncio.get_running_loop()
        self._last = 0
        self._timer: asyncio.TimerHandle | None = None
        self._left = asyncio.Event()

    def book(self) -> int:
        """Return the number of the next departure, for a batch that is begun now."""
        if self._timer is None:
            self._timer = self._loop.call_later(self._linger_s, self._leave)
        return self._last + 1

    async def wait(self, number: int) -> None:
        """Return once a booked departure is there, or was."""
        while self._last < number:
            await self._left.wait()

    def _leave(self) -> None:
        self._timer = None
        self._last += 1
        self._left.set()
        self._left.clear()
