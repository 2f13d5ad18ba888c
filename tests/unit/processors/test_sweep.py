"""A sweep counts before it deletes."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from processors.sweep import Sweep
from schemas.message_state import HORIZON_MS
from tests.support.polling import until

DAY_MS = 86_400_000
NOW_MS = 1_790_000_000_000
"""Not ahead of our clock."""


def table_of(count: int, last_at_ms: int) -> Any:
    """Return a table of so many states, all last changed then."""
    keys = [f"{number:05d}".encode() for number in range(count)]

    def rows(after: bytes, limit: int, time_ms: int) -> tuple[bytes, list[bytes], int]:
        found = [key for key in keys if key > after][:limit]
        expired = [key for key in found if time_ms - last_at_ms > HORIZON_MS + DAY_MS]
        return (found[-1] if len(found) == limit else b""), expired, len(found)

    def count_expired(after: bytes, limit: int, time_ms: int) -> tuple[bytes, int, int]:
        after, expired, seen = rows(after, limit, time_ms)
        return after, seen, len(expired)

    return SimpleNamespace(
        sender=SimpleNamespace(topic="message.state", partition=0),
        count_expired=count_expired,
        expired=lambda after, limit, time_ms: rows(after, limit, time_ms)[:2],
    )


async def swept(count: int, last_at_ms: int, stream_time_ms: int, share_max: float) -> tuple[int, bool]:
    """Sweep once; return how many states were deleted, and whether it stopped instead."""
    deleted: list[bytes] = []
    stopped: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def delete(keys: Sequence[bytes], _at_ms: int) -> None:
        deleted.extend(keys)

    def on_swept(stops: bool) -> None:  # noqa: FBT001 - a callback
        if not stopped.done():
            stopped.set_result(stops)

    sweep = Sweep(table_of(count, last_at_ms), 0.0, share_max, delete, on_swept)
    running = asyncio.create_task(sweep.run(lambda: stream_time_ms))
    stops = await asyncio.wait_for(stopped, 10)
    if not stops:

        async def all_gone() -> bool:
            return last_at_ms > NOW_MS or len(deleted) >= count

        await until(all_gone, "all to be deleted")
    running.cancel()
    return len(set(deleted)), stops


async def test_an_implausible_share_stops_the_sweep() -> None:
    """Where all of 3,000 states would go at once, none goes, and it is said; the operator may allow it."""
    long_ago = NOW_MS - 100 * DAY_MS
    assert await swept(3_000, long_ago, NOW_MS, 0.25) == (0, True)
    assert await swept(3_000, long_ago, NOW_MS, 1.0) == (3_000, False)


async def test_stream_time_is_not_ahead_of_our_clock() -> None:
    """A log that is years ahead, by its brokers' clock, lets nothing expire that our clock says is fresh."""
    fresh = 4_000_000_000_000
    assert await swept(10, fresh, fresh + 1_000 * DAY_MS, 1.0) == (0, False)
