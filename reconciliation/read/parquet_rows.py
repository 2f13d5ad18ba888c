"""Batches of a Parquet file → rows of cells: typed values as the texts that a CSV file would have. Pure but for the library."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from pyarrow import DictionaryArray, RecordBatch, Schema, types
from pyarrow.parquet import FileMetaData

from reconciliation.read.csv_rows import Cells
from reconciliation.read.refusal import RowRefused, shown

_EXACT: Final = 2**53
"""Beyond it a number in binary has lost digits."""

BATCH_ROWS_MAX: Final = 5_000
BATCH_BYTES: Final = 32 << 20
"""About so much of a file is in memory at a time, beside a page (the least that can be uncompressed), as long as a row is smaller."""


def texts(schema: Schema) -> list[str]:
    """Return the columns that are texts. They are read with their dictionaries: a few KB may say one long text in every row."""
    return [one.name for one in schema if types.is_string(one.type) or types.is_binary(one.type)]


def batch_rows(metadata: FileMetaData) -> int:
    """Return how many rows to read at a time, by what the file says its rows take once they are uncompressed."""
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    row_bytes = max((group.total_byte_size // max(group.num_rows, 1) for group in groups), default=0)
    return min(BATCH_ROWS_MAX, max(1, BATCH_BYTES // max(row_bytes, 1)))


def rows(batch: RecordBatch, first_number: int, columns: Sequence[str | None]) -> Iterator[Cells | RowRefused]:
    """Yield the cells of each row of a batch, in the order of `columns`. Rows are numbered from 1.

    Args:
        batch: of a file's rows.
        first_number: of its first row.
        columns: the file's, None in the place of one that is not read.
    """
    nothing = [None] * batch.num_rows
    values = [nothing if name is None else _values(batch.column(place)) for place, name in enumerate(columns)]
    for number, row in enumerate(zip(*values, strict=True), first_number):
        try:
            yield [value if type(value) is str else cell(value) for value in row]
        except ValueError as error:
            yield RowRefused(number, "", shown(str(row)), str(error), "write it as text, number or timestamp")


def _values(column: Any) -> list[Any]:
    """Return a column's values: what a dictionary says once is one object, in however many rows."""
    if not isinstance(column, DictionaryArray):
        return list(column.to_pylist())
    said = column.dictionary.to_pylist()
    return [None if place is None else said[place] for place in column.indices.to_pylist()]


def cell(value: Any) -> str:  # noqa: PLR0911 - one return a type
    """Return a typed value as text. Raises ValueError for a list, an object or bytes that are no UTF-8."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        # A library that had gaps in a column of whole numbers keeps it so; up to 2**53 nothing is lost.
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list | dict | tuple):
        raise ValueError("has a list or an object")  # noqa: TRY004 - of the row, not of a call
    return str(value)
