"""Who is given what of a log that is read for several: from where to read on, and who is near its end. Pure."""

from collections.abc import Collection, Mapping
from typing import Final

Positions = Mapping[int, int]
"""Partition → next offset."""

NEAR_RECORDS: Final = 2_000
"""So close to the end, a URL is read for together with those that are there: they wait for no more than that."""


def read_from(positions: Collection[Positions]) -> dict[int, int]:
    """Return partition → from where to read, so that nobody misses a record; partitions that nobody reads are left out."""
    return {p: min(at[p] for at in positions if p in at) for p in {p for at in positions for p in at}}


def is_near(positions: Positions, ends: Positions) -> bool:
    """Return whether somebody has come near the end of every partition. One whose end is not known counts as far."""
    return all(p in ends and at >= ends[p] - NEAR_RECORDS for p, at in positions.items())
