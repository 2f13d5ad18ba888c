"""One hour of one partition being written: row groups of bounded size, then the manifest, which makes it count."""

from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Final, Self

from pyarrow.parquet import ParquetWriter

from operations.archive.hours import hour_name
from operations.archive.location import Location
from operations.archive.manifest import FILE_SUFFIX, SUFFIX, Manifest, path_of
from operations.archive.record import SCHEMA, Record, held_bytes, to_columns

_ROW_GROUP_RECORDS_MAX: Final = 25_000
_ROW_GROUP_BYTES_MAX: Final = 32 * 1024 * 1024
_HEADER_NAMES: Final = "headers.list.element.name"
_SEARCHED: Final = ["partition", "offset", "append_at"]
"""Columns whose least and greatest values are kept with each row group."""


class HourFile:
    """Leave the context without `publish` and nothing counts. Give it at least one record."""

    def __init__(self, location: Location, topic: str, partition: int, hour_ms: int, missing_before: int) -> None:
        """Begin the file. `missing_before`: see Manifest."""
        self.hour_ms = hour_ms
        self._location, self._topic, self._partition = location, topic, partition
        self._missing_before = missing_before
        self._path = path_of(topic, partition, hour_name(hour_ms))
        self._waiting: list[Record] = []
        self._waiting_bytes = self._records = 0
        self._first: Record = None
        self._last: Record = None
        self._open = ExitStack()
        self._file = self._open.enter_context(location.new_file(self._path + FILE_SUFFIX))
        self._writer = ParquetWriter(
            self._file,
            SCHEMA.with_metadata({"recibo.topic": topic}),
            compression="zstd",
            use_dictionary=[_HEADER_NAMES],
            write_statistics=_SEARCHED,
        )
        self._open.callback(self._writer.close)

    def __enter__(self) -> Self:
        """Return itself, open."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Close what is still open."""
        self._open.__exit__(kind, error, tb)

    def add(self, records: Sequence[Record]) -> None:
        """Take records, in the order of the log."""
        self._first = self._first or records[0]
        self._last = records[-1]
        self._records += len(records)
        self._waiting += records
        self._waiting_bytes += held_bytes(records)
        if len(self._waiting) >= _ROW_GROUP_RECORDS_MAX or self._waiting_bytes >= _ROW_GROUP_BYTES_MAX:
            self._write_row_group()

    def publish(self) -> Manifest:
        """Make the file count: from now on its hour is archived."""
        if self._waiting:
            self._write_row_group()
        self._open.close()
        manifest = Manifest(
            topic=self._topic,
            partition=self._partition,
            hour=hour_name(self.hour_ms),
            first_offset=self._first.offset,
            last_offset=self._last.offset,
            records=self._records,
            first_at_ms=self._first.timestamp,
            last_at_ms=self._last.timestamp,
            missing_before=self._missing_before,
            size_bytes=self._file.size,
            sha256=self._file.sha256,
        )
        self._location.write(self._path + SUFFIX, manifest.encode())
        return manifest

    def _write_row_group(self) -> None:
        self._writer.write_batch(to_columns(self._waiting))
        self._waiting, self._waiting_bytes = [], 0
