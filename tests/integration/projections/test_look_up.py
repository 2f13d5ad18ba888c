"""The look-up of ids on a real engine: it finds what reading every row finds, whoever inserted it, twice, or died meanwhile."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from projections.components import Id, State
from projections.edges import Edges
from projections.rows.table import Row, Table
from projections.sink import Sink
from schemas.errors import SinkUnavailable
from tests.properties.test_components import ACCOUNT, expected, links, told
from tests.support.databases import Databases

_DIES = 0.1
_LATER = 700
"""Days: as they are, the rows would be too old to be kept."""
_SHARED = "SELECT id FROM store.message_alias GROUP BY account, id HAVING uniqExact(message_id, anchor_day) > 1"
_GROUPS = """SELECT message_id, toUInt16(anchor_day), toUInt16(folded.2), folded.3 FROM
(SELECT message_id, anchor_day, min(least) AS folded FROM store.message_group GROUP BY message_id, anchor_day)"""


class Dying(Edges):
    """The tables, through a projector that now and then dies before an insert, or before it hears of it."""

    def __init__(self, sink: Sink, store: str, seed: int) -> None:
        super().__init__(sink, store)
        self._random = random.Random(seed)

    async def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows, or die."""
        self._may_die()
        await super().insert(table, rows)
        self._may_die()

    def _may_die(self) -> None:
        if self._random.random() < _DIES:
            raise SinkUnavailable("killed here")


def group_of(found: dict[State, tuple[int, str]], state: State) -> tuple[int, str]:
    """Return what a view names the state's group by."""
    return found.get(state, (state.anchor_day, state.message_id))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_it_finds_what_reading_every_row_finds(databases: Databases, seed: int) -> None:
    """Of two projectors at once, with repeats and deaths: the ids of several states are found, before and after merges, and
    groups are those of a union-find.
    """
    rows = [(*names, day + _LATER) for *names, day in links(random.Random(seed), 50)]
    by_state: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        by_state[row[2:]].append(row)
    pieces = list(by_state.values())
    random.Random(seed).shuffle(pieces)
    halves = [[row for piece in pieces[n::2] for row in piece] for n in range(2)]
    with ThreadPoolExecutor(4) as threads:
        sink = Sink(databases.client, databases.store, threads)
        await asyncio.gather(
            *(
                told(Dying(sink, databases.store, 2 * seed + n), [half[i : i + 20] for i in range(0, len(half), 20)], n)
                for n, half in enumerate(halves)
            )
        )
        ids = {Id(ACCOUNT, id_) for _, id_, *_ in rows} | {Id(ACCOUNT, f"never seen {n}") for n in range(1_000)}
        for _ in range(2):
            found = await Edges(sink, databases.store).shared(ids)
            assert {id_ for _, id_ in found} == {id_ for (id_,) in databases.rows(_SHARED)}
            groups = {State(ACCOUNT, m, d): (day, name) for m, d, day, name in databases.rows(_GROUPS)}
            states = expected(rows)
            assert {state: group_of(groups, state) for state in states} == states
            databases.merge("alias_hash", "message_alias", "state_alias", "message_group")
