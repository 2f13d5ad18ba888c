"""Rows of cells → sends: the one place where a mapping meets values. Pure: the time is passed in."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from reconciliation.read import amounts, cells, moments
from reconciliation.read.csv_rows import Cells
from reconciliation.read.mapping import Mapping
from reconciliation.read.refusal import CellRefused, RowRefused, shown
from schemas.providers.times import zone
from schemas.send import Role, Send

_WIDTH: Final = "a cell that has the delimiter in it must stand between quotation marks"

_INVOICE: Final = "leave it out, keep it as a tag, or give the rows as those of an invoice"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is the same for all rows that are read at one time."""

    account: str
    name: str
    """`Send.manifest`."""
    role: Role
    version: int
    """UTC ms."""


class SendRows:
    """Reads rows of one file or table as sends, and counts: rows = kept + refused."""

    def __init__(self, manifest: Manifest, mapping: Mapping, headers: Sequence[str], decimal: str = ".") -> None:
        """Prepare.

        Args:
            manifest: what the rows belong to.
            mapping: checked against `headers`.
            headers: names of the columns, in the order of the cells.
            decimal: what stands before decimals, where the mapping does not say.
        """
        self._manifest = manifest
        self._headers = headers
        self._width = len(headers)
        self._constant = {
            **mapping.fixed,
            "account": manifest.account,
            "manifest": manifest.name,
            "role": manifest.role,
            "version": manifest.version,
        }
        plain, composed = _readers(mapping, decimal)
        places = [(headers.index(name), name, field) for field, name in mapping.columns.items()]
        self._plain = [(*place, plain[place[2]]) for place in places if place[2] in plain]
        self._composed = [(place[0], place[1], composed[place[2]]) for place in places if place[2] in composed]
        self._composed += [(headers.index(name), name, _tagging(tag)) for tag, name in mapping.tags.items()]
        self._is_invoice = manifest.role == "invoice"
        self.columns = [
            name if name in {*mapping.columns.values(), *mapping.tags.values()} else None for name in headers
        ]
        """The headers; None in the place of one that is not read."""
        self.kept = 0
        self.refused = 0

    def read(self, rows: Iterable[Cells | RowRefused], first_number: int = 1) -> Iterator[Send | RowRefused]:
        """Yield each row as a send, or refused; nothing for an empty line. Rows are numbered on from `first_number`."""
        for number, row in enumerate(rows, first_number):
            if isinstance(row, RowRefused):
                yield self.counted(row)
            elif row:
                yield self.counted(self.row(number, row))

    def counted(self, one: Send | RowRefused) -> Send | RowRefused:
        """Return what became of a row, and count it."""
        if isinstance(one, Send):
            self.kept += 1
        else:
            self.refused += 1
        return one

    def row(self, number: int, row: Cells) -> Send | RowRefused:
        """Return one row as a send, or refused."""
        if len(row) != self._width:
            why = f"has {len(row)} cells, and there are {self._width} columns"
            return RowRefused(number, "", shown(row[0]), why, _WIDTH)
        values: dict[str, Any] = dict(self._constant)
        place, name = 0, ""
        try:
            for place, name, fill in self._composed:  # noqa: B007 - said below
                if cell := row[place]:
                    fill(cell, values)
            for place, name, field, read in self._plain:  # noqa: B007
                if (cell := row[place]) and (value := read(cell)) != "":
                    values[field] = value
        except CellRefused as error:
            return RowRefused(number, name, shown(row[place]), error.why, error.remedy)
        if self._names_nothing(values):
            remedy = "fill in one of these columns, or take the row out"
            return RowRefused(number, "", "", "names no message: message id, reference and recipient are empty", remedy)
        if not self._is_invoice and (values.get("period") or values.get("quantity", 1) != 1):
            field = "period" if values.get("period") else "quantity"
            value = shown(str(values[field]))
            return RowRefused(number, field, value, "counts several messages, as only an invoice's line does", _INVOICE)
        return Send(row=number, **values)

    def _names_nothing(self, values: dict[str, Any]) -> bool:
        """Return whether it names no message, and is no invoice's line, which counts messages and names none."""
        if values.get("message_id") or values.get("reference") or values.get("recipient"):
            return False
        return not (self._is_invoice and ("quantity" in values or "amount_micros" in values))


Read = Callable[[str], Any]
"""A cell → the value of one field."""
Fill = Callable[[str, dict[str, Any]], None]
"""Puts what a cell says into a send's values: several at once."""


def _readers(mapping: Mapping, decimal: str) -> tuple[dict[str, Read], dict[str, Fill]]:
    """Return what reads each field. What an amount's sign says of the currency comes before what a column says."""
    naive = zone(mapping.time_zone)

    def recipient(cell: str, values: dict[str, Any]) -> None:
        values["recipient"], values["recipient_kind"], values["line"] = cells.recipient(cell)

    def sent_at(cell: str, values: dict[str, Any]) -> None:
        values["sent_at_ms"] = moments.sent_at_ms(cell, naive)

    def status(cell: str, values: dict[str, Any]) -> None:
        values["status"], values["status_text"] = cells.status(cell)

    def amount(cell: str, values: dict[str, Any]) -> None:
        values["amount_micros"], currency = amounts.amount(cell, mapping.decimal or decimal)
        if currency:
            values["currency"] = currency

    plain: dict[str, Read] = {
        **dict.fromkeys(("message_id", "reference"), cells.text),
        **dict.fromkeys(("connection_id", "campaign", "template", "provider"), cells.name),
        "currency": cells.currency,
        "category": cells.category,
        "country": cells.country,
        "quantity": amounts.quantity,
        "period": moments.period,
    }
    return plain, {"recipient": recipient, "sent_at": sent_at, "status": status, "amount": amount}


def _tagging(tag: str) -> Fill:
    def fill(cell: str, values: dict[str, Any]) -> None:
        if text := cells.tag(cell):
            values.setdefault("tags", {})[tag] = text

    return fill


def checked_fixed(mapping: Mapping) -> Mapping:
    """Return a mapping whose fixed values are as cells would be read. Raises CellRefused."""
    readers, _ = _readers(mapping, ".")
    return msgspec.structs.replace(mapping, fixed={name: readers[name](text) for name, text in mapping.fixed.items()})
