"""The whole truth about one connection (a WhatsApp number or session of a provider).

Here the latest report counts, by (time, rank, event id): a logout ends a connection until a later
`connected`. Times of each status are kept as least and greatest, so this is a join as well.

A connection lives for years and has no horizon. Its journal is a ring: the last RING_MAX distinct events tell a repeat.
Entries before those stay only until their record is committed, without their ids, and answer nothing but its replay.
"""

from typing import Final

import msgspec

from schemas.event import Event
from schemas.message_state import Bookkeeping

RING_MAX: Final = 256
"""Distinct events whose ids are remembered; one that comes again after so many others is published again."""

CONNECTION_RANK: Final = {"connected": 1, "disconnected": 2, "logout": 3}


class Latest(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The report that counts, ordered by its fields."""

    at_ms: int
    rank: int
    event_id: str
    status: str
    reason: str

    def order(self) -> tuple[int, int, str]:
        """Return what decides between two reports: later, then graver, then the greater id."""
        return (self.at_ms, self.rank, self.event_id)


class ConnectionState(msgspec.Struct, gc=False, omit_defaults=True):
    """A value of `connection.state`."""

    bookkeeping: Bookkeeping = msgspec.field(name="_")
    account: str
    connection_id: str
    status: str
    status_at_ms: int
    reason: str
    """Why, in the provider's word, of the report that counts."""
    latest: Latest
    anchor_ms: int
    first_at_ms: dict[str, int]
    last_at_ms: dict[str, int]
    """First and last time of each status, UTC ms."""
    provider: str = ""
    sources: list[str] = []
    seeded_from: int = 0
    generation: int = 0
    """As a message's."""
    old_time: bool = False
    """At least one report came more than 8 days after its own time."""
    line: str = ""
    """The connection's own number in canonical form; two different ones join to the greater."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ConnectionState)


def encode(state: ConnectionState) -> bytes:
    """Return the state as a value of `connection.state` (bookkeeping first, as in `message_state`)."""
    return _encoder.encode(state)


def decode(value: bytes) -> ConnectionState:
    """Read a value of `connection.state`. Raises msgspec.DecodeError."""
    return _decoder.decode(value)


def absent(event: Event, at_ms: int) -> ConnectionState:
    """Return the state of a connection of which nothing is known yet; `at_ms` is its first record's append time."""
    never = Latest(-1, 0, "", "", "")
    return ConnectionState(
        Bookkeeping(-1, at_ms, []), event.account, event.connection_id, "", 0, "", never, at_ms, {}, {}
    )


def is_pairing(state: ConnectionState | None, logout: Event, offset: int) -> bool:
    """Return whether a report of a session that waits to be paired ended no connection.

    It did end one where the connection was open at or before its time and is not logged out already: a QR code is
    reported again and again while nobody reads it.

    Args:
        state: what is known of the connection, or None.
        logout: what the report is if it ended the connection.
        offset: the report's, in its raw partition. What was decided of a record is not decided anew.
    """
    if state is None:
        return True
    book = state.bookkeeping
    if offset <= book.version or any(entry.event_id == logout.id for entry in book.journal):
        return not any(entry.event_id == logout.id for entry in book.journal)
    connected = state.first_at_ms.get("connected")
    return connected is None or connected > logout.occurred_at_ms or state.status == "logout"


def join(state: ConnectionState, event: Event) -> bool:
    """Fold an event into `state`, in place: the caller owns the state. Order and repetition do not matter.

    Reports are ordered by `occurred_at_ms`, as in every view: the provider's time, and that of receipt only where there is
    none, or an absurd one. A report that comes late is told by its own time, however old: it ends no later `connected`.

    Returns:
        Whether it is the report that counts now.
    """
    status, at_ms = event.status, event.occurred_at_ms
    report = Latest(at_ms, CONNECTION_RANK[status], event.id, status, event.reason)
    counts = report.order() > state.latest.order()
    if counts:
        state.latest = report
        state.status, state.status_at_ms, state.reason = status, at_ms, event.reason
    if at_ms < state.first_at_ms.get(status, at_ms + 1):
        state.first_at_ms[status] = at_ms
    if at_ms > state.last_at_ms.get(status, at_ms - 1):
        state.last_at_ms[status] = at_ms
    if event.provider > state.provider:
        state.provider = event.provider
    if event.old_time:
        state.old_time = True
    if event.line > state.line:
        state.line = event.line
    if event.source not in state.sources:
        state.sources = sorted({*state.sources, event.source})[:16]
    return counts
