"""What was not delivered, row by row, with whether it may be sent again: CSV that a spreadsheet takes for text."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any, Final

from reconciliation.match.classes import Class
from reconciliation.run.record import RunRecord
from reconciliation.run.resend import verdict
from reconciliation.run.run_tables import RunTables
from schemas.spreadsheet import FORMULA
from schemas.status import DELIVERY_MASK

COLUMNS: Final = ("reference", "line", "tags", "why", "resend", "message_id", "manifest", "row")
_DIGITS_MIN: Final = 12
"""A spreadsheet rounds longer runs of digits."""
_QUERY: Final = """
SELECT d.class, d.seen, isNull(d.due_at) OR d.due_at <= fromUnixTimestamp64Milli({{as_of_ms:Int64}}, 'UTC') AS is_due,
    d.reference, if(n.line = '', n.recipient, n.line) AS line, n.tags AS tags, d.message_id, d.manifest, d.row
FROM {store}.reconciliation_difference AS d
LEFT ALL JOIN
(
    SELECT manifest, row, line, recipient, tags FROM {store}.message_send FINAL
    WHERE account = {{account:String}} AND manifest IN {{manifests:Array(String)}} AND NOT is_deleted
) AS n ON n.manifest = d.manifest AND n.row = d.row
WHERE d.account = {{account:String}} AND d.run = {{run:String}} AND d.class != '{no_send}' AND bitAnd(d.seen, {delivered}) = 0
    AND d.role = 'sender'
ORDER BY d.manifest, d.row
"""


def resend_list(tables: RunTables, record: RunRecord, only: str = "") -> Iterator[bytes]:
    """Yield the CSV, its heading first: rows of senders that callbacks do not say were delivered.

    Args:
        tables: of runs.
        record: the run.
        only: the verdict to list; "": all.
    """
    text = _QUERY.format(store=tables.store, no_send=Class.NO_SEND, delivered=DELIVERY_MASK)
    parameters = {
        "account": record.account,
        "run": record.run,
        "as_of_ms": record.as_of_ms,
        "manifests": [m.manifest for m in record.manifests],
    }
    yield _line(COLUMNS)
    with tables.client.query_row_block_stream(text, parameters=parameters) as blocks:
        for rows in blocks:
            yield b"".join(_lines(rows, only))


def _lines(rows: Sequence[Sequence[Any]], only: str) -> Iterator[bytes]:
    for compared, seen, is_due, reference, line, tags, message_id, manifest, row in rows:
        resend, why = verdict(compared, seen, is_due=bool(is_due))
        if only in {"", resend}:
            told = "; ".join(f"{name}={tags[name]}" for name in sorted(tags))
            yield _line((reference, line, told, why, resend, message_id, manifest, str(row)))


def _line(cells: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(map(as_text, cells))
    return out.getvalue().encode()


def as_text(cell: str) -> str:
    """Return a cell that a spreadsheet neither calculates nor rounds: with an apostrophe where it would."""
    is_number = cell.isdecimal() and len(cell) >= _DIGITS_MIN
    return f"'{cell}" if is_number or cell.startswith(FORMULA) else cell
