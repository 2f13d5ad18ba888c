"""What `recibo reconcile` and the API do, step by step: look at a file or table, read it, keep it. The only wiring."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from reconciliation.keep.keeping import Keeping, Kept, Progress
from reconciliation.keep.send_tables import ManifestRow
from reconciliation.read import mapping as mappings
from reconciliation.read.file import SendFile, look_at
from reconciliation.read.mapping import Mapping, Wanted
from reconciliation.read.preview import Preview, preview
from reconciliation.read.refusal import CellRefused, RowRefused
from reconciliation.read.send_rows import Manifest, SendRows, checked_fixed
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

        return reader.read(self.file.rows(on_read), self.file.first_number)


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
        return ManifestRow(self.account, self.source.manifest, self.role, name=self.source.name, mapping=text)

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
    """Return how a source is read: as was said, by a saved mapping, else by the names of its columns.

    Raises:
        ConfigurationError: it cannot be read so, with what to say.
    """
    try:
        mapping = checked_fixed(mappings.proposed(source.headers, wanted, time_zone))
    except CellRefused as error:
        raise ConfigurationError(f"--set: a value {error.why}: {error.remedy}") from error
    return Reading(source, mapping, account, role, progress)


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
    known = await keeping.known(row)
    if known is None:
        return await keeping.keep(row, reading.rows, on_refused)
    if not replaces:
        return known
    return replace(known, taken_back=(await keeping.delete(row.account, replaces)).taken_back)
