"""A consumer that ends when it is told to, also in the moment in which its broker is away."""

import asyncio
from contextlib import suppress

from aiokafka import AIOKafkaConsumer


class Consumer(AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka has no types
    """What aiokafka has, but for `stop`.

    A fetch that failed waits a moment before the next one. aiokafka 0.14 cancels that wait when it stops and lets the
    CancelledError out: to a caller it looks as if somebody had cancelled *it*, and the connections stay open
    (`tests/contracts/test_aiokafka.py`).
    """

    async def stop(self) -> None:
        """Leave the group, end every fetch, close the connections; done again, nothing."""
        try:
            await super().stop()
        except asyncio.CancelledError:
            await asyncio.shield(self._end())
            if _is_cancelled():
                raise

    async def _end(self) -> None:
        """Do what a stop that broke off left."""
        for fetch in list(self._fetcher._pending_tasks):  # noqa: SLF001 - nobody else ends them
            fetch.cancel()
            with suppress(asyncio.CancelledError):
                await fetch
        await self._client.close()


def _is_cancelled() -> bool:
    """Tell whether it is the caller that was cancelled."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
