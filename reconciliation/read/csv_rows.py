"""Lines of CSV → rows of cells. Pure: lines in, rows out, one after another.

A quotation mark that is never closed would make one cell of the rest of the file. Its row is refused, and reading goes on with
the line after the one in which it stands.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator

from reconciliation.read.refusal import RowRefused, shown

Cells = list[str]


class _Lines:
    """Lines that may be read again: those of the row that is being read are kept."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self.of_row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.of_row.append(line)
        return line

    def read_again_after_first(self) -> None:
        """Give back all lines of the row but its first."""
        self._again.extendleft(reversed(self.of_row[1:]))


def rows(lines: Iterable[str], delimiter: str) -> Iterator[Cells | RowRefused]:
    """Yield each row's cells, none where all are empty. Rows are numbered as a spreadsheet numbers them: the header is row 1."""
    source = _Lines(lines)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    number = 0
    while True:
        source.of_row.clear()
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            first = source.of_row[0] if source.of_row else ""
            spans = len(source.of_row) > 1
            source.read_again_after_first()
            reader = csv.reader(source, delimiter=delimiter, strict=True)
            why = "has a quotation mark that is never closed" if spans else f"is no row of CSV ({error})"
            remedy = 'put the cell between quotation marks and double those inside it ("he said ""yes""")'
            yield RowRefused(number, "", shown(first.rstrip("\r\n")), why, remedy)
            continue
        yield cells if any(cells) else []
