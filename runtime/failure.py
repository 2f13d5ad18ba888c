"""The three kinds of failure of a call to Kafka, ClickHouse, a disk or a URL; what to do depends on the kind alone.

Which error is of which kind is decided in one place a dependency: `runtime/kafka/failures.py`,
`runtime/clickhouse/failures.py`, `runtime/disk_failures.py`.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

E = TypeVar("E")


class Failure(StrEnum):
    """What a failure calls for."""

    AWAY = "away"
    """Not now. Wait and try again; throw nothing away that is healthy."""
    REFUSED = "refused"
    """Not this record, now or later. Find it by halves, set it aside where an operator sees it, continue with the others."""
    BUG = "bug"
    """Neither the record nor the dependency is at fault, or nobody knows. Stop the smallest thing that can be stopped, loudly."""


class Cause(NamedTuple, Generic[E]):
    """Errors that have one cause in common, and so one kind."""

    kind: Failure
    why: str
    """One sentence: what happened, and why this kind is right."""
    errors: tuple[E, ...]


def kinds(causes: Iterable[Cause[E]]) -> dict[E, Failure]:
    """Return each error's kind."""
    return {error: cause.kind for cause in causes for error in cause.errors}
