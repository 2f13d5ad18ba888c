"""A batch: consecutive records of one topic, and how far each partition is read when they are stored."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from projections.rows.table import Record, Table


@dataclass(slots=True)
class Batch:
    """Records of one topic in the order read; grows until it is stored."""

    records: list[Record] = field(default_factory=list)
    value_bytes: int = 0

    def add(self, records: Sequence[Record]) -> None:
        """Append records of one partition, in order."""
        self.records.extend(records)
        self.value_bytes += sum(len(r.value) for r in records if r.value is not None)

    def next_offsets(self) -> dict[int, int]:
        """Return partition → offset after its last record: what to commit once all of them are stored."""
        return {r.partition: r.offset + 1 for r in self.records}

    def oldest_ms(self) -> int:
        """Return the least timestamp, UTC ms. The batch is not empty."""
        return min(r.timestamp for r in self.records)


def token(table: Table, records: Sequence[Record]) -> str:
    """Return the insert token of these records: what is read (topic, ranges, count, bytes) and what it becomes (columns).

    The engine drops a block whose token it knows, whatever the block holds. So whatever can make other rows is in it:
    the columns (a later release), the records' bytes and times (a recreated topic, whose offsets begin at 0 again).
    """
    ranges: dict[int, tuple[int, int]] = {}
    for r in records:
        first, _ = ranges.get(r.partition, (r.offset, 0))
        ranges[r.partition] = (first, r.offset)
    spans = ",".join(f"{p}:{first}-{last}" for p, (first, last) in sorted(ranges.items()))
    columns = zlib.crc32(repr(table.columns).encode())
    content = sum(map(zlib.crc32, [r.value or b"" for r in records])) + sum([r.timestamp for r in records])
    return f"{records[0].topic}/{table.name}/{columns:08x}/{len(records)}/{content:x}/{spans}"
