"""message.events → person_link: which names of a person one event gives its recipient, each with each, in both directions.

And the rows that are decided of these: a name's person, and the names that link nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import permutations
from typing import Final

from projections.rows.table import Row, Table
from schemas.event import CloudEvent, EventData
from schemas.identity import KINDS, Identity
from schemas.phone import line_of

TABLE: Final = Table(
    "person_link",
    (
        ("account", "LowCardinality(String)"),
        ("kind", "LowCardinality(String)"),
        ("value", "String"),
        ("other_kind", "LowCardinality(String)"),
        ("other_value", "String"),
        ("month", "UInt16"),
    ),
)
PERSON: Final = Table(
    "person",
    (
        ("account", "LowCardinality(String)"),
        ("kind", "LowCardinality(String)"),
        ("value", "String"),
        ("month", "UInt16"),
        ("known", "Tuple(UInt32, UInt32, Array(Tuple(String, String)))"),
    ),
)
PERSON_CUT: Final = Table(
    "person_cut",
    (
        ("account", "LowCardinality(String)"),
        ("kind", "LowCardinality(String)"),
        ("value", "String"),
        ("is_settled", "Bool"),
    ),
)

_OF_PEOPLE: Final = frozenset(KINDS) - {"group"}
_DAY_S: Final = 24 * 60 * 60


def rows(events: Sequence[CloudEvent]) -> Iterable[Row]:
    """Return one row an ordered pair of names, in the order of TABLE's columns; a batch gives each pair once a month."""
    return {
        (event.data.account, *one, *other, _month(event.data.raw.at_ms)): None
        for event in events
        for one, other in permutations(dict.fromkeys(_names(event.data)), 2)
    }


def _names(event: EventData) -> Iterator[Identity]:
    """Yield the names of a person that an event gives its recipient: none of a group, a participant or ourselves.

    A number is in canonical form where it has one, with `+`: its spellings are one name.
    """
    if event.recipient_kind == "group":
        return
    for kind, value in event.identities:
        if kind in _OF_PEOPLE and value and value not in (event.participant, event.connection_id):
            yield Identity(kind, line_of(value, kind) or value)


def _month(at_ms: int) -> int:
    """Return the first day, since 1970, of the month (UTC) that a time is in."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return int(datetime(at.year, at.month, 1, tzinfo=UTC).timestamp()) // _DAY_S
