"""What the projections lean on in clickhouse-connect, part of it not public: an upgrade that changes it fails here first.

A changed digest is no error in itself: read the method again, with what is said beside it in mind, run
`tests/integration/projections`, and then write the new digest down.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from clickhouse_connect.datatypes.registry import get_from_name
from clickhouse_connect.driver import exceptions
from clickhouse_connect.driver._backend.httpcommon import build_http_error, plan_raw_insert_request
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.insert import InsertContext
from clickhouse_connect.driver.transform import NativeTransform

from projections.blocks import Blocks
from projections.rows import projections_of
from projections.rows.table import Table
from runtime.clickhouse.failures import clickhouse_failure
from runtime.failure import Failure
from schemas.topics import Topics
from tests.contracts.reading import check_as_read, parameters


def test_signatures() -> None:
    """What the sink calls still takes what it gives."""
    given = {"table", "column_names", "insert_block", "settings", "fmt", "compression"}
    assert given <= set(parameters(Client.raw_insert))
    given = {"table", "column_names", "column_types", "data", "column_oriented", "block_size"}
    assert given <= set(parameters(InsertContext.__init__))
    assert parameters(NativeTransform.build_insert)[:2] == ["context", "error_handler"]


@pytest.mark.parametrize(
    ("function", "known", "look_at"),
    [
        (
            NativeTransform.build_insert,
            "a59b17b69a2ec975",
            "begins a first block with the statement, not those after it: `Blocks` has only such",
        ),
        (
            plan_raw_insert_request,
            "3f036ec56a9f4dcf",
            "the body is `insert_block` as it is, and a header says how we compressed it",
        ),
        (build_http_error, "0b455b0d217aa937", "the code is the engine's header: `clickhouse_failure` decides by it"),
        (InsertContext.next_block, "e92f9b64d81eee0e", "one block where `block_size` is the number of rows"),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_source_is_the_one_that_was_read(function: Callable[..., Any], known: str, look_at: str) -> None:
    """The body of a method that the projections rely on has not changed since it was read."""
    check_as_read(function, known, look_at)


def test_a_block_is_the_engines_native_format() -> None:
    """A block is two counts, then a name, a type and the values of each column, and nothing of a statement."""
    blocks = Blocks(Table("t", (("n", "UInt16"), ("s", "String"))), [(1, "a"), (258, "bc")])
    assert bytes(blocks._encoded) == b"\x02\x02\x01n\x06UInt16\x01\x00\x02\x01\x01s\x06String\x01a\x02bc"


@pytest.mark.parametrize(
    "type_", sorted({t for p in projections_of(Topics()) for table, _ in p.tables for _, t in table.columns})
)
def test_every_type_of_our_tables_is_known(type_: str) -> None:
    """Each column's type is one that the client writes."""
    assert get_from_name(type_).name.replace(" ", "") == type_.replace(" ", "")


def test_times_are_written_as_whole_milliseconds() -> None:
    """A DateTime64(3) takes our integers as they are: milliseconds since 1970."""
    blocks = Blocks(Table("t", (("at", "DateTime64(3, 'UTC')"),)), [(1_700_000_000_123,)])
    assert bytes(blocks._encoded).endswith((1_700_000_000_123).to_bytes(8, "little"))
    blocks = Blocks(Table("t", (("day", "UInt16"),)), [(dt.date(2026, 1, 1).toordinal() - 719_163,)])
    assert bytes(blocks._encoded).endswith((20_454).to_bytes(2, "little"))


def test_errors_say_what_they_are() -> None:
    """An error carries ClickHouse's code, and the classes that refusals are recognised by have the parents we take them for."""
    error = exceptions.DatabaseError("no", code=27, name="CANNOT_PARSE_INPUT_ASSERTION_FAILED")
    assert error.code == 27
    assert clickhouse_failure(error) is Failure.REFUSED
    assert exceptions.DatabaseError("away").code is None
    assert clickhouse_failure(exceptions.OperationalError("away")) is Failure.AWAY
    assert issubclass(exceptions.DataError, exceptions.Error)
    assert issubclass(exceptions.OperationalError, exceptions.Error)
    assert issubclass(exceptions.Error, exceptions.ClickHouseError)
    assert not issubclass(exceptions.StreamCompleteException, exceptions.ClickHouseError)


@pytest.mark.parametrize("retried", [False, True])
def test_an_answer_of_the_engine_keeps_its_code(*, retried: bool) -> None:
    """A refused insert has ClickHouse's code, even where the client sent it twice; an answer without one has none."""
    refused = build_http_error(
        500, "27", "Code: 27. DB::Exception: no (CANNOT_PARSE_INPUT)", "scrub", "http://here", retried
    )
    assert refused.code == 27
    assert clickhouse_failure(refused) is Failure.REFUSED
    away = build_http_error(502, None, "bad gateway", "scrub", "http://here", retried)
    assert away.code is None
    assert clickhouse_failure(away) is Failure.AWAY


@pytest.mark.parametrize(("type_", "value"), [("UInt16", 70_000), ("UInt16", "a"), ("DateTime64(3, 'UTC')", "soon")])
def test_values_that_a_column_cannot_hold_are_refused_before_anything_is_sent(type_: str, value: object) -> None:
    """The client raises while it encodes, one of the errors that bisection is for."""
    with pytest.raises((ValueError, TypeError, OverflowError, ArithmeticError, exceptions.DataError)) as raised:
        Blocks(Table("t", (("c", type_),)), [(value,)])
    assert clickhouse_failure(raised.value) is Failure.REFUSED
