"""Groups of states against a plain union-find, whatever the order, the repeats, two projectors at once, and deaths between inserts."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.components import STATES_OF_ID_MAX, Graph, Id, State, groups
from projections.edges import Edges
from projections.link import Linker
from projections.rows.table import Row, Table
from projections.sink import Sink
from schemas.errors import SinkUnavailable

ACCOUNT = "acme"


class Tables(Edges):
    """The tables in memory: every call lets another task run, and one may fail before or after it did its work."""

    def __init__(self, seed: int, failing: float = 0.0) -> None:
        self.rows: dict[str, set[Row]] = defaultdict(set)
        self.least: dict[State, tuple[int, int, str]] = {}
        self.is_settled: dict[Id, bool] = {}
        self.admitted: set[State] = set()
        self._random = random.Random(seed)
        self.failing = failing

    async def _pause(self) -> None:
        for _ in range(self._random.randint(0, 3)):
            await asyncio.sleep(0)
        if self._random.random() < self.failing:
            raise SinkUnavailable("killed here")

    async def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Keep rows as the tables would fold them."""
        await self._pause()
        for row in rows:
            if table.name == "message_group":
                day, account, message_id, least = row
                state = State(account, message_id, day)
                assert state in self.admitted, "no reader may find a member whose rows are nowhere"
                self.least[state] = min(self.least.get(state, least), least)
            elif table.name == "alias_cut":
                account, id_, settled = row
                self.is_settled[Id(account, id_)] = settled or self.is_settled.get(Id(account, id_), False)
            else:
                self.rows[table.name].add(row)
        await self._pause()

    def _led_to(self, id_: Id) -> set[State]:
        return {State(a, m, d) for a, i, m, d in self.rows["message_alias"] if (a, i) == id_}

    async def admit(self, states: Collection[State]) -> None:
        """Note that states may be grouped from now on."""
        await self._pause()
        self.admitted |= set(states)
        await self._pause()

    async def shared(self, ids: Collection[Id]) -> set[Id]:
        """Return those of `ids` that lead to several states."""
        await self._pause()
        return {id_ for id_ in ids if len(self._led_to(id_)) > 1}

    async def states_of(self, ids: Collection[Id]) -> dict[Id, set[State]]:
        """Return the states of each id, the least of too many."""
        await self._pause()
        in_order = {id_: sorted(self._led_to(id_), key=lambda s: (s.anchor_day, s.message_id)) for id_ in ids}
        return {id_: set(states[: STATES_OF_ID_MAX + 1]) for id_, states in in_order.items()}

    async def ids_of(self, states: Collection[State]) -> dict[State, set[Id]]:
        """Return the ids of each state."""
        await self._pause()
        found = {state: {Id(state.account, state.message_id)} for state in states}
        for account, message_id, day, id_ in self.rows["state_alias"]:
            if (state := State(account, message_id, day)) in found:
                found[state].add(Id(account, id_))
        return found

    async def cuts(self, accounts: Iterable[str]) -> dict[Id, bool]:
        """Return the cut ids."""
        await self._pause()
        return {id_: settled for id_, settled in self.is_settled.items() if id_.account in accounts}

    async def grouped_by(self, id_: Id) -> set[State]:
        """Return the states of an id that have a group."""
        await self._pause()
        return self._led_to(id_) & self.least.keys()

    def group_of(self, state: State) -> tuple[int, str]:
        """Return what a view names the state's group by."""
        least = self.least.get(state)
        return (state.anchor_day, state.message_id) if least is None else least[1:]


def expected(rows: Iterable[Row]) -> dict[State, tuple[int, str]]:
    """Return each state's group by merging sets until nothing changes: slow, and plain."""
    led_to: dict[str, set[State]] = defaultdict(set)
    for account, id_, message_id, day in rows:
        led_to[id_].add(State(account, message_id, day))
    sets = [{state} for states in led_to.values() for state in states]
    for states in led_to.values():
        if len(states) <= STATES_OF_ID_MAX:
            touched = [s for s in sets if s & states]
            sets = [s for s in sets if not s & states] + [set().union(*touched)]
    return {state: min((s.anchor_day, s.message_id) for s in one) for one in sets for state in one}


def links(random_: random.Random, states: int) -> list[Row]:
    """Return rows of `message_alias`: few ids, so that many states share one; some as a campaign would."""
    rows: list[Row] = []
    for number in range(states):
        day = 20_000 + random_.randint(0, 3)
        name = f"m-{random_.randint(0, states)}"
        others = {f"m-{random_.randint(0, states)}" for _ in range(random_.choice([0, 0, 1]))}
        others |= {f"t-{random_.randint(0, states)}" for _ in range(random_.choice([0, 1, 2]))}
        others |= {"campaign"} if number % 2 and states > 2 * STATES_OF_ID_MAX else set()
        rows += [(ACCOUNT, id_, name, day) for id_ in sorted({name, *others})]
    return rows


async def told(tables: Edges, batches: Sequence[Sequence[Row]], seed: int) -> None:
    """Have a projector link batches; after a death it begins again at the batch that was not finished."""
    random_ = random.Random(seed)
    linker = Linker(cast("Sink", None), "store", tables)
    for batch in batches:
        rows = [*batch, *random_.sample(batch, len(batch) // 2)]
        random_.shuffle(rows)
        while True:
            try:
                await linker.link(rows)
                break
            except SinkUnavailable:
                linker = Linker(cast("Sink", None), "store", tables)


@given(seed=st.integers(0, 10**9), states=st.integers(1, 60), failing=st.sampled_from([0.0, 0.05, 0.2]))
def test_groups_are_those_of_a_union_find(seed: int, states: int, failing: float) -> None:
    """Two projectors that link random halves at once, in any order, twice, dying in between, agree with a union-find."""
    random_ = random.Random(seed)
    rows = links(random_, states)
    by_state: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        by_state[row[2:]].append(row)
    pieces = list(by_state.values())
    random_.shuffle(pieces)
    half = len(pieces) // 2
    halves = [[row for piece in some for row in piece] for some in (pieces[:half], pieces[half:])]
    tables = Tables(seed, failing)

    async def both() -> None:
        cut = [[half[i : i + 5] for i in range(0, len(half), 5)] for half in halves]
        await asyncio.gather(*(told(tables, batches, seed + n) for n, batches in enumerate(cut)))

    asyncio.run(both())
    found = {State(a, m, d): tables.group_of(State(a, m, d)) for a, _, m, d in rows}
    assert found == expected(rows)


def test_an_id_of_too_many_states_connects_nothing() -> None:
    """A campaign's id on every message leaves each message by itself; one state fewer, and they are one."""
    for count, groups_expected in ((STATES_OF_ID_MAX, 1), (STATES_OF_ID_MAX + 1, STATES_OF_ID_MAX + 1)):
        states = {State(ACCOUNT, f"m-{n}", 20_000) for n in range(count)}
        shared = Id(ACCOUNT, "campaign")
        graph = Graph({shared: states}, {state: {shared} for state in states})
        assert len(set(groups(graph, graph.over()).values())) == groups_expected


@pytest.mark.parametrize("order", range(6))
def test_a_long_chain_is_one_group(order: int) -> None:
    """A to B to C to D and on: one group, in whatever order the links are seen."""
    states = [State(ACCOUNT, f"m-{n}", 20_000 + n) for n in range(50)]
    pairs = list(enumerate(pairwise(states)))
    random.Random(order).shuffle(pairs)
    graph = Graph({Id(ACCOUNT, f"t-{n}"): set(pair) for n, pair in pairs}, {state: set() for state in states})
    assert set(groups(graph, set()).values()) == {states[0]}
