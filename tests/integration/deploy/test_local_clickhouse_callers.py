"""What callers of the local ClickHouse must show, and what they may not ask of it."""

from pathlib import Path

import httpx
import pytest

from deploy.local.engine import clickhouse_program
from deploy.local.engine_access import password_file_for
from runtime.supervisor import Child
from tests.support.servers import needs_local

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
    "INSERT INTO few (id) FORMAT vaLues (length(file('/etc/hostname')))",
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
    "header", [{"Origin": "https://example.org"}, {"Host": "example.org"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_web_pages_are_refused(local: tuple[Child, str], header: dict[str, str]) -> None:
    """A page in a browser of this machine cannot query the server, by its own origin or under a name it controls."""
    assert httpx.post(local[1], content="SELECT 1", headers=header).status_code in {400, 403}
