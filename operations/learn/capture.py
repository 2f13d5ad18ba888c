"""A record of the raw log, as `source learn` works with it."""

from typing import NamedTuple

from schemas.record import RequestStamp, SourceContext


class Capture(NamedTuple):
    """One record of `webhook.raw`."""

    context: SourceContext
    stamp: RequestStamp
    source_header: bytes
    """Header `source` verbatim: a copy of the record gets the same."""
    body: bytes
