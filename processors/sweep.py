"""Looking through a partition's messages, now and then, for states past the horizon. Deleting is only garbage collection.

A sweep that would delete an implausible share stops and says so: a clock leapt, and states cost nothing but disk.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from processors.expiry import is_plausible
from processors.table import Table

log = structlog.get_logger()

_CHUNK: Final = 1_000
_PAUSE_S: Final = 0.05


class Sweep:
    """Finds expired states of one table's partition, and gives them to its lane to delete."""

    def __init__(
        self,
        table: Table,
        interval_s: float,
        share_max: float,
        delete: Callable[[Sequence[bytes], int], None],
        on_swept: Callable[[bool], None],
    ) -> None:
        """Wire.

        Args:
            table: whose states.
            interval_s: pause between two sweeps.
            share_max: of all states that one sweep may delete.
            delete: takes keys, and the stream time at which their states had expired.
            on_swept: told of each sweep whether it stopped instead of deleting.
        """
        self._table = table
        self._interval_s = interval_s
        self._share_max = share_max
        self._delete = delete
        self._on_swept = on_swept

    async def run(self, stream_time_ms: Callable[[], int]) -> None:
        """Sweep until cancelled. `stream_time_ms` gives the greatest record time committed; our clock bounds it."""
        while True:
            await asyncio.sleep(self._interval_s)
            time_ms = min(stream_time_ms(), time.time_ns() // 1_000_000)
            expired, states = await self._count(time_ms)
            if not is_plausible(expired, states, self._share_max):
                self._on_swept(True)  # noqa: FBT003 - a callback
                log.error(
                    "a sweep would delete an implausible share of the states, and deletes none. Look at the clocks of the "
                    "brokers and of this machine; if so many are truly over, raise RECIBO_PROCESSORS_SWEEP_SHARE_MAX",
                    topic=self._table.sender.topic,
                    partition=self._table.sender.partition,
                    expired=expired,
                    states=states,
                )
                continue
            self._on_swept(False)  # noqa: FBT003
            if expired:
                await self._delete_all(time_ms)

    async def _count(self, time_ms: int) -> tuple[int, int]:
        expired = states = 0
        after = b""
        while True:
            after, seen, old = self._table.count_expired(after, _CHUNK, time_ms)
            expired, states = expired + old, states + seen
            if not after:
                return expired, states
            await asyncio.sleep(_PAUSE_S)

    async def _delete_all(self, time_ms: int) -> None:
        after = b""
        while True:
            after, keys = self._table.expired(after, _CHUNK, time_ms)
            if keys:
                self._delete(keys, time_ms)
            if not after:
                return
            await asyncio.sleep(_PAUSE_S)
