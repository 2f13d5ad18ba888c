"""Pure: which hour a record belongs to, and which hours are over."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

from operations.archive.record import Record

HOUR_MS: Final = 3_600_000
GRACE_MS: Final = 10 * 60_000
"""An hour is over so long after its end: how far the broker's clock may be behind ours."""
_FORMAT: Final = "%Y-%m-%dT%HZ"


def hour_of(at_ms: int) -> int:
    """Return the beginning of the hour (UTC) of a time, ms since 1970."""
    return at_ms - at_ms % HOUR_MS


def hour_name(hour_ms: int) -> str:
    """Return an hour as it is in file names: `2026-11-26T05Z`."""
    return datetime.fromtimestamp(hour_ms / 1000, UTC).strftime(_FORMAT)


def hour_named(name: str) -> int:
    """Return the beginning of the hour so named. Raises ValueError where it is no hour's name."""
    return int(datetime.strptime(name, _FORMAT).replace(tzinfo=UTC).timestamp()) * 1000


def first_open_hour(now_ms: int) -> int:
    """Return the first hour that is not over at `now_ms`: only earlier ones are archived."""
    return hour_of(now_ms - GRACE_MS)


def by_hour(records: Iterable[Record], earliest_ms: int) -> Iterator[tuple[int, list[Record]]]:
    """Cut a partition's records, in the order of the log, into hours.

    Offsets decide the order and hours never go back: a record whose time is before the hour of its predecessor (the
    broker's clock was set back) stays with its predecessor.

    Args:
        records: as they follow one another.
        earliest_ms: the hour of the record before them, or the one after the last hour archived.
    """
    hour = earliest_ms

    def hour_at(record: Record) -> int:
        nonlocal hour
        hour = max(hour, hour_of(record.timestamp))
        return hour

    for found, group in groupby(records, hour_at):
        yield found, list(group)
