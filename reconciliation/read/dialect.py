"""How a file is written: kind, encoding, delimiter; told from its bytes. Pure.

A file that is UTF-8 to its end is UTF-8; another one is Windows-1252, which is what a spreadsheet writes in most of the world. So
the whole file is looked at (once, while its hash is taken), and a `ç` in the last line is not found out about too late.
"""

import codecs
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from reconciliation.read.columns import known_names
from schemas.errors import ConfigurationError
from schemas.providers.words import fold_word

Kind = Literal["csv", "jsonl", "parquet"]
DELIMITERS: Final = ",;\t|"
LINE_BYTES_MAX: Final = 1 << 20
"""What has no end of line for so long is no table of sends."""
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_OTHERS: Final = {
    b"PK\x03\x04": "is a workbook or an archive (XLSX, ZIP)",
    b"\xd0\xcf\x11\xe0": "is an old workbook (XLS)",
    b"\x1f\x8b": "is compressed (gzip)",
    b"\x28\xb5\x2f\xfd": "is compressed (zstd)",
    b"%PDF": "is a PDF",
}
_PARQUET: Final = b"PAR1"
_SAMPLE_ROWS: Final = 20


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file's bytes become rows."""

    kind: Kind
    encoding: str = "utf-8"
    delimiter: str = ","
    names_delimiter: bool = False
    """Whether its first line is a spreadsheet's `sep=;`."""


class TextCheck:
    """Looks at a file's bytes as they come: whether it is UTF-8 to its end, and cut into lines."""

    def __init__(self) -> None:
        """Begin at the file's first byte."""
        self._decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
        self._since_end_of_line = 0
        self.has_lines = True
        """Whether every line so far has at most about LINE_BYTES_MAX bytes."""

    def add(self, chunk: bytes) -> None:
        """Look at the next bytes."""
        if self._decoder is not None:
            try:
                self._decoder.decode(chunk)
            except UnicodeDecodeError:
                self._decoder = None
        last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        self._since_end_of_line = len(chunk) - last if last >= 0 else self._since_end_of_line + len(chunk)
        self.has_lines &= self._since_end_of_line <= LINE_BYTES_MAX

    @property
    def is_utf8(self) -> bool:
        """Whether all of it is; asked after the last byte."""
        if self._decoder is None:
            return False
        try:
            self._decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
        return True


def kind_of(head: bytes, name: str) -> Kind:
    """Return what a file is by its first bytes.

    Raises:
        ConfigurationError: it is none that is read, with what to do instead.
    """
    if head.startswith(_PARQUET):
        return "parquet"
    for magic, what in _OTHERS.items():
        if head.startswith(magic):
            raise ConfigurationError(f"{name} {what}: export it as CSV (UTF-8), JSON lines or Parquet, and give that")
    begin = head.removeprefix(codecs.BOM_UTF8).replace(b"\0", b"").lstrip(b"\xff\xfe \t\r\n")[:1]
    if begin == b"[":
        raise ConfigurationError(
            f"{name} is one JSON array: write its elements a line each (jq -c '.[]'), and give that"
        )
    return "jsonl" if begin == b"{" else "csv"


def encoding_of(head: bytes, name: str, *, is_utf8: bool) -> str:
    """Return the encoding of a text file, by its mark if it has one.

    Raises:
        ConfigurationError: it is UTF-16 without a mark, or no text.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if b"\0" in head:
        raise ConfigurationError(
            f"{name} has zero bytes and no byte order mark: if it is UTF-16, say --encoding utf-16-le or utf-16-be; else it is no text"
        )
    return "utf-8" if is_utf8 else "cp1252"


def delimiter_of(text: str) -> tuple[str, bool]:
    """Return what stands between the cells of a CSV file, by its first rows, and whether its first line says so (`sep=;`).

    Of the delimiters, that which gives a header with the most names that are known; then the most rows as wide as the
    header; then the most columns.
    """
    first, _, rest = text.partition("\n")
    said = first.strip().strip('"').lower()
    if said.startswith("sep=") and len(said) <= len("sep=;") and "\n" in text:
        return (said[4:] or first.strip().strip('"')[4:] or "\t"), True
    del rest
    return max(DELIMITERS, key=lambda delimiter: _fitness(text, delimiter)), False


def _fitness(text: str, delimiter: str) -> tuple[int, float, int]:
    rows = _first_rows(text, delimiter)
    if not rows:
        return 0, 0.0, 0
    header, others = rows[0], rows[1:]
    known = sum(fold_word(name) in known_names() for name in header)
    alike = sum(len(row) == len(header) for row in others) / len(others) if others else 1.0
    return known, alike if len(header) > 1 else 0.0, len(header)


def _first_rows(text: str, delimiter: str) -> Sequence[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if row:
                rows.append(row)
            if len(rows) > _SAMPLE_ROWS:
                break
    except csv.Error:
        pass
    return rows[:-1] if len(rows) > 1 and len(rows) <= _SAMPLE_ROWS and not text.endswith(("\n", "\r")) else rows
