"""What a table is to the projector: its name, its columns, and how a decoded record becomes its rows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Row = tuple[Any, ...]


class Record(Protocol):
    """A Kafka record as consumed (the fields used of aiokafka's ConsumerRecord)."""

    @property
    def topic(self) -> str:
        """Name of the topic."""

    @property
    def partition(self) -> int:
        """Partition of the topic."""

    @property
    def offset(self) -> int:
        """Offset in the partition."""

    @property
    def timestamp(self) -> int:
        """Timestamp, UTC ms."""

    @property
    def key(self) -> bytes | None:
        """Key, if any."""

    @property
    def value(self) -> bytes | None:
        """Value; None is a tombstone."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Headers in order."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as rows are inserted into it."""

    name: str
    columns: tuple[tuple[str, str], ...]
    """(name, ClickHouse type), in the order of a row's values."""


@dataclass(frozen=True, slots=True)
class Projection:
    """What becomes of one topic's records. Both functions are pure."""

    topic: str
    """Name of the topic, generation included."""
    decode: Callable[[Record], Any]
    """Record → what the tables are made of; None: no row (a tombstone). Raises ValueError: it cannot be read."""
    tables: tuple[tuple[Table, Callable[[Sequence[Any]], Iterable[Row]]], ...]
    """Each table fed, in the order of insertion, and decoded records → its rows."""
    said_once: tuple[tuple[Table, Callable[[Sequence[Any]], Iterable[Row]]], ...] = ()
    """The same for tables whose rows never change, fed before those: what is known to be stored is not stored again."""
