"""Reading an archive back, every file checked against its manifest before its first record is given."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from pyarrow import ArrowException
from pyarrow.parquet import ParquetFile

from operations.archive.location import Location
from operations.archive.manifest import FILE_SUFFIX, SUFFIX, ArchiveDamaged, Manifest, chain_problems, folder_of
from operations.archive.record import ArchivedRecord, from_columns
from schemas.topics import RAW

_RECORDS_AT_ONCE: Final = 5_000


def read_archive(location: Location, topic: str = RAW, *, partition: int | None = None) -> Iterator[ArchivedRecord]:
    """Yield the records of a topic, or of one of its partitions: by partition, in the order of the log.

    Memory is bounded by a row group (some 32 MiB); the order between partitions means nothing.

    Raises:
        ArchiveDamaged: a file is not what was written, or one is missing; the message names it.
    """
    for number in partitions_of(location, topic):
        if partition in (None, number):
            manifests = manifests_of(location, topic, number)
            for problem in chain_problems(manifests):
                raise ArchiveDamaged(problem)
            for manifest in manifests:
                yield from read_file(location, manifest)


def partitions_of(location: Location, topic: str) -> list[int]:
    """Return the partitions of a topic that have files in the archive."""
    found = location.paths(topic)
    return [int(number) for number, _ in groupby(path.split("/")[1] for path in found) if number.isdecimal()]


def manifests_of(location: Location, topic: str, partition: int) -> list[Manifest]:
    """Return the manifests of a partition, in the order of their hours. Raises ArchiveDamaged where one is none."""
    paths = [path for path in location.paths(folder_of(topic, partition)) if path.endswith(SUFFIX)]
    return [Manifest.decode(location.read(path), path) for path in paths]


def last_manifest(location: Location, topic: str, partition: int) -> Manifest | None:
    """Return the manifest of a partition's last hour; None where nothing is archived. Raises ArchiveDamaged."""
    paths = [path for path in location.paths(folder_of(topic, partition)) if path.endswith(SUFFIX)]
    return Manifest.decode(location.read(paths[-1]), paths[-1]) if paths else None


def read_file(location: Location, manifest: Manifest) -> Iterator[ArchivedRecord]:
    """Yield the records of one file.

    Raises:
        ArchiveDamaged: its checksum or its records are not those of its manifest.
    """
    try:
        found = location.sha256(manifest.file)
    except FileNotFoundError as error:
        raise ArchiveDamaged(f"{manifest.file} is missing; its manifest is there") from error
    if found != manifest.sha256:
        raise ArchiveDamaged(f"{manifest.file} was changed: its SHA-256 is {found}, written was {manifest.sha256}")
    offset, first, last = manifest.first_offset, None, None
    try:
        with location.open(manifest.file) as file:
            for batch in ParquetFile(file).iter_batches(_RECORDS_AT_ONCE):
                for record in from_columns(batch, manifest.topic):
                    if record.offset != offset or record.partition != manifest.partition:
                        raise ArchiveDamaged(
                            f"{manifest.file}: offset {offset} of partition {manifest.partition} is due, and offset "
                            f"{record.offset} of partition {record.partition} is there"
                        )
                    offset += 1
                    first, last = first or record, record
                    yield record
    except ArrowException as error:
        raise ArchiveDamaged(f"{manifest.file} cannot be read: {error}") from error
    said = (manifest.first_at_ms, manifest.last_at_ms, manifest.last_offset + 1)
    there = (first.timestamp if first else None, last.timestamp if last else None, offset)
    if said != there:
        raise ArchiveDamaged(
            f"{manifest.file}: its manifest says {said} (first and last time, next offset), not {there}"
        )


def problems_of(location: Location, manifest: Manifest) -> Iterator[str]:
    """Read a file through and yield what is wrong with it: nothing, or one sentence."""
    try:
        for _ in read_file(location, manifest):
            pass
    except ArchiveDamaged as error:
        yield str(error)


def unfinished_in(location: Location, topic: str) -> list[str]:
    """Return the files without a manifest: left by a run that was killed, and rewritten by the next."""
    paths = set(location.paths(topic))
    return sorted(p for p in paths if p.endswith(FILE_SUFFIX) and p.removesuffix(FILE_SUFFIX) + SUFFIX not in paths)
