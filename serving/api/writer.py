"""Clients of ClickHouse that write: one a request, since what blocks is waited for in a thread."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from clickhouse_connect.driver.client import Client

from projections.clickhouse.roles import ERASER, RECONCILER, name_of
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings

_STATEMENT_S_MAX: Final = 1_800


class Writer:
    """Makes them, all under one role."""

    def __init__(self, clickhouse: ClickHouseSettings, role: str) -> None:
        self._clickhouse = clickhouse
        self._role = role
        self.keeps_roles = False
        """Whether it writes under its role: where the engine keeps any, our user is to be granted it."""

    @property
    def store(self) -> str:
        """Database of the tables."""
        return self._clickhouse.database

    @property
    def views(self) -> str:
        """Database of the views."""
        return self._clickhouse.views_database

    @property
    def time_zone(self) -> str:
        """The deployment's own: of times that name none, and of days."""
        return self._clickhouse.time_zone

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """Give a client. Raises what the client raises."""
        settings = {"role": name_of(self._role, self.views)} if self.keeps_roles else None
        made = await asyncio.to_thread(
            connect, self._clickhouse, timeout_s=_STATEMENT_S_MAX, settings=settings, writes=True
        )
        try:
            yield made
        finally:
            made.close()


class Writers:
    """Those that the API writes by: each may do what it has to."""

    def __init__(self, clickhouse: ClickHouseSettings) -> None:
        self.reconciler = Writer(clickhouse, RECONCILER)
        self.eraser = Writer(clickhouse, ERASER)

    def under_roles(self, keeps_roles: bool) -> None:  # noqa: FBT001 - what the engine says
        """Write under roles, where the engine keeps any."""
        self.reconciler.keeps_roles = self.eraser.keeps_roles = keeps_roles
