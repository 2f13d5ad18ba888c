"""Batches of a Parquet file → rows of cells: typed values as the texts that a CSV file would have. Pure but for the library."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from pyarrow import RecordBatch

from reconciliation.read.csv_rows import Cells
from reconciliation.read.refusal import RowRefused, shown

_EXACT: Final = 2**53
"""Beyond it a number in binary has lost digits."""


def rows(batch: RecordBatch, first_number: int, columns: Sequence[str | None]) -> Iterator[Cells | RowRefused]:
    """Yield the cells of each row of a batch, in the order of `columns`. Rows are numbered from 1.

    Args:
        batch: of a file's rows.
        first_number: of its first row.
        columns: the file's, None in the place of one that is not read.
    """
    nothing = [None] * batch.num_rows
    values = [nothing if name is None else batch.column(place).to_pylist() for place, name in enumerate(columns)]
    for number, row in enumerate(zip(*values, strict=True), first_number):
        try:
            yield [value if type(value) is str else cell(value) for value in row]
        except ValueError as error:
            yield RowRefused(number, "", shown(str(row)), str(error), "write it as text, number or timestamp")


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
