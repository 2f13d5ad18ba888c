"""The local ClickHouse as a process of its own: what it stores, what it survives, what its callers may ask."""

import json
import os
import secrets
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from deploy.local.engine import clickhouse_program
from runtime.clickhouse.settings import LOG_COMMENT
from runtime.ports import free_port
from runtime.supervisor import Child
from schemas.errors import DeploymentError
from tests.support.servers import local_url, needs_local, running

EVENT = """
CREATE TABLE event (id UInt64, name LowCardinality(String), at DateTime64(3, 'UTC'), note Nullable(String), tags Map(String, UInt8))
ENGINE = MergeTree ORDER BY id SETTINGS fsync_after_insert = 1
"""


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, f"waited for {what}"
        time.sleep(0.05)


def until_it_answers(post: Callable[[], httpx.Response]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            post().raise_for_status()
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the server did not come back")


@needs_local
def test_an_acknowledged_insert_survives_a_killed_server(local: tuple[Child, str]) -> None:
    """Every insert answered before kill -9 is in the table when the server has come back."""
    server, url = local
    killer = threading.Timer(0.5, server.kill)
    with httpx.Client(base_url=url) as client:
        client.post("/", content=EVENT).raise_for_status()
        killer.start()
        for number in range(200):
            row = f'INSERT INTO event (id) FORMAT JSONEachRow\n{{"id": {number}}}'
            until_it_answers(lambda row=row: client.post("/", content=row))  # type: ignore[misc]
        killer.join()
        server.wait_ready(30)
        assert server.starts == 2
        kept = client.post("/", content="SELECT DISTINCT id FROM event ORDER BY id").text.split()
    assert [int(number) for number in kept] == list(range(200))


@needs_local
@pytest.mark.parametrize(
    ("setting", "row", "name"),
    [
        ("", '{"id": 1000}', "VIOLATED_CONSTRAINT"),
        ("SETTINGS max_partitions_per_insert_block = 1", '{"id": 1} {"id": 2}', "TOO_MANY_PARTS"),
    ],
)
def test_an_insert_that_is_not_stored_is_an_error(local: tuple[Child, str], setting: str, row: str, name: str) -> None:
    """An insert refused at its commit is answered as an error, never as rows written."""
    with httpx.Client(base_url=local[1]) as client:
        table = "CREATE TABLE small (id UInt32, CONSTRAINT c CHECK id < 1000) ENGINE = MergeTree PARTITION BY id ORDER BY id"
        client.post("/", content=table).raise_for_status()
        answer = client.post("/", content=f"INSERT INTO small (id) {setting} FORMAT JSONEachRow\n{row}")
        assert name in answer.text
        assert client.post("/", content="SELECT count() FROM small").text == "0\n"


@needs_local
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a full disk is made by a small file system")
def test_a_full_disk_loses_no_acknowledged_row(tmp_path: Path) -> None:
    """On a disk that fills up, the rows of every insert answered 200 are in the table, and the others are errors."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)], check=True)
    try:
        port, stored = free_port(), 0
        with (
            running(clickhouse_program(disk / "data", port), tmp_path),
            httpx.Client(base_url=local_url(disk / "data", port), timeout=60) as client,
        ):
            client.post("/", content=EVENT).raise_for_status()
            for number in range(20):
                row = json.dumps({"id": number, "name": secrets.token_hex(1_000_000)})
                answer = client.post("/", content=f"INSERT INTO event (id, name) FORMAT JSONEachRow\n{row}")
                stored += answer.status_code == 200
            assert 0 < stored < 20
            assert client.post("/", content="SELECT count() FROM event").text == f"{stored}\n"
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@needs_local
@pytest.mark.parametrize(
    ("rows", "is_one"),
    [
        ("(1); DROP TABLE few", False),
        ("(1);\n-- more\n/* ; */ INSERT INTO few (id) VALUES (2)", False),
        ("(1) /* ; DROP */; -- DROP TABLE few;\n ;", True),
        ("(length(';')) ;", True),
    ],
)
def test_a_second_statement_behind_values_is_refused(local: tuple[Child, str], rows: str, *, is_one: bool) -> None:
    """What follows the rows of an INSERT is refused with it, never dropped silently; a comment is nothing."""
    with httpx.Client(base_url=local[1]) as client:
        client.post("/", content="CREATE TABLE few (id UInt32) ENGINE = MergeTree ORDER BY id").raise_for_status()
        answer = client.post("/", content=f"INSERT INTO few (id) VALUES {rows}")
        assert answer.is_success == is_one, answer.text
        assert client.post("/", content="SELECT count() FROM few").text == f"{int(is_one)}\n"


@needs_local
def test_a_long_copy_keeps_no_link_and_no_change_waiting(local: tuple[Child, str]) -> None:
    """While somebody's INSERT … SELECT runs, up to its time limit, what the projections insert and change goes on."""
    slow = "INSERT INTO few SELECT sum(sleepEachRow(1)) FROM numbers(60) SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0"
    ours, limit = {"log_comment": LOG_COMMENT}, {"max_execution_time": "4"}
    with httpx.Client(base_url=local[1], timeout=60) as client, ThreadPoolExecutor() as threads:
        client.post("/", content="CREATE TABLE few (id UInt32) ENGINE = MergeTree ORDER BY id").raise_for_status()
        copy = threads.submit(client.post, "/", params=limit, content=slow)
        running_copy = {"query": "SELECT count() FROM system.processes WHERE query LIKE 'INSERT INTO few SELECT sum%'"}
        until(lambda: client.get("/", params=running_copy).text == "1\n", "the copy to run")
        client.post("/", params=ours, content="INSERT INTO few SELECT 1").raise_for_status()
        client.post("/", content="ALTER TABLE few ADD COLUMN b UInt8").raise_for_status()
        assert not copy.done(), "they did not wait for it"
        assert "TIMEOUT_EXCEEDED" in copy.result().text


@needs_local
@pytest.mark.parametrize(
    "form",
    ["VALUES (1), (1 + 1);", "values (1),(2)", "FORMAT Values (1),(2)", "SETTINGS async_insert = 0 VALUES (1),(2)"],
)
def test_values_are_inserted_and_counted(local: tuple[Child, str], form: str) -> None:
    """Rows behind VALUES are stored like any others."""
    with httpx.Client(base_url=local[1]) as client:
        client.post("/", content="CREATE TABLE few (id UInt32) ENGINE = MergeTree ORDER BY id").raise_for_status()
        answer = client.post("/", content=f"INSERT INTO few (id) {form}").raise_for_status()
        assert json.loads(answer.headers["X-ClickHouse-Summary"])["written_rows"] == "2"
        assert client.post("/", content="SELECT sum(id) FROM few").text == "3\n"


@needs_local
def test_a_directory_in_use_is_refused_by_name(local: tuple[Child, str], tmp_path: Path) -> None:
    """A second server on the same directory ends at once, and says who has it and what to do."""
    second = Child(clickhouse_program(tmp_path / "data", free_port()), tmp_path / "second.log")
    second.start()
    with pytest.raises(DeploymentError, match=rf"in use by another ClickHouse engine \(process {local[0].pid}\)"):
        second.wait_ready(20)
    second.stop()
