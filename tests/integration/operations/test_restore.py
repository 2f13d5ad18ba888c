"""`recibo archive --restore` on the real engine: exact, over rows that are there, killed, damaged, with gaps, too old, of another log."""

import asyncio
import dataclasses
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.__main__ import recibo
from operations.archive.hours import HOUR_MS, hour_name, hour_of
from operations.archive.location import Location
from operations.archive.record import ArchivedRecord
from operations.archive.write import archive
from schemas.errors import DeploymentError
from schemas.topics import RAW, REQUESTS
from tests.support.archived import LogInMemory, quiet
from tests.support.databases import Databases, Project
from tests.support.world import World, busy_world

NOW_MS = time.time_ns() // 1_000_000
ROWS = "SELECT cityHash64(groupArray(tuple(*))), count() FROM (SELECT * FROM store.{} FINAL ORDER BY log_partition, log_offset)"


def dated(world: World, start_ms: int) -> dict[str, list[ArchivedRecord]]:
    """Return a world's raw records and requests by topic, on one partition each, appended within four hours from a time on."""
    found = {}
    for topic in (RAW, REQUESTS):
        records = world.records[topic]
        step = 4 * HOUR_MS // len(records)
        found[topic] = [
            ArchivedRecord(topic, 0, offset, start_ms + offset * step, r.key, r.value, tuple(r.headers))
            for offset, r in enumerate(records)
        ]
    return found


@dataclasses.dataclass
class Archived:
    """An archive of some records, and the databases that they are restored into."""

    place: Path
    records: dict[str, list[ArchivedRecord]]
    databases: Databases

    async def run(self, *options: str) -> Result:
        """Restore, with these options."""
        return await asyncio.to_thread(
            CliRunner(env=self.environ).invoke, recibo, ["archive", str(self.place), "--restore", *self.where, *options]
        )

    @property
    def where(self) -> tuple[str, ...]:
        """The engine, as an option."""
        return ("--clickhouse-url", self.databases.url)

    @property
    def environ(self) -> dict[str, str]:
        """The databases, as variables."""
        return {"RECIBO_PROJECTIONS_STORE": self.databases.store, "RECIBO_CLICKHOUSE_VIEWS": self.databases.views}

    def rows(self) -> tuple[Any, ...]:
        """What both tables hold, as a reader sees it."""
        return tuple(self.databases.rows(ROWS.format(table))[0] for table in ("webhook_raw", "webhook_request"))


async def archive_of(records: dict[str, list[ArchivedRecord]], place: Path, *, gone: int = 0) -> None:
    """Archive records of which retention has deleted the first `gone`."""
    for topic, of_topic in records.items():
        log = LogInMemory(topic, of_topic, gone)
        await archive(log, Location(str(place)), NOW_MS + 10 * HOUR_MS, quiet)


@pytest.fixture
async def made(databases: Databases, project: Project, tmp_path: Path) -> tuple[Archived, tuple[Any, ...]]:
    """An archive whose records are not in the tables, and what the tables held when they were."""
    records = dated(busy_world(60), hour_of(NOW_MS) - 6 * HOUR_MS)
    found = Archived(tmp_path / "archive", records, databases)
    await archive_of(records, found.place)
    await project({topic: list(of_topic) for topic, of_topic in records.items()})  # type: ignore[arg-type]  # Records too
    was = found.rows()
    for table in ("webhook_raw", "webhook_request"):
        databases.client.command(f"TRUNCATE TABLE {databases.store}.{table} SYNC")
    return found, was


async def test_what_was_there_is_there_again(made: tuple[Archived, tuple[Any, ...]]) -> None:
    """Every row of both tables comes back as it was; twice, and over rows in part, it is the same; nothing is inserted then."""
    archived, was = made
    first = await archived.run()
    assert first.exit_code == 0, first.output
    count = len(archived.records[RAW])
    assert f"{RAW}: {count} records of 4 files restored into webhook_raw; 0 files were there already" in first.output
    assert archived.rows() == was
    again = await archived.run()
    assert f"{RAW}: 0 records of 0 files restored into webhook_raw; 4 files were there already" in again.output
    assert archived.rows() == was
    store = archived.databases.store
    archived.databases.client.command(
        f"ALTER TABLE {store}.webhook_raw DELETE WHERE log_offset % 50 = 7 SETTINGS mutations_sync = 1"
    )
    assert archived.rows() != was
    assert (await archived.run()).exit_code == 0
    assert archived.rows() == was
    archived.databases.merge("webhook_raw", "webhook_request")
    assert archived.rows() == was


async def test_only_the_hours_asked_for_are_restored(made: tuple[Archived, tuple[Any, ...]]) -> None:
    """Both ends are included; a file can be named alone; an hour that is none is refused."""
    archived, _ = made
    hours = [hour_name(hour_of(NOW_MS) - n * HOUR_MS) for n in (6, 5, 4)]
    counted = "SELECT DISTINCT formatDateTime(at, '%Y-%m-%dT%HZ') AS hour FROM store.webhook_raw ORDER BY hour"
    done = await archived.run("--since", hours[1][:-1], "--until", hours[1][:-1], "--topic", RAW)
    assert done.exit_code == 0, done.output
    assert archived.databases.rows(counted) == [(hours[1],)]
    await archived.run("--file", f"{RAW}/00000/{hours[2]}.parquet", "--topic", RAW)
    assert archived.databases.rows(counted) == [(hours[1],), (hours[2],)]
    assert "write a day or an hour (UTC)" in (await archived.run("--since", "yesterday")).output


async def test_killed_anywhere_it_goes_on(made: tuple[Archived, tuple[Any, ...]]) -> None:
    """After kill -9 before and after inserts, the next run completes the rows, and they are what they were."""
    archived, was = made
    program = [sys.executable, "-m", "tests.integration.operations.dying_restore"]
    arguments: Sequence[str] = (str(archived.place), "--restore", *archived.where)
    for fatal, side in (("1", "after"), ("2", "before"), ("1", "after")):
        killed = await asyncio.to_thread(
            subprocess.run,
            [*program, fatal, side, *arguments],
            env={**os.environ, **archived.environ},
            capture_output=True,
            check=False,
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
    assert archived.rows() != was
    assert (await archived.run()).exit_code == 0
    assert archived.rows() == was


async def test_a_damaged_file_is_named_and_left_out(made: tuple[Archived, tuple[Any, ...]]) -> None:
    """The others are restored; once the file is whole again, so is the table. A file that is missing is a gap, said with its offsets."""
    archived, was = made
    hours = [hour_name(hour_of(NOW_MS) - n * HOUR_MS) for n in (5, 4)]
    damaged, lost = (archived.place / RAW / "00000" / f"{hour}.parquet" for hour in hours)
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    manifest = lost.with_suffix(".json")
    manifest.rename(manifest.with_suffix(".away"))
    done = await archived.run()
    assert isinstance(done.exception, DeploymentError)
    assert f"{RAW}/00000/{hours[0]}.parquet was changed" in str(done.exception)
    assert "are not there: their file is missing or was not asked for" in done.output
    assert f"{REQUESTS}: " in done.output, "the other topic is restored all the same"
    damaged.write_bytes(whole)
    manifest.with_suffix(".away").rename(manifest)
    assert (await archived.run()).exit_code == 0
    assert archived.rows() == was


async def test_what_retention_had_deleted_is_said(databases: Databases, tmp_path: Path) -> None:
    """Offsets that no file holds, since they were gone before they were archived, are named."""
    records = dated(busy_world(20), hour_of(NOW_MS) - 6 * HOUR_MS)
    archived = Archived(tmp_path, {RAW: records[RAW]}, databases)
    await archive_of(archived.records, tmp_path, gone=7)
    done = await archived.run()
    assert f"{RAW}[0]: offsets 0 to 6 are not there: retention had deleted them" in done.output
    assert databases.value("SELECT min(log_offset) FROM store.webhook_raw") == 7


async def test_rows_that_would_go_at_once_are_refused(databases: Databases, tmp_path: Path) -> None:
    """Records older than the table keeps its rows are not restored to be dropped: the setting to raise is named."""
    records = dated(busy_world(5), hour_of(NOW_MS) - 100 * 24 * HOUR_MS)
    await archive_of(records, tmp_path)
    done = await Archived(tmp_path, records, databases).run()
    assert isinstance(done.exception, DeploymentError)
    said = re.search(
        r"webhook_raw keeps rows for 90 days, and the archive's are up to (\d+) days old", str(done.exception)
    )
    assert said
    assert f"RECIBO_PROJECTIONS_RAW_RETENTION_DAYS above {said[1]}" in str(done.exception)


async def test_an_archive_of_another_log_is_refused(databases: Databases, project: Project, tmp_path: Path) -> None:
    """Where the table has other records at its offsets, the topic was recreated since: nothing is mixed."""
    records = dated(busy_world(20), hour_of(NOW_MS) - 6 * HOUR_MS)
    await archive_of(records, tmp_path)
    later = [r._replace(timestamp=r.timestamp + HOUR_MS + 1) for r in records[RAW]]
    await project({RAW: list(later)})  # type: ignore[arg-type]  # Records too
    before = databases.value("SELECT count() FROM store.webhook_raw")
    done = await Archived(tmp_path, records, databases).run()
    assert isinstance(done.exception, DeploymentError)
    assert "the topic was recreated since" in str(done.exception)
    assert databases.value("SELECT count() FROM store.webhook_raw") == before
