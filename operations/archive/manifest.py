"""Pure: what is said of an archived file, and whether the files of a partition follow one another."""

from collections.abc import Iterable, Iterator
from typing import Final, Self

import msgspec

from schemas.errors import DeploymentError

VERSION: Final = 1
SUFFIX: Final = ".json"
FILE_SUFFIX: Final = ".parquet"


class ArchiveDamaged(DeploymentError):
    """A file of the archive is not what was written, or one is missing. The message names it."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file's manifest. Its presence is what makes the file count."""

    version: int = VERSION
    topic: str
    partition: int
    hour: str
    """`2026-11-26T05Z`: the hour (UTC) of append."""
    first_offset: int
    last_offset: int
    records: int
    first_at_ms: int
    """Append time of the first record."""
    last_at_ms: int
    """Append time of the last record."""
    missing_before: int
    """Records between the file before (or offset 0) and this one that the log's retention had deleted already."""
    size_bytes: int
    sha256: str
    """Hex SHA-256 of the Parquet file."""

    @property
    def file(self) -> str:
        """The file's path within the archive."""
        return path_of(self.topic, self.partition, self.hour) + FILE_SUFFIX

    def encode(self) -> bytes:
        """Return the manifest as it is written: JSON a person can read."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"

    @classmethod
    def decode(cls, data: bytes, path: str) -> Self:
        """Read the manifest found at `path`.

        Raises:
            ArchiveDamaged: it is not one, or belongs elsewhere.
        """
        try:
            found = msgspec.json.decode(data, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ArchiveDamaged(f"{path} is not a manifest: {error}") from error
        if found.version != VERSION:
            raise ArchiveDamaged(f"{path} has version {found.version}; this program reads version {VERSION}")
        if path_of(found.topic, found.partition, found.hour) + SUFFIX != path:
            raise ArchiveDamaged(f"{path} is the manifest of {found.file}")
        return found


def folder_of(topic: str, partition: int) -> str:
    """Return the folder of a partition's files."""
    return f"{topic}/{partition:05d}"


def path_of(topic: str, partition: int, hour: str) -> str:
    """Return the path of an hour's file and manifest, without their suffixes."""
    return f"{folder_of(topic, partition)}/{hour}"


def chain_problems(manifests: Iterable[Manifest]) -> Iterator[str]:
    """Yield what keeps a partition's files, in the order of their hours, from holding every offset once."""
    expected = 0
    for manifest in manifests:
        if manifest.last_offset - manifest.first_offset + 1 != manifest.records:
            yield (
                f"{manifest.file}: its manifest counts {manifest.records} records at offsets "
                f"{manifest.first_offset} to {manifest.last_offset}"
            )
        if manifest.first_offset != expected + manifest.missing_before:
            due = expected + manifest.missing_before
            what = "a file before it is missing" if manifest.first_offset > due else "offsets are there twice"
            yield f"{manifest.file}: begins at offset {manifest.first_offset} instead of {due}: {what}"
        expected = manifest.last_offset + 1
