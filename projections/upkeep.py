"""What the projector does beside its lanes, every few minutes: links that are missing, and the counts of weeks that changed.

A failure waits for the next time and shows in the metrics; rows go on being inserted.
"""

import asyncio
import time
from typing import Final

import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from projections import metrics, rollup
from projections.errors import RowsRefused
from projections.link import Linker
from projections.person_linker import PersonLinker
from runtime.clickhouse.topology import PLAIN, Topology
from schemas.errors import SinkUnavailable

EVERY_S: Final = 300.0
LINKED_DAYS: Final = 4
"""Days, by anchor_day, that are looked at for missing links: what two projectors missed of one another is as young as that."""
_DAY_S: Final = 24 * 60 * 60
_LAST_DAY: Final = 65_535
"""Since 1970: of a Date."""

log = structlog.get_logger()


class Upkeep:
    """Links and counts, again and again. Run by one task."""

    def __init__(
        self,
        client: Client,
        store: str,
        linkers: tuple[Linker, PersonLinker],
        stopping: asyncio.Event,
        topology: Topology = PLAIN,
    ) -> None:
        """Look after database `store` until `stopping` is set."""
        self._client = client
        self._store = store
        self._linker, self._people = linkers
        self._stopping = stopping
        self._topology = topology
        self._counted_at = time.monotonic()
        metrics.ROLLUP_AGE_SECONDS.set_function(lambda: time.monotonic() - self._counted_at)

    async def run(self) -> None:
        """Go on until asked to stop."""
        is_first = True
        while not self._stopping.is_set():
            try:
                if is_first:
                    await self._linker.relink_older_release()
                    await self._linker.readmit(0, _LAST_DAY)
                    await self._people.decide_what_is_not()
                await self.once()
            except (SinkUnavailable, RowsRefused, ClickHouseError, OSError) as error:
                log.warning("links and counts are not up to date; trying again", every_s=EVERY_S, why=str(error)[:500])
            else:
                is_first = False
            try:
                await asyncio.wait_for(self._stopping.wait(), EVERY_S)
            except TimeoutError:
                continue

    async def once(self) -> None:
        """Link what is missing, and count what changed. Raises SinkUnavailable, RowsRefused or ClickHouseError."""
        today = int(time.time()) // _DAY_S
        metrics.LINKS_MENDED.inc(await self._linker.relink(today - LINKED_DAYS, today + 1))
        await asyncio.to_thread(rollup.refresh, self._client, self._store, self._topology)
        self._counted_at = time.monotonic()
