"""JSON lines → rows of cells, in the order of the columns. Pure.

Numbers are taken as they are written, so that `5.51199E+12` is seen for what it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from reconciliation.read.csv_rows import Cells
from reconciliation.read.refusal import RowRefused, shown

_decode: Final = msgspec.json.Decoder(dict[str, Any], float_hook=str).decode
_REMEDY: Final = "write one JSON object a line, its values texts, numbers, true, false or null"
COLUMNS_MAX: Final = 1_000
"""More names than that are data, and no columns of a table of sends."""


def headers(lines: Iterable[str]) -> list[str]:
    """Return the names that the objects of a file have, in the order in which they come; no more than a line's past COLUMNS_MAX.

    All lines are looked at: what a thousand objects leave out (an amount, an error) the next may have.
    """
    found: dict[str, None] = {}
    for line in lines:
        try:
            names = _decode(line)
        except (msgspec.DecodeError, UnicodeEncodeError):
            continue
        if names.keys() <= found.keys():
            continue
        found |= dict.fromkeys(names)
        if len(found) > COLUMNS_MAX:
            break
    return list(found)


def rows(lines: Iterable[str], columns: Sequence[str | None]) -> Iterator[Cells | RowRefused]:
    """Yield each line's cells, in the order of `columns` (None: not read); none for an empty line. A row's number is its line's."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            yield []
            continue
        try:
            found = _decode(line)
        except (msgspec.DecodeError, UnicodeEncodeError) as error:
            yield RowRefused(number, "", shown(line.strip()), f"is no JSON object ({error})", _REMEDY)
            continue
        yield cells(number, found, columns)


def cells(number: int, found: Mapping[str, Any], columns: Sequence[str | None]) -> Cells | RowRefused:
    """Return the cells of one object, in the order of `columns`; refused where a value is a list or an object."""
    texts = []
    for column in columns:
        value = None if column is None else found.get(column)
        if type(value) is str:
            texts.append(value)
        elif value is None:
            texts.append("")
        elif isinstance(value, bool):
            texts.append("true" if value else "false")
        elif isinstance(value, int):
            texts.append(str(value))
        else:
            return RowRefused(number, column or "", shown(str(value)), "is a list or an object", _REMEDY)
    return texts
