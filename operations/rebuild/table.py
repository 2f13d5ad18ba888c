"""`recibo rebuild TABLE`: a topic's tables rebuilt in a shadow, compared, and replaced where the log is whole.

Nothing that the live projector inserts meanwhile is lost. The shadow holds all records before the group's commit.
What came after it may have been in a week when that was replaced: so reading continues, and it is stored in the shadow and then
in the live tables, up to where the topic ends after the replacement. Later records reach the live tables by themselves.
The same order makes every step repeatable: killed anywhere and started again, the shadow is whole up to the commit.
"""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from clickhouse_connect.driver.client import Client

from operations.forget.people import unlink_forgotten
from operations.rebuild.comparison import Rules, WeekComparison, beyond, compare, inside_since, samples, shadow_rows
from operations.rebuild.live_group import until_read
from operations.rebuild.people import link_people
from operations.rebuild.replacement import replace, require_replaceable
from operations.rebuild.replay import Progress, Replay
from operations.rebuild.target import NOT_COMPARED, WITH_GENERATION, Target
from projections.clickhouse.ddl import change
from projections.clickhouse.erase import strip_again
from projections.clickhouse.migrate import migrate
from projections.rows import message_event
from projections.settings import Settings
from projections.sink import Sink
from projections.writer import make_writer
from schemas.message_state import HORIZON_MS


@dataclass(slots=True)
class Report:
    """What a rebuild found, and what it did."""

    weeks: list[WeekComparison]
    samples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Table → some of its differing rows."""
    live_lag_records: int = 0
    """Records that the live projector had not read when the tables were compared: they count as rows it lacks."""
    replaced: tuple[date, ...] = ()

    @property
    def untouched(self) -> list[date]:
        """Weeks that are not wholly inside the log."""
        return sorted({week.monday for week in self.weeks if not week.is_inside})

    @property
    def to_replace(self) -> list[date]:
        """Weeks that differ and are wholly inside the log, in all of their tables."""
        differ = {week.monday for week in self.weeks if week.differences}
        return sorted(differ - set(self.untouched))


class Rebuild:
    """One rebuild: of the tables that one topic feeds."""

    def __init__(self, target: Target, settings: Settings, client: Client, progress: Progress) -> None:
        """Prepare; nothing is made before `compare` is called."""
        self._target = target
        self._settings = settings
        self._client = client
        self._progress = progress
        self._shadow = shadow_database(settings.clickhouse.database, target)
        self._group = settings.kafka.named(f"recibo-rebuild.{settings.clickhouse.database}.{target.projection.topic}")

    async def compare(self) -> Report:
        """Read the topic up to its present end into the shadow, and compare. Continues where an earlier one left off."""
        require_replaceable(self._settings.clickhouse.topology)
        async with self._replay() as replay:
            if not await asyncio.to_thread(self._has_shadow):
                await replay.begin()
            topology = self._settings.clickhouse.topology
            await asyncio.to_thread(migrate, self._client, self._shadow, views_database=None, topology=topology)
            ends = await replay.ends()
            await self._store(replay, ends, (self._shadow,), "shadow")
        await self._strip(self._shadow)
        live_group = self._settings.group_of(self._target.projection.topic)
        lag = await until_read(self._settings, live_group, self._target.projection.topic, ends, self._progress)
        report = await asyncio.to_thread(self._compared)
        report.live_lag_records = lag
        return report

    async def replace(self, report: Report) -> None:
        """Replace the weeks that differ and are wholly inside the log; then store what came meanwhile."""
        weeks = report.to_replace
        tables, live = self._target.tables, self._settings.clickhouse.database
        total, done = len(weeks) * len(tables), 0

        def on_step(step: str) -> None:
            nonlocal done
            self._progress(step, done, total)
            done += 1

        counted, topology = shadow_rows(report.weeks), self._settings.clickhouse.topology
        made = partial(replace, live=live, shadow=self._shadow, progress=on_step, counted=counted, topology=topology)
        await asyncio.to_thread(made, self._client, tables, weeks)
        async with self._replay() as replay:
            await self._store(replay, await replay.ends(), (self._shadow, live), "what came meanwhile")
        for database in (self._shadow, live):
            await self._strip(database)
        if message_event.TABLE.name in tables:
            await link_people(self._client, live, self._shadow)
        report.replaced = tuple(weeks)

    async def _strip(self, database: str) -> None:
        """Leave out who was forgotten: their records are in the log for a while, and old values in compacted topics."""
        store, topology = self._settings.clickhouse.database, self._settings.clickhouse.topology
        await asyncio.to_thread(strip_again, self._client, store, database, topology)
        if message_event.TABLE.name in self._target.tables:
            await unlink_forgotten(self._settings, self._client, self._shadow)

    def discard(self) -> None:
        """Drop the shadow: the next rebuild starts over."""
        change(self._client, f"DROP DATABASE IF EXISTS {self._shadow} SYNC", self._settings.clickhouse.topology)

    def _has_shadow(self) -> bool:
        text = "SELECT count() FROM system.databases WHERE name = {name:String}"
        return bool(self._client.query(text, parameters={"name": self._shadow}).result_rows[0][0])

    def _replay(self) -> Replay:
        topic = self._target.projection.topic
        return Replay(topic, self._group, self._settings, compacted=self._target.is_compacted)

    async def _store(self, replay: Replay, ends: dict[int, int], databases: Sequence[str], step: str) -> None:
        with ThreadPoolExecutor(max_workers=2, thread_name_prefix="rebuild") as threads:
            stores = [
                make_writer(
                    self._target.projection,
                    Sink(self._client, database, threads),
                    self._settings,
                    asyncio.Event(),
                )
                for database in databases
            ]
            await replay.store_to(ends, stores, self._progress, step)

    def _compared(self) -> Report:
        client, live, shadow = self._client, self._settings.clickhouse.database, self._shadow
        report = Report([])
        for number, table in enumerate(self._target.tables):
            if table in NOT_COMPARED:
                continue
            self._progress(f"comparing {table}", number, len(self._target.tables))
            rules = self._rules(table)
            weeks = compare(client, table, live, shadow, rules)
            report.weeks += weeks
            if any(week.differences for week in weeks):
                report.samples[table] = samples(client, table, live, shadow, rules)
        return report

    def _rules(self, table: str) -> Rules:
        if self._target.is_compacted:
            return self._state_rules(table)
        text = (
            f"SELECT log_partition, min(log_offset), max(log_offset) FROM {self._shadow}.{table} GROUP BY log_partition"  # noqa: S608
        )
        rows = self._client.query(text).result_rows
        outside = inside_since({int(p): int(first) for p, first, _ in rows})
        if table in WITH_GENERATION:
            outside = f"({outside} OR generation != {self._settings.generation})"
        return Rules(outside, beyond({int(p): int(last) + 1 for p, _, last in rows}))

    def _state_rules(self, table: str) -> Rules:
        """A compacted topic holds a state until its horizon is past: then it is swept, or a new one takes its key."""
        text = f"SELECT toUnixTimestamp64Milli(max(last_event_at)) FROM {self._shadow}.{self._target.table}"  # noqa: S608
        newest_ms = int(self._client.query(text).result_rows[0][0])
        whole_since_s = (max(newest_ms, time.time_ns() // 1_000_000) - HORIZON_MS) // 1000
        outside = f"toDateTime(toMonday(anchor_day), 'UTC') < toDateTime({whole_since_s}, 'UTC')"
        if table != self._target.table:  # what follows from a state is newer where the state is
            states = f"SELECT account, message_id, anchor_day FROM {self._shadow}.{self._target.table}"  # noqa: S608
            return Rules(outside, f"(account, message_id, anchor_day) NOT IN ({states})")
        return Rules(outside, f"toUnixTimestamp64Milli(last_event_at) > {newest_ms}")


def shadow_database(store: str, target: Target) -> str:
    """Return the database of a target's shadow tables."""
    return f"{store}_rebuild_{target.table}"
