"""`recibo sql`: one statement, its result as a table, or streamed as JSON or CSV."""

import logging
import sys
from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import Any, Final

import click
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from rich.table import Table

from cli._servers import clickhouse_option
from cli._spreadsheet import without_formulas
from cli._terminal import Terminal
from projections.clickhouse.views.catalog import what_is_missing
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from schemas.errors import DeploymentError

ROWS_SHOWN_MAX: Final = 500
_COLUMNS_ACROSS_MAX: Final = 6
"""Columns that are always shown side by side: a line a column says less of so few."""
_MISSING_PARAMETER: Final = ("UNKNOWN_QUERY_PARAMETER", "EMPTY_LIST_OF_COLUMNS_QUERIED", "UNKNOWN_IDENTIFIER")
"""What ClickHouse says where a view is asked without one of its parameters."""
_CHUNK_BYTES: Final = 64 * 1024
_RAW_FORMATS: Final = {"json": "JSONEachRow", "csv": "CSVWithNames"}


@click.command()
@click.argument("statement")
@clickhouse_option
@click.option("--database", default="", show_default="the views")
@click.option("--format", "shape", type=click.Choice(["table", *_RAW_FORMATS]), default="table", show_default=True)
def command(statement: str, clickhouse: ClickHouseSettings, database: str, shape: str) -> None:
    """Run STATEMENT (- reads it from standard input) and print its result.

    In CSV a text that a spreadsheet would calculate has an apostrophe before it; JSON has every text as it is.
    """
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)  # errors are reported below, once
    sql = sys.stdin.read() if statement == "-" else statement
    try:
        with connect(clickhouse) as client:
            client.database = database or clickhouse.views_database
            if shape in _RAW_FORMATS:
                with client.raw_stream(sql.rstrip().rstrip(";"), fmt=_RAW_FORMATS[shape]) as stream:
                    chunks = iter(partial(stream.read, _CHUNK_BYTES), b"")
                    sys.stdout.buffer.writelines(without_formulas(chunks) if shape == "csv" else chunks)
                return
            names, rows = _first_rows(client, sql)
    except ClickHouseError as error:
        raise DeploymentError(_reason(error, clickhouse.address, sql)) from error
    _print(names, rows)


def _first_rows(client: Client, sql: str) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
    """Return the column names and the rows of a result; of a large one as many as are shown, and one more."""
    if client.create_query_context(sql).is_command:
        result = client.query(sql)
        return result.column_names, result.result_rows
    with client.query_rows_stream(sql) as stream:
        return stream.source.column_names, list(islice(stream, ROWS_SHOWN_MAX + 1))


def _print(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table where it fits the terminal, else a line a column of each row."""
    widest = sum(
        max(len(name), *(len(str(row[n])) for row in rows[:ROWS_SHOWN_MAX]), 0) + 3 for n, name in enumerate(names)
    )
    if len(names) > _COLUMNS_ACROSS_MAX and widest > Terminal().width:
        _print_vertically(names, rows)
    else:
        _print_table(names, rows)


def _print_vertically(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    console = Terminal()
    width = max(map(len, names))
    for number, row in enumerate(rows[:ROWS_SHOWN_MAX], 1):
        console.print(f"row {number}", markup=False)
        for name, value in zip(names, row, strict=True):
            console.print(f"  {name:{width}}  {'' if value is None else value}", markup=False, highlight=False)
    _print_count(console, rows)


def _print_table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    table = Table()
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows[:ROWS_SHOWN_MAX]:
        table.add_row(*("" if value is None else str(value) for value in row))
    console = Terminal()
    console.print(table)
    _print_count(console, rows)


def _print_count(console: Terminal, rows: Sequence[Sequence[Any]]) -> None:
    if len(rows) > ROWS_SHOWN_MAX:
        console.print(f"the first {ROWS_SHOWN_MAX} rows; there are more: add LIMIT, or --format csv")
    else:
        console.print(f"{len(rows)} rows")


def _reason(error: ClickHouseError, url: str, sql: str) -> str:
    if any(name in str(error) for name in _MISSING_PARAMETER) and (sentence := what_is_missing(sql)):
        return sentence
    text = str(error).partition("server response: ")[2].partition(" (for url")[0].strip() or str(error)
    if "UNKNOWN_DATABASE" in text:
        return f"{text}: the tables are made when the projections start; see `recibo up` or `recibo doctor`"
    if "Code: " not in text:
        return f"ClickHouse at {url} does not answer: start it (`recibo up`), or correct --clickhouse or CLICKHOUSE_URL"
    return text
