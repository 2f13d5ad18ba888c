"""Waiting for a condition, with a deadline."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(
    condition: Callable[[], Awaitable[bool]], what: str, *, s_max: float = 30.0, every_s: float = 0.05
) -> None:
    """Return when `condition` holds. Raises TimeoutError naming `what` was waited for."""
    deadline = time.monotonic() + s_max
    while not await condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {s_max:.0f} s for {what}")
        await asyncio.sleep(every_s)
