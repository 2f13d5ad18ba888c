"""The local ClickHouse as a process of its own: what it stores, what it survives, what its callers may ask."""

import json
import os
import secrets
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from deploy.local.engine import clickhouse_program
from deploy.local.engine_access import password_file_for
from runtime.clickhouse.settings import LOG_COMMENT
from runtime.ports import free_port
from runtime.supervisor import Child
from schemas.errors import DeploymentError
from tests.support.servers import docker_answers, local_url, running

EVENT = """
CREATE TABLE event (id UInt64, name LowCardinality(String), at DateTime64(3, 'UTC'), note Nullable(String), tags Map(String, UInt8))
ENGINE = MergeTree ORDER BY id SETTINGS fsync_after_insert = 1
"""

needs_local = pytest.mark.skipif(
    docker_answers(), reason="about the local process; here ClickHouse runs in a container"
)


@pytest.fixture
def local(tmp_path: Path) -> Iterator[tuple[Child, str]]:
    """A local ClickHouse of the test's own, and its URL."""
    port = free_port()
    with running(clickhouse_program(tmp_path / "data", port), tmp_path) as child:
        yield child, local_url(tmp_path / "data", port)


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
def test_the_port_asks_for_the_password(local: tuple[Child, str], tmp_path: Path) -> None:
    """Nothing is answered but to who shows the password, as ClickHouse's clients show one; liveness alone needs none."""
    url = httpx.URL(local[1])
    file = tmp_path / "data" / "password"
    password, plain = file.read_text().strip(), url.copy_with(userinfo=b"")
    assert file.stat().st_mode & 0o777 == 0o600
    assert url.password == password
    shown: list[tuple[dict[str, str], dict[str, str], int]] = [
        ({}, {}, 403),
        ({"X-ClickHouse-Key": "wrong"}, {}, 403),
        ({"X-ClickHouse-User": "other", "X-ClickHouse-Key": password}, {}, 403),
        ({"Authorization": "Basic !"}, {}, 403),
        ({}, {"user": "default", "password": password}, 403),
        ({"X-ClickHouse-User": "default", "X-ClickHouse-Key": password}, {}, 200),
        ({"X-ClickHouse-Key": password}, {}, 200),
    ]
    for headers, parameters, status in shown:
        answer = httpx.post(plain, content="SELECT 1", headers=headers, params=parameters)
        assert answer.status_code == status, headers
        assert password not in answer.text
    assert httpx.post(plain, content="SELECT 1", auth=("default", password)).text == "1\n"
    assert httpx.post(plain, content="SELECT 1").headers["X-ClickHouse-Exception-Code"] == "516"
    assert httpx.get(plain.join("/ping")).status_code == 200


@needs_local
def test_our_commands_find_the_password_of_their_own_engine_only(tmp_path: Path) -> None:
    """The password goes to the address where the data directory's engine listens, and to no other."""
    clickhouse_program(tmp_path / "clickhouse", 18123)
    password = tmp_path / "clickhouse" / "password"
    assert password_file_for("http://127.0.0.1:18123", tmp_path) == password
    for url in ("http://127.0.0.1:18124", "http://somewhere:18123", "http://me@127.0.0.1:18123"):
        assert password_file_for(url, tmp_path) is None
    assert password_file_for("http://127.0.0.1:18123", tmp_path / "other") is None


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


FORBIDDEN = (
    "SELECT * FROM file('/etc/hostname', 'LineAsString')",
    "SELECT * FROM `file`('/etc/hostname', 'LineAsString')",
    "SELECT * FROM /* x */ FILE /* y */ ('/etc/hostname', LineAsString)",
    "SELECT file('/etc/hostname')",
    "SELECT * FROM '/etc/hostname'",
    "SELECT * FROM `/etc/hostname`",
    "SELECT * FROM default.`/etc/hostname`",
    'SELECT * FROM `default`."/etc/hostname"',
    "DESCRIBE TABLE default.`/etc/hostname`",
    "SELECT 1 IN (SELECT * FROM default.`/etc/hostname`)",
    "SELECT * FROM merge('default', 'hostname')",
    "CREATE TABLE f AS default.`/etc/hostname`",
    "CREATE TABLE f ENGINE = Merge('default', '.*')",
    "USE default",
    "INSERT INTO few SELECT length(c1) FROM default.`/etc/hostname`",
    "INSERT INTO default.`/etc/hostname` SELECT 'x'",
    "INSERT INTO few (id) VALUES ((SELECT length(c1) FROM default.`/etc/hostname`))",
    "INSERT INTO few (id) VALUES ((SELECT length(c1) FROM '/etc/hostname'))",
    "SELECT 1; SELECT file('/etc/hostname')",
    "SELECT 1 -- x\n; SELECT file('/etc/hostname')",
    "INSERT INTO FUNCTION file('/var/tmp/recibo-never', 'CSV', 'a String') SELECT 'x'",
    "INSERT INTO FUNCTION file('/var/tmp/recibo-never', 'CSV', 'a String') VALUES ('x')",
    "INSERT INTO FUNCTION file('/var/tmp/recibo-never', 'CSV', 'a String') FORMAT CSV\nx",
    "INSERT INTO few (id) VALUES (length(file('/etc/hostname')))",
    "INSERT INTO few (id) VALUES (length(file /* ( */ ('/etc/hostname')))",
    "INSERT INTO few (id) VALUES (1); SELECT file('/etc/hostname')",
    "INSERT INTO few FROM INFILE '/etc/hostname' FORMAT CSV",
    "SELECT 1 INTO OUTFILE '/var/tmp/recibo-never'",
    "SELECT * FROM url('http://127.0.0.1:9/', 'CSV', 'a String')",
    "SELECT * FROM remote('127.0.0.1:9', 'system', 'one')",
    "SELECT * FROM s3('http://127.0.0.1:9/b/k', 'CSV', 'a String')",
    "SELECT * FROM executable('id', 'CSV', 'a String')",
    "SELECT * FROM viewExplain('EXPLAIN', '', (SELECT * FROM file('/etc/hostname')))",
    "CREATE TABLE f (a String) ENGINE = File(CSV, '/etc/hostname')",
    "CREATE TABLE f AS file('/etc/hostname')",
    "CREATE VIEW f AS SELECT * FROM url('http://127.0.0.1:9/', 'CSV', 'a String')",
    "CREATE DATABASE f ENGINE = Filesystem('/etc')",
    "CREATE TABLE f (a String) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = local, path = '/var/tmp/recibo-never/')",
    "CREATE DICTIONARY f (a String) PRIMARY KEY a SOURCE(FILE(path '/etc/hostname' format 'CSV')) LAYOUT(FLAT()) LIFETIME(1)",
    "CREATE FUNCTION f AS (x) -> file(x)",
    "SELECT 1 FORMAT Template SETTINGS format_template_resultset = '/etc/hostname'",
    "BACKUP TABLE few TO File('/var/tmp/recibo-never')",
    "ATTACH TABLE f FROM '/var/tmp/recibo-never' (a String) ENGINE = MergeTree ORDER BY a",
    "DESCRIBE TABLE file('/etc/hostname')",
    "EXPLAIN SELECT * FROM file('/etc/hostname', 'LineAsString')",
    "SYSTEM SHUTDOWN",
    "SYSTEM KILL",
)


@needs_local
def test_callers_reach_no_file_and_no_network(local: tuple[Child, str]) -> None:
    """Whatever reaches files, programs or the network through the engine, or ends it, is refused, by POST and by GET."""
    hostname = Path("/etc/hostname").read_text().strip()
    with httpx.Client(base_url=local[1]) as client:
        client.post("/", content="CREATE TABLE few (id UInt32) ENGINE = MergeTree ORDER BY id").raise_for_status()
        for statement in FORBIDDEN:
            for answer in (
                client.post("/", content=statement),
                client.get("/", params={"query": statement, "readonly": "0"}),
            ):
                assert answer.status_code >= 400, statement
                assert hostname not in answer.text.replace(statement, ""), statement
        chosen = {"query": "SELECT * FROM {d:Identifier}.`/etc/hostname`", "param_d": "default"}
        assert client.get("/", params=chosen).status_code >= 400
        assert (
            client.get("/", params={"query": "SELECT * FROM '/etc/hostname'", "database": "default"}).status_code >= 400
        )
        assert client.post("/", params={"format_template_row": "/etc/hostname"}, content="SELECT 1").status_code == 403
        assert client.post("/", content="SELECT count() FROM few").text == "0\n"
    assert not Path("/var/tmp/recibo-never").exists()  # noqa: S108 - nothing is written there


@needs_local
def test_a_get_cannot_make_itself_writable(local: tuple[Child, str]) -> None:
    """A GET stays a reader whatever settings it asks for, and may set those of its own query."""
    with httpx.Client(base_url=local[1]) as client:
        create = {"query": "CREATE TABLE t (a UInt8) ENGINE = Memory", "readonly": "0"}
        assert client.get("/", params=create).headers["X-ClickHouse-Exception-Code"] == "164"
        chosen = {"query": "SELECT getSetting('max_block_size')", "max_block_size": "17"}
        assert client.get("/", params=chosen).text == "17\n"


@needs_local
def test_a_directory_in_use_is_refused_by_name(local: tuple[Child, str], tmp_path: Path) -> None:
    """A second server on the same directory ends at once, and says who has it and what to do."""
    second = Child(clickhouse_program(tmp_path / "data", free_port()), tmp_path / "second.log")
    second.start()
    with pytest.raises(DeploymentError, match=rf"in use by another ClickHouse engine \(process {local[0].pid}\)"):
        second.wait_ready(20)
    second.stop()


@needs_local
@pytest.mark.parametrize(
    "header", [{"Origin": "https://example.org"}, {"Host": "example.org"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_web_pages_are_refused(local: tuple[Child, str], header: dict[str, str]) -> None:
    """A page in a browser of this machine cannot query the server, by its own origin or under a name it controls."""
    assert httpx.post(local[1], content="SELECT 1", headers=header).status_code in {400, 403}
