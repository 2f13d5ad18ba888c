"""A server of the user's own: the tests of the engine run against it, unchanged."""

import os
import subprocess
import sys
from pathlib import Path

import clickhouse_connect

from runtime.programs import CHECKOUT

_TESTS = ("tests/integration/projections/test_tables.py", "tests/integration/projections/test_rollup.py")


def test_the_engines_tests_run_against_a_server_that_is_given(clickhouse_url: str, tmp_path: Path) -> None:
    """With CLICKHOUSE_URL set, as `make test CLICKHOUSE_URL=…` does, no engine is started: the one named does the work, and keeps nothing."""
    with clickhouse_connect.get_client(dsn=clickhouse_url) as client:
        databases = "SELECT count(), arraySort(groupArray(name)) FROM system.databases"
        before = client.query(databases).result_rows
        options = ["-q", "-p", "no:xdist", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'given'}"]
        given = {
            **os.environ,
            "CLICKHOUSE_URL": clickhouse_url,
            "PATH": "",
        }  # no docker, no java: nothing can be started
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *_TESTS],
            cwd=CHECKOUT,
            env=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout[-3000:]
        assert " passed" in ran.stdout
        assert client.query(databases).result_rows == before
