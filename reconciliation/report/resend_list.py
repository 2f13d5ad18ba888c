"""What was not delivered, row by row, with whether it may be sent again: CSV that a spreadsheet takes for text."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from reconciliation.match.classes import Class
from reconciliation.run.record import RunRecord
from reconciliation.run.resend import Undelivered, verdict
from reconciliation.run.run_tables import RunTables
from schemas.spreadsheet import FORMULA
from schemas.status import DELIVERY_MASK

COLUMNS: Final = ("reference", "line", "tags", "why", "resend", "message_id", "manifest", "row")
_DIGITS_MIN: Final = 12
"""A spreadsheet rounds longer runs of digits."""
_QUERY: Final = """
SELECT d.class, d.seen, d.is_due, d.is_said_delivered, d.is_said_taken, d.nth = 1 OR d.class = 'duplicate' AS is_first,
    d.reference, if(n.line = '', n.recipient, n.line) AS line, n.tags AS tags, d.message_id, d.manifest, d.row
FROM
(
    SELECT *, isNull(due_at) OR due_at <= fromUnixTimestamp64Milli({{as_of_ms:Int64}}, 'UTC') AS is_due,
        max(their_status IN ({said_delivered})) OVER (PARTITION BY send) AS is_said_delivered,
        max(role = 'invoice' OR role = 'provider' AND their_status = 'sent') OVER (PARTITION BY send) AS is_said_taken,
        row_number() OVER (
            PARTITION BY send, role ORDER BY class = 'duplicate', indexOf({{manifests:Array(String)}}, manifest), row
        ) AS nth
    FROM {store}.reconciliation_difference FINAL
    WHERE account = {{account:String}} AND run = {{run:String}} AND class != '{no_send}'
) AS d
LEFT ALL JOIN
(
    SELECT manifest, row, line, recipient, tags FROM {store}.message_send FINAL
    WHERE account = {{account:String}} AND manifest IN {{manifests:Array(String)}} AND NOT is_deleted
) AS n ON n.manifest = d.manifest AND n.row = d.row
WHERE bitAnd(d.seen, {delivered}) = 0 AND d.role = 'sender'
ORDER BY d.manifest, d.row
"""
_DELIVERED: Final = """
SELECT message_id, aliases, client_ref FROM {views}.messages_found(texts = {{texts:Array(String)}})
WHERE account = {{account:String}} AND (is_delivered OR is_read)
"""
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class _Line:
    row: Undelivered
    reference: str
    line: str
    tags: Mapping[str, str]
    message_id: str
    manifest: str
    number: int


@dataclass(frozen=True, slots=True)
class _Delivered:
    """What the tables say by now, whenever the run was made."""

    ids: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()


def resend_list(tables: RunTables, record: RunRecord, views: str, only: str = "") -> Iterator[bytes]:
    """Yield the CSV, its heading first: rows of senders that callbacks do not say were delivered.

    A run is as of when it was made. What it would call safe is looked up again now, with all messages of the same reference.

    Args:
        tables: of runs.
        record: the run.
        views: database of the views.
        only: the verdict to list; "": all.
    """
    known = _delivered(tables, record, views)
    yield _line(COLUMNS)
    for lines in _undelivered(tables, record):
        yield b"".join(_cells(lines, known, only))


def _undelivered(tables: RunTables, record: RunRecord) -> Iterator[list[_Line]]:
    said = ", ".join(f"'{status}'" for status in ("delivered", "read"))
    text = _QUERY.format(store=tables.store, no_send=Class.NO_SEND, delivered=DELIVERY_MASK, said_delivered=said)
    parameters = {
        "account": record.account,
        "run": record.run,
        "as_of_ms": record.as_of_ms,
        "manifests": [m.manifest for m in record.manifests],
    }
    with tables.client.query_row_block_stream(text, parameters=parameters) as blocks:
        for rows in blocks:
            yield [_read(row) for row in rows]


def _read(row: Sequence[Any]) -> _Line:
    compared, seen, is_due, is_said_delivered, is_said_taken, is_first, *rest = row
    found = Undelivered(
        compared=compared,
        seen=seen,
        is_due=bool(is_due),
        is_said_delivered=bool(is_said_delivered),
        is_said_taken=bool(is_said_taken),
        is_first=bool(is_first),
    )
    return _Line(found, *rest)


def _delivered(tables: RunTables, record: RunRecord, views: str) -> _Delivered:
    """Return which ids and references of the rows that would be safe belong to a message that was delivered by now."""
    safe = [line for lines in _undelivered(tables, record) for line in lines if verdict(line.row)[0] == "safe"]
    texts = sorted({text for line in safe for text in (line.message_id, line.reference)} - {""})
    ids: set[str] = set()
    references: set[str] = set()
    for start in range(0, len(texts), _AT_ONCE):
        parameters = {"texts": texts[start : start + _AT_ONCE], "account": record.account}
        for message_id, aliases, reference in tables.client.query(
            _DELIVERED.format(views=views), parameters
        ).result_rows:
            ids |= {message_id, *aliases}
            references.add(reference)
    return _Delivered(frozenset(ids), frozenset(references - {""}))


def _cells(lines: Sequence[_Line], known: _Delivered, only: str) -> Iterator[bytes]:
    for line in lines:
        row = replace(
            line.row,
            delivered_since=line.message_id in known.ids,
            reference_delivered=line.reference in known.references,
        )
        resend, why = verdict(row)
        if only in {"", resend}:
            told = "; ".join(f"{name}={line.tags[name]}" for name in sorted(line.tags))
            yield _line(
                (line.reference, line.line, told, why, resend, line.message_id, line.manifest, str(line.number))
            )


def _line(cells: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(map(as_text, cells))
    return out.getvalue().encode()


def as_text(cell: str) -> str:
    """Return a cell that a spreadsheet neither calculates nor rounds: with an apostrophe where it would."""
    is_number = cell.isdecimal() and len(cell) >= _DIGITS_MIN
    return f"'{cell}" if is_number or cell.startswith(FORMULA) else cell
