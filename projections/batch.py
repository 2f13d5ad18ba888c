"""A batch: consecutive records of one topic, and how far each partition is read when they are stored."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from projections.rows.table import Record


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
