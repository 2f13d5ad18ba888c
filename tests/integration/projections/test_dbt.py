"""The dbt package, built by dbt against the local engine."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from reconciliation.run.record import Count, RunRecord
from reconciliation.run.run_tables import RunTables
from runtime.programs import CHECKOUT
from tests.support.databases import Databases, Project
from tests.support.world import START_MS, busy_world, message_event

PACKAGE = CHECKOUT / "deploy" / "dbt"
DAY_MS = 24 * 60 * 60 * 1000
MADE = "SELECT * FROM {database}.daily_funnel WHERE messages > 0 ORDER BY ALL"
PROGRAM = """
import json, os, sys
from dbt.cli.main import dbtRunner
for line in sys.stdin:
    os.environ["DBT_SCHEMA"], arguments = json.loads(line)
    done = dbtRunner().invoke(arguments)
    print(json.dumps(["done", done.success, str(done.exception)]), flush=True)
"""
"""One process for several builds, since most of a build is dbt's start."""

Dbt = Callable[..., None]


@pytest.fixture
def dbt(databases: Databases, tmp_path: Path) -> Iterator[Dbt]:
    """A function that runs `dbt build` with arguments into a database, by default `{views}_dbt`, under `join_use_nulls`."""
    profile = (PACKAGE / "profiles.yml").read_text(encoding="utf-8")
    settings = "      threads: 2\n      custom_settings: {join_use_nulls: 1}\n"
    (tmp_path / "profiles.yml").write_text(profile.replace("      threads: 2\n", settings), encoding="utf-8")
    assert settings in (tmp_path / "profiles.yml").read_text(encoding="utf-8")
    url = urlsplit(databases.url)
    environ = {
        **os.environ,
        "CLICKHOUSE_HOST": str(url.hostname),
        "CLICKHOUSE_PORT": str(url.port),
        "CLICKHOUSE_USER": url.username or "default",
        "CLICKHOUSE_PASSWORD": url.password or "",
        "DBT_PROJECT_DIR": str(PACKAGE),
        "DBT_PROFILES_DIR": str(tmp_path),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "DBT_LOG_PATH": str(tmp_path),
        "DBT_VERSION_CHECK": "false",
        "DBT_USE_COLORS": "false",
    }
    variables = json.dumps({"recibo_database": databases.views})
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen([sys.executable, "-c", PROGRAM], env=environ, text=True, **pipes) as process:  # type: ignore[call-overload]  # pipes
        told: list[str] = []

        def run(*arguments: str, database: str = f"{databases.views}_dbt") -> None:
            process.stdin.write(json.dumps([database, ["build", "--vars", variables, *arguments]]) + "\n")
            process.stdin.flush()
            while not (told and told[-1].startswith('["done"')):
                line = process.stdout.readline()
                assert line, "".join(told)
                told.append(line)
            assert json.loads(told.pop()) == ["done", True, "None"], "".join(told)

        yield run
        process.stdin.close()


def reconciled(databases: Databases) -> None:
    """Put in runs: two of one name, the later of one day alone, and one of another name."""
    tables = RunTables(databases.client, databases.store)
    first, second = ("2026-11-01", "2026-11-02")
    for run, name, days in (
        ("1", "daily", [Count(first, "matched", 8), Count(first, "no_callback", 2), Count(second, "matched", 7)]),
        ("2", "daily", [Count(first, "matched", 9), Count(first, "no_callback", 1)]),
        ("3", "monthly", [Count(first, "matched", 8)]),
    ):
        lists: dict[str, Any] = {
            name: [] for name in ("keys", "manifests", "dues", "places", "connections", "causes", "presences")
        }
        texts = {"account": "acme", "run": run, "name": name, "by": "", "time_zone": "UTC", "interval_by": "sent_at"}
        times = {"made_ms": START_MS + int(run), "as_of_ms": START_MS, "since_ms": None, "until_ms": None}
        tables.write(RunRecord(**texts, **times, **lists, days=days, tells_no_send=True))  # type: ignore[arg-type]  # as a run has them


async def test_the_incremental_funnel_equals_a_full_refresh(databases: Databases, project: Project, dbt: Dbt) -> None:
    """With links and conflicts, after late events, new ids of known messages and a replay, the model run again is what a full refresh makes."""
    world = busy_world(300)
    world.post(message_event("alone", "queued", START_MS))
    world.post(message_event("track-0", "queued", START_MS))
    world.post(message_event("wamid-0", "error", START_MS + 1, aliases=("track-0",)))
    world.post(message_event("wamid-0", "delivered", START_MS + 2))
    world.wait(8 * DAY_MS)
    world.post(message_event("track-1", "queued", START_MS + 8 * DAY_MS))
    await project(world)
    made = f"{databases.views}_dbt"
    reconciled(databases)
    dbt()
    assert databases.rows(
        f"SELECT name, toString(day), class, rows, run FROM {made}.daily_reconciliation ORDER BY ALL"
    ) == [
        ("daily", "2026-11-01", "matched", 9, "2"),
        ("daily", "2026-11-01", "no_callback", 1, "2"),
        ("daily", "2026-11-02", "matched", 7, "1"),
        ("monthly", "2026-11-01", "matched", 8, "3"),
    ]
    assert databases.value(f"SELECT sum(messages) FROM {made}.daily_funnel") == 303

    world.wait(8 * DAY_MS)
    world.post(message_event("m-1-7", "read", START_MS + 9 * DAY_MS, campaign="late"))
    world.post(message_event("alone", "delivered", START_MS + 9 * DAY_MS, aliases=("track-1",)))
    world.post(message_event("new", "created", START_MS + 9 * DAY_MS))
    await project(world)
    for _ in range(2):
        dbt("--select", "daily_funnel")
        dbt_rows = databases.rows(MADE.format(database=made))
    dbt("--select", "daily_funnel", "--exclude-resource-type", "test", database=f"{made}_full")
    assert dbt_rows == databases.rows(MADE.format(database=f"{made}_full"))
    assert databases.value(f"SELECT sum(messages) FROM {made}.daily_funnel") == 303
    for database in (made, f"{made}_full"):
        databases.client.command(f"DROP DATABASE {database} SYNC")
