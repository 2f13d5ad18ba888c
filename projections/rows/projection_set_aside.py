"""Any topic → projection_set_aside: a record that could not become a row, kept with why."""

from collections.abc import Iterable, Sequence
from typing import Final

from projections.rows.table import Record, Row, Table

TABLE: Final = Table(
    "projection_set_aside",
    (
        ("at", "DateTime64(3, 'UTC')"),
        ("topic", "LowCardinality(String)"),
        ("log_partition", "UInt16"),
        ("log_offset", "UInt64"),
        ("why", "String"),
        ("key", "String"),
        ("value", "String"),
    ),
)

WHY_LENGTH_MAX: Final = 2_000


def rows(refused: Sequence[tuple[Record, str]]) -> Iterable[Row]:
    """Return one row a record, in the order of TABLE's columns."""
    return [
        (r.timestamp, r.topic, r.partition, r.offset, why[:WHY_LENGTH_MAX], r.key or b"", r.value or b"")
        for r, why in refused
    ]
