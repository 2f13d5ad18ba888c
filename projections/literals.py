"""Values as they stand in a statement's text."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

LOOKED_UP_MAX: Final = 10_000
"""Hashes in one statement: its text stays below the 256 KiB that ClickHouse parses by default."""


def parts(hashes: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield hashes in parts of which one statement can name all."""
    for start in range(0, len(hashes), LOOKED_UP_MAX):
        yield hashes[start : start + LOOKED_UP_MAX]


def hashes_of(kind: str, hashes: Iterable[int]) -> str:
    """Return a subquery of hashes: one text, which the engine reads faster than as many literals.

    Args:
        kind: function that makes a hash of text: toUInt64 or toUInt32.
        hashes: at most LOOKED_UP_MAX.
    """
    return f"SELECT {kind}(arrayJoin(splitByChar(',', '{','.join(map(str, hashes))}')))"


def quoted(text: str) -> str:
    """Return a text as a literal of a statement."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
