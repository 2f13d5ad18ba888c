"""The statement and the rows of a request to the local ClickHouse."""

import pytest

from deploy.local.clickhouse.statement import Statement, goes_on_after_values, output_format, parse_statement


@pytest.mark.parametrize(
    ("query", "body", "expected"),
    [
        (b"SELECT 1", b"", Statement("SELECT 1\n")),
        (b"", b"SELECT 1 FORMAT JSON", Statement("SELECT 1 FORMAT JSON")),
        (b"", b"INSERT INTO t (a) VALUES (1)", Statement("INSERT INTO t (a) ", b" (1)", "Values")),
        (b"", b"INSERT INTO t SELECT 'x' FORMAT", Statement("INSERT INTO t SELECT 'x' FORMAT")),
        (b"", b"INSERT INTO t (a) FORMAT Native\n\x01\x00", Statement("INSERT INTO t (a) ", b"\x01\x00", "Native")),
        (b"INSERT INTO t FORMAT CSV", b"1\n2\n", Statement("INSERT INTO t ", b"1\n2\n", "CSV")),
        (b"", b"/* FORMAT X */ insert into t format CSV \n1", Statement("/* FORMAT X */ insert into t ", b"1", "CSV")),
        (b"", b"INSERT INTO `a FORMAT b` FORMAT CSV\n", Statement("INSERT INTO `a FORMAT b` ", b"", "CSV")),
        (b"", b"INSERT INTO t (format) FORMAT CSV\n1", Statement("INSERT INTO t (format) ", b"1", "CSV")),
        (
            b"",
            b"INSERT INTO t SETTINGS a = 'FORMAT x' FORMAT CSV\n1",
            Statement("INSERT INTO t ", b"1", "CSV", "SETTINGS a = 'FORMAT x' "),
        ),
        (b"", b"INSERT INTO t FORMAT TSV\n\nx", Statement("INSERT INTO t ", b"\nx", "TSV")),
    ],
)
def test_rows_are_told_from_the_statement(query: bytes, body: bytes, expected: Statement) -> None:
    """Only an INSERT with a FORMAT of its own carries rows, and the rows are exactly the bytes after its line."""
    assert parse_statement(query, body) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", "TabSeparated"),
        ("SELECT 1 FORMAT JSON", "JSON"),
        ("SELECT 1\n FORMAT Native;", "Native"),
        ("SELECT 'FORMAT JSON'", "TabSeparated"),
        ("SELECT 1 FORMAT CSV SETTINGS max_threads = 1", "CSV"),
    ],
)
def test_the_format_of_a_result(sql: str, expected: str) -> None:
    """A statement's own FORMAT clause wins over the default."""
    assert output_format(sql, "TabSeparated") == expected


@pytest.mark.parametrize("indent", [b" " * 20_000, b" \n" * 20_000, b"/* a */\n" * 5_000, b"-- a\n" * 5_000])
def test_a_long_indent_is_read_once(indent: bytes) -> None:
    """However much white space and however many comments come first, a statement is told apart without trying them anew."""
    assert not parse_statement(b"", indent + b"ALTER TABLE t DROP PARTITION 1").copies_rows()
    assert parse_statement(b"", indent + b"INSERT INTO t SELECT 1").copies_rows()
    assert goes_on_after_values(b"(1);" + indent + b"DROP TABLE t")
    assert not goes_on_after_values(b"(1);" + indent)
