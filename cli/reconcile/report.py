"""A run on the screen and in files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from cli._spreadsheet import without_formulas
from reconciliation.match.classes import DIFFERENCES, Class
from reconciliation.report import differences
from reconciliation.report.invoice import INVOICE_COLUMNS, invoice_rows, invoice_title
from reconciliation.report.lines import head, share
from reconciliation.report.page import LISTED_MAX, page
from reconciliation.report.times import cause
from reconciliation.report.words import class_name, say
from reconciliation.report.workbook import write_workbook
from reconciliation.run.limits import ANY
from reconciliation.run.record import RunRecord
from reconciliation.run.run_tables import RunTables
from runtime.whole_file import new_file
from schemas.causes.sentences import Language

_CAUSES_SHOWN: Final = 10
_FIRST_SHOWN: Final = 20
_INVOICE_NAMES: Final = 5
"""Columns that say which line of an invoice it is; numbers follow."""


def show_run(console: Console, tables: RunTables, record: RunRecord, language: Language) -> None:
    """Print what a run compared, its classes, causes and first differences."""
    console.print(say(language, "title", name=record.name), style="bold", highlight=False)
    for line in head(record, language):
        console.print(line, highlight=False, soft_wrap=True)
    table = Table()
    table.add_column(say(language, "class"))
    for heading in ("rows", "share"):
        table.add_column(say(language, heading), justify="right")
    for name, rows in record.counts.items():
        of = "" if name == Class.NO_SEND else share(rows, record.counted)
        if name == ANY:
            table.add_section()
        table.add_row(class_name(language, name), f"{rows:,}", of)
    table.add_row(say(language, "all_rows"), f"{record.counted:,}", "")
    console.print(table)
    if record.causes:
        console.print(say(language, "causes"), style="bold")
        for found in record.causes[:_CAUSES_SHOWN]:
            text = f"  {found.rows:,} x {found.connection_id or '-'}: {cause(language, found, record)}"
            console.print(text, highlight=False, soft_wrap=True)
    if record.invoice:
        _show_invoice(console, record, language)
    if record.rows:
        _show_first(console, tables, record, language)


def _show_invoice(console: Console, record: RunRecord, language: Language) -> None:
    """Print the lines that differ, and what all of them come to."""
    table = Table(title=invoice_title(record, language), title_justify="left")
    for number, name in enumerate(INVOICE_COLUMNS[language]):
        table.add_column(name, justify="left" if number < _INVOICE_NAMES else "right")
    for row in invoice_rows(record, language):
        table.add_row(*row)
    console.print(table)


def _show_first(console: Console, tables: RunTables, record: RunRecord, language: Language) -> None:
    text, parameters = differences.query(tables.store, record, DIFFERENCES, limit=_FIRST_SHOWN)
    found = tables.client.query(text, parameters=parameters).named_results()
    table = Table(title=say(language, "first"), title_justify="left")
    names = ("class", "manifest", "row", "message_id", "reference", "differs", "their_status", "status", "acknowledged")
    for name in names:
        table.add_column(name, overflow="fold")
    for row in found:
        short = row | {"class": class_name(language, row["class"]), "manifest": str(row["manifest"])[:12]}
        table.add_row(*(str(short[name]) for name in names))
    console.print(table if table.row_count else say(language, "none"))


def write_reports(
    tables: RunTables, record: RunRecord, reports: dict[str, Path], language: Language, *, numbers: bool
) -> Iterator[Path]:
    """Write files by format, each whole; yield each that is there."""
    for shape, path in reports.items():
        with new_file(path) as file:
            if shape == "xlsx":
                text, parameters = differences.query(tables.store, record, DIFFERENCES, numbers=numbers)
                with tables.rows(text, parameters) as (names, rows):
                    write_workbook(file, record, names, rows, language)
            else:
                for chunk in _content(tables, record, shape, language, numbers=numbers):
                    file.write(chunk)
        yield path


def _content(tables: RunTables, record: RunRecord, shape: str, language: Language, *, numbers: bool) -> Iterator[bytes]:
    if shape == "html":
        text, parameters = differences.query(tables.store, record, DIFFERENCES, limit=LISTED_MAX)
        listed = tables.client.query(text, parameters=parameters).named_results()
        yield from (part.encode() for part in page(record, listed, language))
        return
    is_csv = shape == "csv"
    text, parameters = differences.query(
        tables.store, record, DIFFERENCES, numbers=numbers, spreadsheet=is_csv, typed=not is_csv
    )
    if is_csv:
        yield b"\xef\xbb\xbf"  # spreadsheets read UTF-8 only where it says so
        yield from without_formulas(tables.streamed(text, parameters, "CSVWithNames"))
        return
    yield from tables.streamed(text, parameters, "Parquet")
