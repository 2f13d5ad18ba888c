"""The way back: archived hours into `webhook_raw` and `webhook_request`, beside live traffic.

A row's coordinate decides where it is in the table, so that restoring twice, or over rows that are there, changes nothing. A file
is checked against its manifest before its first record is taken, and left out where all of its rows are there: killed anywhere
and run again, it continues. Only rows come back: what they meant is in the tables of events and states, which are kept for longer.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from clickhouse_connect.driver.client import Client

from operations.archive.location import Location
from operations.archive.manifest import ArchiveDamaged, Manifest
from operations.archive.read import read_file
from operations.archive.record import Record
from projections.writer import Writer
from runtime.clickhouse.settings import ClickHouseSettings
from schemas.errors import DeploymentError
from schemas.topics import RAW, REQUESTS

TABLES: Final = {RAW: "webhook_raw", REQUESTS: "webhook_request"}
"""Topic, as it is archived → the table of its records."""
BATCH_RECORDS: Final = 50_000
BATCH_BYTES: Final = 32 * 1024 * 1024
_CHECKED_AT_ONCE: Final = 500

_THERE: Final = """
SELECT uniqExact(log_offset) FROM {store}.{table} WHERE log_partition = {{partition:UInt16}}
    AND at BETWEEN fromUnixTimestamp64Milli({{first:Int64}}, 'UTC') AND fromUnixTimestamp64Milli({{last:Int64}}, 'UTC')
    AND log_offset BETWEEN {{first_offset:UInt64}} AND {{last_offset:UInt64}}
"""
_BEGINNINGS: Final = """
SELECT log_offset, toUnixTimestamp64Milli(at) FROM {store}.{table}
WHERE log_partition = {{partition:UInt16}} AND log_offset IN {{offsets:Array(UInt64)}}
"""
_KEPT: Final = "SELECT extract(create_table_query, 'TTL .*?toIntervalDay\\((\\d+)\\)') FROM system.tables WHERE database = {store:String} AND name = {table:String}"


@dataclass(slots=True)
class Restored:
    """What a run came to."""

    records: int = 0
    """Inserted now."""
    files: int = 0
    """Files they are of."""
    there: int = 0
    """Files whose rows were all there."""
    problems: list[str] = field(default_factory=list)
    """Files that are not what was written: left out, a sentence each."""


async def restore(
    location: Location,
    manifests: Sequence[Manifest],
    writer: Writer,
    is_there: Callable[[Manifest], bool],
    advance: Callable[[int], None],
) -> Restored:
    """Insert the records of some files of one topic.

    Args:
        location: the archive.
        manifests: of the files, in any order.
        writer: stores the topic's records in its table.
        is_there: whether a table holds all rows of a file.
        advance: called with the records that a file or batch brought on.

    Raises:
        TooManyRefused: records cannot become rows, more than can be their own fault.
        ClickHouseError: it cannot be asked what is there.
    """
    done = Restored()
    reading = _batches(_records(location, sorted(manifests, key=_order), is_there, done, advance))
    while batch := await asyncio.to_thread(next, reading, None):
        await writer.store(batch)
        done.records += len(batch)
        advance(len(batch))
    return done


def _records(
    location: Location,
    manifests: Iterable[Manifest],
    is_there: Callable[[Manifest], bool],
    done: Restored,
    advance: Callable[[int], None],
) -> Iterator[Record]:
    for manifest in manifests:
        if is_there(manifest):
            done.there += 1
            advance(manifest.records)
            continue
        try:
            yield from read_file(location, manifest)
        except ArchiveDamaged as error:
            done.problems.append(str(error))
        else:
            done.files += 1


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    size = 0
    for record in records:
        batch.append(record)
        size += len(record.value or b"")
        if len(batch) >= BATCH_RECORDS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _order(manifest: Manifest) -> tuple[str, int]:
    """By hour, so that a batch's rows are of few weeks."""
    return manifest.hour, manifest.partition


def chosen(manifests: Iterable[Manifest], since: str, until: str, files: Sequence[str]) -> list[Manifest]:
    """Return the files of some hours (names as in paths, both included; empty: no bound), or those named alone. Pure."""
    found = [m for m in manifests if since <= m.hour and (not until or m.hour <= until)]
    return [m for m in found if m.file in files] if files else found


def gaps_among(manifests: Iterable[Manifest]) -> Iterator[str]:
    """Yield, for people, which offsets the files of one partition, in the order of their hours, do not hold. Pure."""
    due: int | None = None
    for manifest in manifests:
        before = manifest.first_offset - manifest.missing_before if due is None else due
        if before < manifest.first_offset:
            where = f"{manifest.topic}[{manifest.partition}]"
            why = (
                "retention had deleted them"
                if manifest.missing_before
                else "their file is missing or was not asked for"
            )
            yield f"{where}: offsets {before} to {manifest.first_offset - 1} are not there: {why}"
        due = manifest.last_offset + 1


class Rows:
    """What one table holds of an archive."""

    def __init__(self, client: Client, engine: ClickHouseSettings, topic: str) -> None:
        """Ask the table of a topic in the database that settings name."""
        self._client = client
        self._store = engine.database
        self.table = TABLES[topic]
        self._held_in = engine.topology.local(self.table)

    def has(self, manifest: Manifest) -> bool:
        """Return whether every record of a file is a row."""
        found = self._client.query(
            _THERE.format(store=self._store, table=self.table),
            parameters={
                "partition": manifest.partition,
                "first": min(manifest.first_at_ms, manifest.last_at_ms),
                "last": max(manifest.first_at_ms, manifest.last_at_ms),
                "first_offset": manifest.first_offset,
                "last_offset": manifest.last_offset,
            },
        )
        return int(found.result_rows[0][0]) == manifest.records

    def require_same_log(self, manifests: Sequence[Manifest]) -> None:
        """Raise DeploymentError where rows at the files' offsets have other times: they are of another log."""
        for partition in sorted({m.partition for m in manifests}):
            begins = {m.first_offset: m.first_at_ms for m in manifests if m.partition == partition}
            for offset, at_ms in self._times(partition, sorted(begins)).items():
                if at_ms != begins[offset]:
                    raise DeploymentError(
                        f"{self._store}.{self.table}: the row of partition {partition}, offset {offset} was appended at {at_ms} ms, and "
                        f"the archive's record at {begins[offset]} ms: the topic was recreated since. Restore into databases of "
                        "another name (RECIBO_PROJECTIONS_STORE, RECIBO_CLICKHOUSE_VIEWS)"
                    )

    def require_kept(self, manifests: Sequence[Manifest], now_ms: int) -> None:
        """Raise DeploymentError where rows are older than the table keeps them: they would go at once."""
        found = self._client.query(_KEPT, parameters={"store": self._store, "table": self._held_in}).result_rows
        days = int(found[0][0] or 0) if found else 0
        age_days = max((now_ms - m.last_at_ms for m in manifests), default=0) // 86_400_000
        if days and age_days >= days:
            raise DeploymentError(
                f"{self._store}.{self.table} keeps rows for {days} days, and the archive's are up to {age_days} days old: they would be "
                f"dropped again. Set RECIBO_PROJECTIONS_RAW_RETENTION_DAYS above {age_days} and start the projections, or "
                "restore later hours alone (--since)"
            )

    def _times(self, partition: int, offsets: Sequence[int]) -> Mapping[int, int]:
        times: dict[int, int] = {}
        for start in range(0, len(offsets), _CHECKED_AT_ONCE):
            found = self._client.query(
                _BEGINNINGS.format(store=self._store, table=self.table),
                parameters={"partition": partition, "offsets": list(offsets[start : start + _CHECKED_AT_ONCE])},
            )
            times |= {int(offset): int(at_ms) for offset, at_ms in found.result_rows}
        return times
