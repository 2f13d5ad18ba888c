"""The local ClickHouse, asked by ClickHouse's own client."""

import threading
from datetime import UTC, datetime

import clickhouse_connect
import httpx
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

EVENT = """
CREATE TABLE event (id UInt64, name LowCardinality(String), at DateTime64(3, 'UTC'), note Nullable(String), tags Map(String, UInt8))
ENGINE = MergeTree ORDER BY id SETTINGS fsync_after_insert = 1
"""
COLUMNS = ["id", "name", "at", "note", "tags"]


@pytest.fixture
def event(clickhouse: Client) -> Client:
    """A client in a database with an empty table `event`."""
    clickhouse.command(EVENT)
    return clickhouse


def columns(ids: range) -> list[list[object]]:
    return [list(ids), ["sent"] * len(ids), [1_700_000_000_000] * len(ids), [None] * len(ids), [{"a": 1}] * len(ids)]


@pytest.mark.parametrize("compression", [False, "lz4", "zstd", "gzip"])
def test_columns_come_back_as_they_were_inserted(
    event: Client, clickhouse_url: str, *, compression: bool | str
) -> None:
    """Rows inserted by column, in every compression, are read back with their types, and are counted in the summary."""
    with clickhouse_connect.get_client(dsn=clickhouse_url, database=event.database, compress=compression) as client:
        written = client.insert("event", columns(range(5_000)), column_names=COLUMNS, column_oriented=True)
        assert written.written_rows == 5_000
        rows = client.query("SELECT * FROM event ORDER BY id").result_rows
    assert len(rows) == 5_000
    assert rows[7] == (7, "sent", datetime.fromisoformat("2023-11-14T22:13:20"), None, {"a": 1})


@pytest.mark.parametrize("compression", [False, "lz4", "zstd", "gzip"])
def test_large_results_are_streamed_in_every_compression(
    event: Client, clickhouse_url: str, *, compression: bool | str
) -> None:
    """Native blocks and Arrow batches of a result of many blocks, compressed or not, hold every row in its order."""
    event.command(
        "INSERT INTO event (id, name, at, note) SELECT number, toString(number % 7), toDateTime64(number, 3), "
        "if(number % 3 = 0, NULL, hex(sipHash128(number))) FROM numbers(200000)"
    )
    asked = "SELECT id, note FROM event ORDER BY id"
    expected = event.query(
        "SELECT groupArray(cityHash64(id, note)) FROM (SELECT * FROM event ORDER BY id)"
    ).result_rows[0][0]
    with clickhouse_connect.get_client(dsn=clickhouse_url, database=event.database, compress=compression) as client:
        with client.query_column_block_stream(asked) as blocks:
            columns = list(blocks)
        assert len(columns) > 1, "one block is no stream"
        rows = [row for ids, notes in columns for row in zip(ids, notes, strict=True)]
        assert [id_ for id_, _ in rows] == list(range(200_000))
        assert rows[:2] == [(0, None), (1, event.command("SELECT hex(sipHash128(toUInt64(1)))"))]
        with client.query_arrow_stream(asked) as batches:
            assert [row for batch in batches for row in zip(*batch.to_pydict().values(), strict=True)] == rows
        client.insert(
            "event",
            [[id_ + 200_000 for id_, _ in rows], [note for _, note in rows]],
            ["id", "note"],
            column_oriented=True,
        )
    copied = "SELECT groupArray(cityHash64(toUInt64(id - 200000), note)) FROM (SELECT * FROM event WHERE id >= 200000 ORDER BY id)"
    assert event.query(copied).result_rows[0][0] == expected


@pytest.mark.parametrize("encoding", ["lz4", "zstd", "gzip", "br", "deflate"])
def test_a_result_is_compressed_as_the_client_asks(clickhouse_url: str, encoding: str) -> None:
    """With enable_http_compression an answer says its encoding, and is smaller for it."""
    sent = {"Accept-Encoding": encoding}
    given = {"query": "SELECT number FROM numbers(50000)", "enable_http_compression": "1"}
    with httpx.stream("GET", clickhouse_url, params=given, headers=sent) as answer:
        assert answer.headers["content-encoding"] == encoding
        assert len(b"".join(answer.iter_raw())) < 200_000


def test_parameters_are_bound_by_the_server(clickhouse: Client) -> None:
    """Values with quotes, backslashes, control characters, arrays, times and NULL arrive as they are."""
    given = {
        "text": "a'b\\c\n\tção",
        "items": ["q'", "\\", ""],
        "at": datetime(2024, 1, 1, tzinfo=UTC),
        "none": None,
        "number": 7,
    }
    asked = "SELECT {text:String}, {items:Array(String)}, {at:DateTime64(3, 'UTC')}, {none:Nullable(String)}, {number:UInt8}"
    assert clickhouse.query(asked, parameters=given).result_rows == [
        (given["text"], given["items"], datetime.fromisoformat("2024-01-01T00:00:00"), None, 7)
    ]


@pytest.mark.parametrize(
    ("sql", "code", "name", "status"),
    [
        ("SELECT * FROM nope", 60, "UNKNOWN_TABLE", 404),
        ("SELEC 1", 62, "SYNTAX_ERROR", 400),
        ("SELECT nope", 47, "UNKNOWN_IDENTIFIER", 404),
        ("SELECT toUInt8('x')", 6, "CANNOT_PARSE_TEXT", 400),
        ("SELECT throwIf(1)", 395, "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO", 500),
        ("SELECT 1 SETTINGS nope = 1", 115, "UNKNOWN_SETTING", 404),
        ("", 62, "SYNTAX_ERROR", 400),
    ],
)
def test_errors_are_those_of_clickhouse(clickhouse_url: str, sql: str, code: int, name: str, status: int) -> None:
    """A failed statement is answered with ClickHouse's code, name and HTTP status, and its reason as text."""
    answer = httpx.post(clickhouse_url, content=sql)
    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (status, str(code))
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")
    assert f"({name})" in answer.text


def test_rows_that_do_not_parse_are_refused_whole(event: Client) -> None:
    """An insert whose second row is wrong writes neither row."""
    rows = b'{"id": 1}\n{"id": "x"}\n'
    with pytest.raises(DatabaseError) as refused:
        event.raw_insert("event", ["id"], rows, fmt="JSONEachRow")
    assert refused.value.code == 27
    assert event.command("SELECT count() FROM event") == 0


def test_settings_of_one_request_do_not_reach_the_next(clickhouse: Client) -> None:
    """A setting given with one query holds for that query alone."""
    assert clickhouse.query("SELECT getSetting('max_block_size')", settings={"max_block_size": 17}).first_item == {
        "getSetting('max_block_size')": 17
    }
    assert clickhouse.command("SELECT getSetting('max_block_size')") != 17


def test_a_get_changes_nothing(clickhouse_url: str) -> None:
    """A statement sent by GET can read and cannot write, as in ClickHouse."""
    assert httpx.get(clickhouse_url, params={"query": "SELECT 1"}).text == "1\n"
    refused = httpx.get(clickhouse_url, params={"query": "CREATE TABLE t (a UInt8) ENGINE = Memory"})
    assert refused.headers["X-ClickHouse-Exception-Code"] == "164"


def test_a_reader_over_its_time_is_ended(clickhouse: Client) -> None:
    """A query that runs longer than its limit fails with the time-out's code."""
    with pytest.raises(DatabaseError) as refused:
        clickhouse.query("SELECT sum(sipHash64(number)) FROM numbers(100000000000)", settings={"max_execution_time": 1})
    assert refused.value.code == 159


def test_inserts_do_not_wait_for_long_readers(event: Client, clickhouse_url: str) -> None:
    """While readers fill their lane, and more wait behind them, inserts are answered one after the other."""

    def read() -> None:
        with clickhouse_connect.get_client(dsn=clickhouse_url) as client:
            client.query("SELECT sleepEachRow(1) FROM numbers(3) SETTINGS max_block_size = 1")

    readers = [threading.Thread(target=read) for _ in range(12)]
    for reader in readers:
        reader.start()
    for batch in range(20):
        ids = range(batch * 1000, batch * 1000 + 1000)
        event.insert("event", columns(ids), column_names=COLUMNS, column_oriented=True)
    assert all(reader.is_alive() for reader in readers)
    for reader in readers:
        reader.join()
    assert event.command("SELECT count() FROM event") == 20_000
