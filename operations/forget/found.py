"""What the tables know of a person: the names that belong together, and the messages of them."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from clickhouse_connect.driver.client import Client

from operations.forget.names import Names, canonical, is_meant, is_unclear
from projections.literals import quoted
from projections.rows.grouping import narrow_hash
from schemas.identity import Identity

_AT_ONCE: Final = 500
_NAMES_MAX: Final = 64

_PERSON: Final = "SELECT DISTINCT known.identities FROM {store}.person WHERE value IN ({values})"
_NAMED: Final = """
SELECT DISTINCT account, message_id, name FROM {store}.message_name WHERE found_by = 'recipient' AND name IN ({forms})
"""
_IDS: Final = """
SELECT DISTINCT account, id FROM {store}.state_alias WHERE state_hash IN ({hashes}) AND (account, message_id) IN ({pairs})
"""
_STATES: Final = """
SELECT DISTINCT account, message_id FROM {store}.message_alias WHERE id_hash IN ({hashes}) AND (account, id) IN ({pairs})
    AND (account, id) NOT IN (SELECT account, id FROM {store}.alias_cut)
"""


class Message(NamedTuple):
    """A message, by one of its ids that has a state."""

    account: str
    id: str

    @property
    def key(self) -> str:
        """The key of its records."""
        return f"{self.account}/{self.id}"


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the tables have them."""

    names: Names
    messages: tuple[Message, ...]
    unclear: int
    """Messages to a number that can be read as another line's as well: they are left."""


def find_person(client: Client, store: str, identity: Identity) -> Person:
    """Return all names that go with an identity, and every message to one of them. Raises ClickHouseError."""
    names = _names(client, store, identity)
    rows = _rows(client, _NAMED.format(store=store, forms=_listed(names.forms)))
    sure = {Message(account, id_) for account, id_, name in rows if is_meant(name, names)}
    unclear = {Message(account, id_) for account, id_, name in rows if is_unclear(name, names)} - sure
    return Person(names, tuple(sorted(_connected(client, store, sure))), len(unclear))


def _names(client: Client, store: str, identity: Identity) -> Names:
    """Return the names of the person, whoever gave them together."""
    known, unread = {identity}, {identity}
    while unread and len(known) <= _NAMES_MAX:
        values = _listed(form for name in unread for form in (name.value, name.value.removeprefix("+")))
        rows = _rows(client, _PERSON.format(store=store, values=values))
        told = {canonical(Identity(*one)) for (identities,) in rows for one in identities}
        unread = {name for name in told if name not in known} if rows else set()
        known |= unread
    return Names(tuple(sorted(known)))


def _connected(client: Client, store: str, messages: set[Message]) -> set[Message]:
    """Return messages with those that share an id with them: one message that was reported under several."""
    known, unread = set(messages), set(messages)
    while unread:
        ids = {Message(*row) for some in _parts(unread) for row in _rows(client, _asked(_IDS, store, some))}
        states = {Message(*row) for some in _parts(ids | unread) for row in _rows(client, _asked(_STATES, store, some))}
        unread = states - known
        known |= unread
    return known


def _asked(text: str, store: str, some: Collection[Message]) -> str:
    hashes = ", ".join(str(narrow_hash(*one)) for one in some)
    pairs = ", ".join(f"({quoted(one.account)}, {quoted(one.id)})" for one in some)
    return text.format(store=store, hashes=hashes, pairs=pairs)


def _parts(messages: Iterable[Message]) -> Iterator[list[Message]]:
    listed = sorted(messages)
    for start in range(0, len(listed), _AT_ONCE):
        yield listed[start : start + _AT_ONCE]


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(quoted(text) for text in sorted(set(texts)))


def _rows(client: Client, text: str) -> list[Any]:
    return list(client.query(text).result_rows)
