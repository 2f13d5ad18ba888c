"""The failure of a message that counts, of all that were reported."""

import msgspec

from schemas.event import Event
from schemas.status import RANK


class Failure(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The failure that counts: greatest rank, then least (category, code, title)."""

    status: str
    category: str
    code: str
    title: str = ""


def failure_order(failure: Failure) -> tuple[int, str, str, str]:
    """Return what decides which failure counts: the least of (-rank, category, code, title)."""
    return (-RANK[failure.status], failure.category, failure.code, failure.title)


def failure_of(event: Event) -> Failure:
    """Return what an event of a failure status says of the failure."""
    error = event.error
    if error is None:
        return Failure(event.status, "unknown", "")
    return Failure(event.status, error.category, error.code, error.title)
