"""Who sees what: judged by ClickHouse's own access control, with the grants that `projections/clickhouse/roles.py` gives."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from projections.clickhouse import roles
from projections.clickhouse.views import FOLDER
from runtime.programs import CHECKOUT
from tests.integration.projections.test_published_views import arguments

_ENGINE = """
import json, sys
from chdb.state.sqlitelike import Connection
from projections.clickhouse.migrate import read_migrations
from projections.clickhouse.views import numbers_database, read_views

engine = Connection(sys.argv[1])
for name in ("recibo_store", "recibo", "recibo_numbers"):
    engine.query(f"CREATE DATABASE {name}")
for migration in read_migrations():
    for statement in migration.statements("recibo_store"):
        engine.query(statement)
for views, masked in (("recibo", True), ("recibo_numbers", False)):
    for statement in read_views("recibo_store", views, masked=masked).values():
        engine.query(statement)
engine.query("CREATE DATABASE probe")
denied = {}
for user in ("analyst", "analyst_numbers", "operator"):
    for number, select in enumerate(json.loads(sys.argv[2])):
        # A view that runs as somebody else is how to ask this engine what somebody else may do.
        view = f"probe.{user}_{number}"
        try:
            engine.query(f"CREATE VIEW {view} DEFINER = {user} SQL SECURITY DEFINER AS {select}")
            engine.query(f"SELECT * FROM {view}")
        except RuntimeError as error:
            assert "ACCESS_DENIED" in str(error), error
            denied.setdefault(user, []).append(select)
for user in ("analyst", "operator", "reconciler", "eraser"):
    for table in json.loads(sys.argv[3]):
        # What a materialized view writes is written as its owner.
        engine.query(f"CREATE TABLE probe.{user}_from_{table} AS recibo_store.{table} ENGINE = Memory")
        try:
            engine.query(
                f"CREATE MATERIALIZED VIEW probe.{user}_to_{table} TO recibo_store.{table} DEFINER = {user} SQL SECURITY DEFINER "
                f"AS SELECT * FROM probe.{user}_from_{table}"
            )
            engine.query(f"INSERT INTO probe.{user}_from_{table} SELECT * FROM recibo_store.{table}")
        except RuntimeError as error:
            assert "ACCESS_DENIED" in str(error), error
            denied.setdefault(user, []).append(table)
print(json.dumps(denied))
"""


def write_users(folder: Path) -> None:
    """Write users with the roles' grants: chDB keeps no roles, and takes users from a config.xml in its working directory."""
    users = "".join(
        f"<{role}><no_password/><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>"
        f"<grants>{''.join(f'<query>{grant}</query>' for grant in granted)}</grants></{role}>"
        for role, granted in roles.grants("recibo").items()
    )
    owner = (
        "<default><password></password><networks><ip>::/0</ip></networks><profile>default</profile>"
        "<quota>default</quota><access_management>1</access_management></default>"
    )
    file = folder / "users.xml"
    (folder / "config.xml").write_text(f"<clickhouse><users_config>{file}</users_config></clickhouse>")
    file.write_text(
        f"<clickhouse><profiles><default/></profiles><quotas><default/></quotas><users>{owner}{users}</users></clickhouse>"
    )


def denied_of(folder: Path, selects: list[str], tables: list[str]) -> dict[str, list[str]]:
    """Return role → those of `selects` that it is denied, and of `tables` those it may not write, on an engine of its own."""
    write_users(folder)
    done = subprocess.run(
        [sys.executable, "-c", _ENGINE, str(folder / "engine"), json.dumps(selects), json.dumps(tables)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.timeout(180)
def test_an_analyst_sees_the_views_and_no_table(tmp_path: Path) -> None:
    """`analyst` reads every masked view and neither numbers nor tables; `analyst_numbers` reads both kinds of view, `operator` the bytes too.

    None of them writes; `reconciler` writes what is kept of sends and reconciliations, `eraser` every table.
    """
    published: dict[str, dict[str, str]] = json.loads((FOLDER / "published.json").read_text(encoding="utf-8"))
    masked = [f"SELECT * FROM recibo.{view}{arguments(view)}" for view in published]
    assert len(masked) >= 22
    numbers = [select.replace("recibo.", "recibo_numbers.") for select in masked]
    tables = [f"SELECT * FROM recibo_store.{t}" for t in ("message_state", "message", "webhook_raw", "message_event")]
    bytes_ = [
        "SELECT * FROM recibo_store.payload(request_ids = ['x'], since = '2026-01-01 00:00:00', until = '2026-01-02 00:00:00')"
    ]
    kept = ["send_manifest", "reconciliation_run", "reconciliation_acknowledgement"]
    others = ["message_state", "webhook_raw", "erased_message"]
    denied = denied_of(tmp_path, masked + numbers + tables + bytes_, kept + others)
    assert denied == {
        roles.ANALYST: numbers + tables + bytes_ + kept + others,
        roles.ANALYST_NUMBERS: tables + bytes_,
        roles.OPERATOR: tables + kept + others,
        roles.RECONCILER: others,
    }
