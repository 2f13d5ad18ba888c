"""What `recibo reconcile` and the API do, step by step: look at a file or table, read it, keep it. The only wiring."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

import msgspec

from reconciliation.keep.keeping import Keeping, Kept
from reconciliation.keep.send_tables import ManifestRow, SendTables
from reconciliation.progress import Progress
from reconciliation.read import mapping as mappings
from reconciliation.read.file import SendFile, look_at
from reconciliation.read.mapping import Mapping, Wanted
from reconciliation.read.preview import Preview, preview
from reconciliation.read.refusal import CellRefused, RowRefused
from reconciliation.read.send_rows import Manifest, SendRows, checked_fixed
from reconciliation.read.table import columns_of, look_at_table
from schemas.errors import ConfigurationError
from schemas.send import Role, Send

NAMED: Final = {"\t": "tabs"}
OnRefused = Callable[[RowRefused], None]


class Source(Protocol):
    """A file or a table of sends."""

    @property
    def headers(self) -> tuple[str, ...]:
        """Names of its columns."""

    @property
    def decimal(self) -> str:
        """What most likely stands before decimals."""

    @property
    def manifest(self) -> str:
        """What its rows belong to: `Send.manifest`."""

    @property
    def name(self) -> str:
        """For people."""

    @property
    def written(self) -> str:
        """How it is written, for people."""

    @property
    def watermark(self) -> str:
        """Up to where it is read; "" for what is read as a whole."""

    @property
    def adds(self) -> bool:
        """Whether rows that were kept before stay."""

    def sends(self, reader: SendRows, progress: Progress) -> Iterator[Send | RowRefused]:
        """Yield all of its rows as the reader reads them."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file as a source."""

    file: SendFile

    @property
    def headers(self) -> tuple[str, ...]:
        """Names of its columns."""
        return self.file.headers

    @property
    def decimal(self) -> str:
        """What most likely stands before decimals."""
        return self.file.decimal

    @property
    def manifest(self) -> str:
        """The same for the same bytes."""
        return self.file.sha256

    @property
    def name(self) -> str:
        """The file's name."""
        return self.file.path.name

    @property
    def watermark(self) -> str:
        """None: it is read as a whole."""
        return ""

    @property
    def adds(self) -> bool:
        """Its rows are all there are."""
        return False

    @property
    def written(self) -> str:
        """How it is written, for people."""
        dialect = self.file.dialect
        if dialect.kind == "parquet":
            return "Parquet"
        if dialect.kind == "jsonl":
            return f"JSON lines in {dialect.encoding}"
        return f"CSV in {dialect.encoding}, its cells parted by {NAMED.get(dialect.delimiter, dialect.delimiter)}"

    def sends(self, reader: SendRows, progress: Progress) -> Iterator[Send | RowRefused]:
        """Yield all of its rows as the reader reads them."""

        def on_read(done: int) -> None:
            progress(f"reading {self.name}, KiB", done // 1024, self.file.bytes_total // 1024)

        return reader.read(self.file.rows(reader.columns, on_read), self.file.first_number)


@dataclass(frozen=True, slots=True)
class Table:
    """What was said of a table."""

    name: str
    """`database.table`."""
    watermark: str
    """The column that grows with each change."""
    key: tuple[str, ...] = ()
    """The columns that tell one send from another; none: that of the message id, else of the reference."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A source, and how it is read."""

    source: Source
    mapping: Mapping
    account: str
    role: Role
    progress: Progress

    @property
    def manifest(self) -> ManifestRow:
        """What its rows belong to, as it is known before they are kept."""
        text = mappings.encode(self.mapping).decode()
        source = self.source
        return ManifestRow(self.account, source.manifest, self.role, source.name, text, watermark=source.watermark)

    def rows(self, manifest: Manifest) -> Iterator[Send | RowRefused]:
        """Yield all rows as sends, or refused."""
        reader = SendRows(manifest, self.mapping, self.source.headers, self.source.decimal)
        return self.source.sends(reader, self.progress)

    def preview(self, on_refused: OnRefused) -> Preview:
        """Read all rows and keep none."""
        return preview(self.rows(Manifest(self.account, self.source.manifest, self.role, 0)), on_refused)


def open_file(path: Path, progress: Progress, *, encoding: str = "", delimiter: str = "") -> FileSource:
    """Return a file with how it is written. Raises ConfigurationError or DeploymentError, as `look_at` does."""
    total = path.stat().st_size if path.exists() else 0
    step = f"looking at {path.name}, KiB"
    return FileSource(look_at(path, encoding, delimiter, lambda done: progress(step, done // 1024, total // 1024)))


def understood(
    source: Source, wanted: Wanted, account: str, role: Role, *, time_zone: str, progress: Progress
) -> Reading:
    """Return how a file is read: as was said, by a saved mapping, else by the names of its columns.

    Raises:
        ConfigurationError: it cannot be read so, with what to say.
    """
    return Reading(source, _mapping(source.headers, wanted, time_zone, role), account, role, progress)


def open_table(
    tables: SendTables, table: Table, wanted: Wanted, account: str, role: Role, *, time_zone: str, progress: Progress
) -> Reading:
    """Return a table, read on from where it was last read in the same way; else from its beginning.

    Raises:
        ConfigurationError: it cannot be read so, with what to say.
    """
    columns = columns_of(tables.client, table.name)
    mapping = _mapping([name for name, _ in columns], wanted, time_zone, role)
    known = mapping.columns.get("message_id") or mapping.columns.get("reference")
    key = table.key or ((known,) if known else ())
    if not key:
        raise ConfigurationError(f"--row-key: say which columns of {table.name} tell one send from another")
    mapping = msgspec.structs.replace(mapping, key=key, watermark=table.watermark)
    text = mappings.encode(mapping).decode()
    before = tables.manifest(account, f"table:{table.name}")
    is_same = before is not None and before.is_complete and not before.is_deleted
    since = before.watermark if before and is_same and (before.role, before.mapping) == (role, text) else ""
    source = look_at_table(tables.client, table.name, columns, mapping, since)
    return Reading(source, mapping, account, role, progress)


def _mapping(headers: Sequence[str], wanted: Wanted, time_zone: str, role: Role) -> Mapping:
    try:
        return checked_fixed(mappings.proposed(headers, wanted, time_zone, role))
    except CellRefused as error:
        raise ConfigurationError(f"--set: a value {error.why}: {error.remedy}") from error


async def keep(keeping: Keeping, reading: Reading, by: str, on_refused: OnRefused, replaces: str = "") -> Kept:
    """Keep a source's rows; what was kept in the same way before is not written again.

    Args:
        keeping: writes.
        reading: what to keep.
        by: who keeps it.
        on_refused: called with each row that is refused.
        replaces: the manifest whose place these rows take; "": none.

    Raises:
        DeploymentError: it could not end. Called again, it ends with the same rows.
    """
    row = replace(reading.manifest, by=by, replaces=replaces)
    known = None if reading.source.watermark else await keeping.known(row)
    if known is None:
        return await keeping.keep(row, reading.rows, on_refused, adds=reading.source.adds)
    if not replaces:
        return known
    return replace(known, taken_back=(await keeping.delete(row.account, replaces)).taken_back)
