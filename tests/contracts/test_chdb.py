"""What the local engine leans on in chDB, part of it private: an upgrade that changes it fails here first."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chdb.state.sqlitelike import Connection

from tests.contracts.reading import parameters


@pytest.fixture
def handle(tmp_path: Path) -> Iterator[Connection]:
    """A handle of an engine in a directory of its own."""
    with Connection(str(tmp_path)) as made:
        yield made


def test_signatures() -> None:
    """What the engine calls still takes what it gives."""
    assert parameters(Connection.query) == ["self", "query", "format", "params"]
    assert parameters(Connection.send_insert) == ["self", "query", "format"]


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT 1", "READ_ONLY"),
        ("WITH 1 AS a SELECT a", "READ_ONLY"),
        ("INSERT INTO t SELECT 1", "MUTATING"),
        ("CREATE TABLE t (a UInt8) ENGINE = Memory", "MUTATING"),
        ("ALTER TABLE t DELETE WHERE a = 1", "MUTATING"),
        ("SYSTEM FLUSH LOGS", "CONTROL"),
        ("KILL QUERY WHERE 1", "CONTROL"),
    ],
)
def test_a_statement_is_classified_without_running_it(handle: Connection, sql: str, kind: str) -> None:
    """What is behind a handle distinguishes readers, changes and control: that decides what waits for what."""
    assert handle._conn.classify_query(sql)["query_class"].name == kind


def test_a_statement_that_cannot_be_parsed_is_no_error_yet(handle: Connection) -> None:
    """Text that is no SQL gets a class of its own, among the readers, and fails when it runs."""
    kind = handle._conn.classify_query("SELEC 1")["query_class"].name
    assert kind in {"READ_ONLY", "UNKNOWN"}
    with pytest.raises(RuntimeError, match="SYNTAX_ERROR"):
        handle.query("SELEC 1")


def test_errors_are_runtime_errors_with_the_engines_code(handle: Connection) -> None:
    """Every failure is a RuntimeError whose text bears ClickHouse's code and name."""
    with pytest.raises(RuntimeError, match=r"Code: 60\. DB::Exception: .*\(UNKNOWN_TABLE\)"):
        handle.query("SELECT * FROM nowhere")


def test_a_result_counts_what_was_read_and_written(handle: Connection) -> None:
    """A result has its bytes and its counts, and a SELECT takes its parameters by name."""
    done = handle.query("SELECT {a:UInt8} + 1", "TabSeparated", params={"a": "41"})
    assert done.bytes() == b"42\n"
    assert done.rows_written() == 0
    assert done.elapsed() >= 0
    for count in (done.storage_rows_read, done.storage_bytes_read, done.bytes_written):
        assert isinstance(count(), int)


def test_rows_are_inserted_as_they_stream(handle: Connection) -> None:
    """An insert takes bytes in its format, and says how many rows it wrote."""
    handle.query("CREATE DATABASE d")
    handle.query("CREATE TABLE d.t (a UInt8) ENGINE = MergeTree ORDER BY a")
    with handle.send_insert("INSERT INTO d.t", "TabSeparated") as inserter:
        inserter.append(b"1\n2\n")
        assert inserter.finish().rows_written == 2
    with handle.send_insert("INSERT INTO d.t", "TabSeparated") as inserter, pytest.raises(RuntimeError):
        _insert(inserter, b"no number\n")
    assert handle.query("SELECT count() FROM d.t", "TabSeparated").bytes() == b"2\n"


def _insert(inserter: Any, rows: bytes) -> None:
    """Append rows and finish: the engine refuses bad ones at the one or the other."""
    inserter.append(rows)
    inserter.finish()


def test_handles_of_one_directory_share_the_engine_and_not_their_settings(handle: Connection, tmp_path: Path) -> None:
    """What one handle sets does not reach another, and tables are the same for all."""
    handle.query("SET max_threads = 1")
    handle.query("CREATE DATABASE d")
    with Connection(str(tmp_path)) as other:
        assert other.query("SELECT getSetting('max_threads') = 1", "TabSeparated").bytes() in {b"0\n", b"false\n"}
        assert other.query("EXISTS DATABASE d", "TabSeparated").bytes() == b"1\n"
