"""Pure: a record as it is archived, verbatim, and the columns it becomes."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any, Final, NamedTuple

import pyarrow as pa

Record = Any
"""An aiokafka ConsumerRecord, or an ArchivedRecord."""


class ArchivedRecord(NamedTuple):
    """A record of the log, with the names that aiokafka gives its parts."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    """Append time, ms since 1970."""
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


_HEADER: Final = pa.struct([pa.field("name", pa.string(), nullable=False), pa.field("value", pa.binary())])
_HEADERS: Final = pa.list_(pa.field("element", _HEADER, nullable=False))
SCHEMA: Final = pa.schema(
    [
        pa.field("partition", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("append_at", pa.timestamp("ms", tz="UTC"), nullable=False),
        pa.field("key", pa.binary()),
        pa.field("headers", _HEADERS, nullable=False),
        pa.field("value", pa.binary()),
    ]
)


def to_columns(records: Sequence[Record]) -> Any:
    """Return records as an Arrow batch of SCHEMA."""
    headers = [header for record in records for header in record.headers]
    ends = accumulate((len(record.headers) for record in records), initial=0)
    names = pa.array([name for name, _ in headers], pa.string())
    values = pa.array([value for _, value in headers], pa.binary())
    pairs = pa.StructArray.from_arrays([names, values], fields=list(_HEADER))
    columns = [
        pa.array([record.partition for record in records], pa.int32()),
        pa.array([record.offset for record in records], pa.int64()),
        pa.array([record.timestamp for record in records], SCHEMA.field("append_at").type),
        pa.array([record.key for record in records], pa.binary()),
        pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pairs, type=_HEADERS),
        pa.array([record.value for record in records], pa.binary()),
    ]
    return pa.record_batch(columns, schema=SCHEMA)


def from_columns(batch: Any, topic: str) -> Iterator[ArchivedRecord]:
    """Yield the records of an Arrow batch of SCHEMA."""
    lists = batch.column("headers")
    names, values = (lists.values.field(name).to_pylist() for name in ("name", "value"))
    pairs = list(zip(names, values, strict=True))
    ends = lists.offsets.to_pylist()
    headers = (tuple(pairs[start:end]) for start, end in pairwise(ends))
    times = batch.column("append_at").cast(pa.int64()).to_pylist()
    partitions, offsets, keys, bodies = (
        batch.column(name).to_pylist() for name in ("partition", "offset", "key", "value")
    )
    for parts in zip(partitions, offsets, times, keys, bodies, headers, strict=True):
        yield ArchivedRecord(topic, *parts)


def held_bytes(records: Sequence[Record]) -> int:
    """Return how many bytes of keys, values and headers records hold."""
    return sum(
        len(r.key or b"") + len(r.value or b"") + sum(len(name) + len(value or b"") for name, value in r.headers)
        for r in records
    )
