"""A file of sends, opened and read as a stream: its hash, how it is written, its columns, its rows. Bounded memory, however long it is."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Final

from pyarrow.lib import ArrowException
from pyarrow.parquet import ParquetFile

from reconciliation.read import csv_rows, json_rows, parquet_rows
from reconciliation.read.csv_rows import Cells
from reconciliation.read.dialect import Dialect, TextCheck, delimiter_of, encoding_of, kind_of
from reconciliation.read.refusal import RowRefused
from schemas.errors import ConfigurationError, DeploymentError

_CHUNK_BYTES: Final = 1 << 18
_SAMPLE_CHARS: Final = 1 << 16
ENCODINGS: Final = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1")
"""Those that may be said; `utf-16` has a byte order mark."""

Read = Callable[[int], None]
"""Called with the bytes read so far."""


@dataclass(frozen=True, slots=True)
class SendFile:
    """A file that was looked at once."""

    path: Path
    sha256: str
    """Hex; what the file's manifest is called by."""
    dialect: Dialect
    headers: tuple[str, ...]
    first_number: int
    """Of the first row after the header, as a spreadsheet counts; 1 where there is no header."""
    bytes_total: int
    stamp: tuple[int, int]
    """Size and time of last change when it was looked at."""

    @property
    def decimal(self) -> str:
        """What most likely stands before decimals: where `;` parts the cells, a comma does."""
        return "," if self.dialect.delimiter == ";" and self.dialect.kind == "csv" else "."

    def rows(
        self, columns: Sequence[str | None] | None = None, on_read: Read = lambda _: None
    ) -> Iterator[Cells | RowRefused]:
        """Yield all rows after the header.

        Args:
            columns: the headers, None in the place of one that need not be read; None: all are read.
            on_read: progress.

        Raises:
            DeploymentError: the file was changed since it was looked at, or cannot be read.
        """
        try:
            if self.dialect.kind == "parquet":
                yield from self._parquet_rows(columns or self.headers, on_read)
            else:
                yield from self._text_rows(columns or self.headers, on_read)
            on_read(self.bytes_total)
            if _stamp(self.path) != self.stamp:
                raise DeploymentError(f"{self.path} was changed while it was read: run it again once nobody writes it")
        except (OSError, ArrowException) as error:
            raise DeploymentError(f"{self.path} cannot be read: {error}") from error

    def _text_rows(self, columns: Sequence[str | None], on_read: Read) -> Iterator[Cells | RowRefused]:
        with _lines(self.path, self.dialect) as lines:
            told = _telling(lines, on_read)
            if self.dialect.kind == "jsonl":
                yield from json_rows.rows(told, columns)
            else:
                yield from islice(csv_rows.rows(told, self.dialect.delimiter), self.first_number - 1, None)

    def _parquet_rows(self, columns: Sequence[str | None], on_read: Read) -> Iterator[Cells | RowRefused]:
        with ParquetFile(self.path) as parquet:
            texts, size = parquet_rows.texts(parquet.schema_arrow), parquet_rows.batch_rows(parquet.metadata)
        with ParquetFile(self.path, read_dictionary=texts) as parquet:
            done = 0
            for batch in parquet.iter_batches(size):
                yield from parquet_rows.rows(batch, done + 1, columns)
                done += batch.num_rows
                on_read(self.bytes_total * done // max(parquet.metadata.num_rows, 1))


def look_at(path: Path, encoding: str = "", delimiter: str = "", on_read: Read = lambda _: None) -> SendFile:
    """Return a file with what can be told of it: one pass over its bytes (of JSON lines a second, for the names of their fields).

    Args:
        path: of the file.
        encoding: one of ENCODINGS, where it is said; "": found out.
        delimiter: of CSV, where it is said.
        on_read: progress.

    Raises:
        ConfigurationError: it is no file of sends, with what to do instead.
        DeploymentError: it cannot be read.
    """
    try:
        stamp, hashed, check = _stamp(path), hashlib.sha256(), TextCheck()
        with path.open("rb") as file:
            head = chunk = file.read(_CHUNK_BYTES)
            kind, done = kind_of(head, path.name), 0
            while chunk:
                hashed.update(chunk)
                if kind != "parquet":
                    check.add(chunk)
                done += len(chunk)
                on_read(done)
                chunk = file.read(_CHUNK_BYTES)
        if kind == "parquet":
            with ParquetFile(path) as parquet:
                headers = tuple(parquet.schema_arrow.names)
            return SendFile(path, hashed.hexdigest(), Dialect(kind), headers, 1, done, stamp)
        if not head:
            raise ConfigurationError(f"{path} is empty")
        if not check.has_lines:
            raise ConfigurationError(f"{path} has lines of over a million bytes: it is no table of sends")
        found = encoding or encoding_of(head, path.name, is_utf8=check.is_utf8)
        dialect, headers, first = _told_by_text(path, Dialect(kind, found), delimiter)
        return SendFile(path, hashed.hexdigest(), dialect, headers, first, done, stamp)
    except (OSError, ArrowException) as error:
        raise DeploymentError(f"{path} cannot be read: {error}") from error


def _told_by_text(path: Path, dialect: Dialect, delimiter: str) -> tuple[Dialect, tuple[str, ...], int]:
    """Return the dialect with its delimiter, the columns, and the number of the first row after the header."""
    if dialect.kind == "jsonl":
        with _lines(path, dialect) as lines:
            headers = json_rows.headers(lines)
        if not headers:
            raise ConfigurationError(f"{path}: none of its lines is a JSON object")
        if len(headers) > json_rows.COLUMNS_MAX:
            raise ConfigurationError(
                f"{path}: its objects have over {json_rows.COLUMNS_MAX:,} fields: write what differs from row to row as values, not as names"
            )
        return dialect, tuple(headers), 1
    with _lines(path, dialect) as lines:
        sample = lines.read(_SAMPLE_CHARS)
    found, is_named = delimiter_of(sample)
    dialect = Dialect("csv", dialect.encoding, delimiter or found, is_named)
    with _lines(path, dialect) as lines:
        for number, row in enumerate(csv_rows.rows(lines, dialect.delimiter), 1):
            if isinstance(row, RowRefused):
                raise ConfigurationError(f"{path}: its header, {row.sentence}")
            if any(cell.strip() for cell in row):
                return dialect, tuple(cell.strip() for cell in row), number + 1
    raise ConfigurationError(f"{path} has no header")


@contextmanager
def _lines(path: Path, dialect: Dialect) -> Iterator[TextIOWrapper]:
    """Give a file's text, ends of lines as they are. What cannot be decoded becomes U+FFFD, and its row is refused."""
    with path.open(encoding=dialect.encoding, errors="replace", newline="") as text:
        if dialect.names_delimiter:
            text.readline()
        yield text


def _telling(lines: TextIOWrapper, on_read: Read) -> Iterator[str]:
    """Yield lines, and tell now and then how far the file is read."""
    while some := list(islice(lines, 1_000)):
        yield from some
        on_read(os.lseek(lines.fileno(), 0, os.SEEK_CUR))


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
