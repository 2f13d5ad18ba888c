"""Pure: which names are one person. Names that one event gave its recipient are connected; what is connected is a person.

A name that goes with more others than one person has (a number of ours that a provider reports as every recipient's) is cut:
it connects nothing.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from projections.connected import connected
from schemas.identity import Identity, order

OTHERS_MAX: Final = 16
"""Other names that one name may be given with: a number, a lid and business-scoped ids are fewer, also of several portfolios."""


class Name(NamedTuple):
    """A name that an account's messages have of their recipient."""

    account: str
    kind: str
    value: str


class Person(NamedTuple):
    """What a name stands for."""

    names: tuple[Identity, ...]
    """All names of the person, the one that says most first: a number in canonical form, where there is one."""
    month: int
    """Month, as its first day since 1970, in which two of them were last given together; 0: they never were."""


@dataclass(slots=True)
class Graph:
    """Names, as far as they were read."""

    others_of: dict[Name, dict[Name, int]] = field(default_factory=dict)
    """Name that was read → the names it was given with, each with the last month: of too many, some OTHERS_MAX + 1."""

    def over(self) -> set[Name]:
        """Return the names that go with more others than one person has."""
        return {name for name, others in self.others_of.items() if len(others) > OTHERS_MAX}

    def unread(self, cut: Collection[Name]) -> set[Name]:
        """Return the names that one which connects leads to, and that are not read yet."""
        led_to = (other for name, others in self.others_of.items() if name not in cut for other in others)
        return {other for other in led_to if other not in self.others_of and other not in cut}


def persons(graph: Graph, cut: Collection[Name]) -> dict[Name, Person]:
    """Return each read name's person; a name that is cut, or that only cut ones go with, is a person of its own."""
    pairs = [
        (name, other, month)
        for name, others in graph.others_of.items()
        if name not in cut
        for other, month in others.items()
        if other not in cut
    ]
    last: dict[Name, int] = {}
    for name, _, month in pairs:
        last[name] = max(month, last.get(name, 0))
    of: dict[Name, Person] = {}
    for names in connected(graph.others_of, ((name, other) for name, other, _ in pairs)):
        of |= dict.fromkeys(names, Person(_in_order(names), max(last.get(name, 0) for name in names)))
    return {name: of[name] for name in graph.others_of}


def _in_order(names: Iterable[Name]) -> tuple[Identity, ...]:
    return tuple(sorted((Identity(name.kind, name.value) for name in names), key=order))
