"""Pure: which states are one message. States that share an id are connected, unless the id is cut; what is connected is a group.

An id of more states than one message can have (a tracking id that a whole campaign shares) is cut: it connects nothing.
A group is named by the least (anchor day, message id) of its states, which more edges can only lower.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Final, NamedTuple

from projections.connected import connected

STATES_OF_ID_MAX: Final = 16
"""States that one id may lead to: the several ids of one message, and its states past the horizon, are fewer."""


class Id(NamedTuple):
    """An id that messages of an account go by."""

    account: str
    id: str


class State(NamedTuple):
    """A state of a message: where it is in `message_state`."""

    account: str
    message_id: str
    anchor_day: int
    """Days since 1970, UTC."""


@dataclass(slots=True)
class Graph:
    """Ids and states, as far as they were read."""

    states_of: dict[Id, set[State]] = field(default_factory=dict)
    ids_of: dict[State, set[Id]] = field(default_factory=dict)

    def over(self) -> set[Id]:
        """Return the ids of more states than one message can have."""
        return {id_ for id_, states in self.states_of.items() if len(states) > STATES_OF_ID_MAX}

    def unread_states(self, cut: Collection[Id]) -> set[State]:
        """Return the states that an id which connects leads to, and whose own ids are not read yet."""
        led_to = (s for id_, states in self.states_of.items() if id_ not in cut for s in states)
        return {state for state in led_to if state not in self.ids_of}

    def unread_ids(self, cut: Collection[Id]) -> set[Id]:
        """Return the ids of read states whose states are not read yet."""
        return {id_ for ids in self.ids_of.values() for id_ in ids if id_ not in self.states_of and id_ not in cut}


def groups(graph: Graph, cut: Collection[Id]) -> dict[State, State]:
    """Return each read state's group: the least (anchor day, message id) it is connected with, itself where with none."""
    sharing = [states for id_, states in graph.states_of.items() if id_ not in cut]
    pairs = chain.from_iterable(map(pairwise, sharing))
    of: dict[State, State] = {}
    for members in connected(chain(graph.ids_of, *sharing), pairs):
        of |= dict.fromkeys(members, min(members, key=_order))
    return of


def together(of: Mapping[State, State]) -> Iterable[tuple[State, State]]:
    """Return (state, group) of the groups of several states."""
    shared = {group for state, group in of.items() if state != group}
    return [(state, group) for state, group in of.items() if group in shared]


def _order(state: State) -> tuple[int, str]:
    return (state.anchor_day, state.message_id)
