"""A run as a workbook: its counts, and all differences as text cells, written row by row in little memory.

A cell is what it says: nothing is calculated, no id is rounded. The workbook's dates are the run's, so that it is the same bytes again.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import BinaryIO, Final

import xlsxwriter

from reconciliation.report.invoice import INVOICE_COLUMNS, invoice_rows
from reconciliation.report.lines import head
from reconciliation.report.words import class_name, say
from reconciliation.run.record import RunRecord
from schemas.causes.sentences import Language

ROWS_MAX: Final = 1_048_575
"""Of a sheet, beside its heading; more differences go on in further sheets."""
_TEXT_ONLY: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


def write_workbook(
    file: BinaryIO, record: RunRecord, names: Sequence[str], rows: Iterable[Sequence[object]], language: Language
) -> None:
    """Write the workbook of a run.

    Args:
        file: where to.
        record: the run.
        names: columns of the differences.
        rows: the differences, in order; read once.
        language: of the words.
    """
    with xlsxwriter.Workbook(file, _TEXT_ONLY) as book:
        book.set_properties({"title": record.name, "created": datetime.fromtimestamp(record.made_ms / 1000, UTC)})
        bold = book.add_format({"bold": True})
        _write(book, _summary(record, language), bold)
        sheet, number = None, 0
        for row in rows:
            if sheet is None or number > ROWS_MAX:
                sheet, number = book.add_worksheet(), 1
                _line(sheet, 0, names, bold)
            _line(sheet, number, row)
            number += 1


def _summary(record: RunRecord, language: Language) -> Iterable[Sequence[object]]:
    yield (say(language, "title", name=record.name),)
    yield from ((line,) for line in head(record, language))
    yield ()
    yield from ((class_name(language, name), rows) for name, rows in record.counts.items())
    yield (say(language, "all_rows"), record.counted)
    if record.invoice:
        yield ()
        yield INVOICE_COLUMNS[language]
        yield from invoice_rows(record, language)


def _write(book: "xlsxwriter.Workbook", lines: Iterable[Sequence[object]], bold: object) -> None:
    sheet = book.add_worksheet()
    for number, line in enumerate(lines):
        _line(sheet, number, line, None if number else bold)


def _line(sheet: "xlsxwriter.worksheet.Worksheet", number: int, cells: Sequence[object], style: object = None) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, int) and not isinstance(cell, bool):
            sheet.write_number(number, column, cell, style)
        elif cell != "":
            sheet.write_string(number, column, str(cell), style)
