"""What a run says of itself: what was asked, with which thresholds, and the totals. Kept as JSON; reports are made of it. Pure."""

from collections import Counter
from typing import Final

import msgspec

from reconciliation.invoice.lines import LineDifference
from reconciliation.match.classes import DIFFERENCES, Class
from reconciliation.run.limits import ANY

COUNTED_PLACES: Final = frozenset({"inside", "border_in"})
"""Where a row is that counts for the time compared: its border cases are told apart."""


class Compared(msgspec.Struct, frozen=True):
    """One manifest of the run."""

    manifest: str
    role: str
    name: str
    rows: int


class DueTime(msgspec.Struct, frozen=True):
    """When callbacks were due; of all connections that are not named, the connection is ""."""

    connection_id: str
    after_ms: int
    why: str
    why_pt: str = ""


class Count(msgspec.Struct, frozen=True):
    """Rows of one class and place, of one day and connection."""

    name: str
    """Which of what is counted by: a place, a day, a connection."""
    what: str
    """The class."""
    rows: int


class CauseCount(msgspec.Struct, frozen=True):
    """Rows without a callback that have one cause."""

    cause: str
    connection_id: str
    from_ms: int | None
    until_ms: int | None
    rows: int
    bodies: int


class Presence(msgspec.Struct, frozen=True):
    """Sends by where they are found: "billed, never reported" is in_invoice and not in_callbacks."""

    in_sends: bool
    in_callbacks: bool
    in_provider: bool
    in_invoice: bool
    sends: int


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A finished run."""

    account: str
    run: str
    name: str
    by: str
    made_ms: int
    as_of_ms: int
    """What was due was judged at this time: no later than what is known of callbacks."""
    time_zone: str
    since_ms: int | None
    """Of the time compared, UTC ms, half-open; None: whenever the rows say they were sent."""
    until_ms: int | None
    interval_by: str
    keys: list[str]
    manifests: list[Compared]
    tells_no_send: bool
    """Whether messages without a row were looked for; not where rows say no time and none was asked for."""
    dues: list[DueTime]
    places: list[Count]
    days: list[Count]
    connections: list[Count]
    causes: list[CauseCount]
    presences: list[Presence]
    invoice: list[LineDifference] = []
    """Lines of an invoice that count several messages; that of period "" is what no line bills."""
    previous: str = ""
    """Run of the same manifests' account before it; "": none."""

    @property
    def rows(self) -> int:
        """Rows compared, wherever they are in time: the sum of all classes but no_send."""
        return sum(count.rows for count in self.places if count.what != Class.NO_SEND)

    @property
    def counts(self) -> dict[str, int]:
        """Rows within the time compared by class, in the order of the classes, and all differences together."""
        found: Counter[str] = Counter()
        for count in self.places:
            if count.name in COUNTED_PLACES:
                found[count.what] += count.rows
        by_class = {str(c): found[c] for c in Class if found[c]}
        return by_class | {ANY: sum(found[c] for c in DIFFERENCES)}

    @property
    def counted(self) -> int:
        """Rows within the time compared."""
        return sum(n for name, n in self.counts.items() if name not in {ANY, Class.NO_SEND})

    def at(self, *places: str) -> int:
        """Return how many rows are at some places of the time compared."""
        return sum(count.rows for count in self.places if count.name in places and count.what != Class.NO_SEND)


encode: Final = msgspec.json.Encoder(order="deterministic").encode
"""Returns a run as it is kept."""
decode: Final = msgspec.json.Decoder(RunRecord).decode
"""Reads one. Raises msgspec.ValidationError or msgspec.DecodeError."""
