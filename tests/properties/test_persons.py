"""People against a plain union-find, whatever the order, the repeats, two projectors at once, and deaths between inserts."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from projections.person_edges import PersonEdges
from projections.person_linker import PersonLinker
from projections.persons import OTHERS_MAX, Name
from projections.rows import person_link
from projections.rows.table import Row, Table
from projections.sink import Sink
from schemas.errors import SinkUnavailable
from schemas.event import CloudEvent, decode_cloud_event
from schemas.identity import Identity, order
from schemas.topics import Topics
from tests.support.world import START_MS, World, message_event

Persons = dict[Name, tuple[Identity, ...]]
KINDS = ("phone", "lid", "bsuid", "parent_bsuid")
OURS = "5511900000000"
NO_PERSONS = ("group", "unknown")


class Tables(PersonEdges):
    """The tables in memory: every call lets another task run, and one may fail before or after it did its work."""

    def __init__(self, seed: int, failing: float = 0.0) -> None:
        self.others: dict[Name, dict[Name, int]] = defaultdict(dict)
        self.known: dict[Name, tuple[int, int, tuple[Identity, ...]]] = {}
        self.is_settled: dict[Name, bool] = {}
        self._random = random.Random(seed)
        self._failing = failing

    async def _pause(self) -> None:
        for _ in range(self._random.randint(0, 3)):
            await asyncio.sleep(0)
        if self._random.random() < self._failing:
            raise SinkUnavailable("killed here")

    async def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Keep rows as the tables would fold them."""
        await self._pause()
        for account, kind, value, *rest in rows:
            name = Name(account, kind, value)
            if table.name == "person_link":
                self.others[name][Name(account, rest[0], rest[1])] = rest[2]
            elif table.name == "person_cut":
                self.is_settled[name] = rest[0] or self.is_settled.get(name, False)
            else:
                self.known[name] = max(self.known.get(name, rest[1]), rest[1])
        await self._pause()

    async def others_of(self, names: Collection[Name], *, all_of_them: bool = False) -> dict[Name, dict[Name, int]]:
        """Return the names that each was given with, of too many some."""
        await self._pause()
        found = {name: list(self.others.get(name, {}).items()) for name in names}
        for others in found.values():
            self._random.shuffle(others)
        return {name: dict(o if all_of_them else o[: OTHERS_MAX + 1]) for name, o in found.items()}

    async def cuts(self, accounts: Iterable[str]) -> dict[Name, bool]:
        """Return the cut names."""
        await self._pause()
        return {name: settled for name, settled in self.is_settled.items() if name.account in accounts}

    def persons(self) -> Persons:
        """Return what a view says of names that are not alone."""
        return {name: names for name, (_, size, names) in self.known.items() if size > 1}


def some_events(random_: random.Random, count: int) -> list[CloudEvent]:
    """Return events of few names, so that people meet; some to groups, of participants, and with a number that is in all."""
    world = World()
    everywhere = random_.randint(0, 2) if count > 2 * OTHERS_MAX else 0
    for number in range(count):
        named = [
            Identity(kind := random_.choice([*KINDS, *NO_PERSONS]), f"{kind}-{random_.randint(0, 2 + count // 3)}")
            for _ in range(random_.choice([0, 1, 2, 2, 2, 3]))
        ]
        named += [Identity("phone", f"everybody-{hub}") for hub in range(everywhere) if random_.random() < 0.5]
        named += [Identity("phone", OURS)] * (random_.random() < 0.1)
        fields = {"identities": tuple(named), "connection_id": OURS, "account": random_.choice(["a", "a", "b"])}
        if random_.random() < 0.2:
            fields |= {"recipient_kind": "group", "recipient": "1203@g.us"}
        elif named and random_.random() < 0.1:
            fields |= {"participant": named[0].value}
        world.post(message_event(f"m-{number}", "read", START_MS + number, **fields))
    return [decode_cloud_event(record.value or b"") for record in world.records.get(Topics(1).message_events, [])]


def expected(events: Iterable[CloudEvent]) -> Persons:
    """Return each name's person by merging sets until nothing changes: slow, and plain."""
    given_together = [
        {
            Name(event.account, kind, value)
            for kind, value in event.identities
            if kind in KINDS and value not in (event.participant, OURS)
        }
        for event in (e.data for e in events)
        if event.recipient_kind != "group"
    ]
    others: dict[Name, set[Name]] = defaultdict(set)
    for names in given_together:
        for name in names:
            others[name] |= names - {name}
    cut = {name for name, its in others.items() if len(its) > OTHERS_MAX}
    people: list[set[Name]] = []
    for names in (n - cut for n in given_together if n - cut):
        touched = [one for one in people if one & names]
        people = [one for one in people if not one & names] + [names.union(*touched)]
    return {
        name: tuple(sorted((Identity(n.kind, n.value) for n in one), key=order))
        for one in people
        for name in one
        if len(one) > 1
    }


async def told(tables: PersonEdges, batches: Sequence[Sequence[CloudEvent]], seed: int) -> None:
    """Have a projector link batches; after a death it begins again at the batch that was not finished."""
    random_ = random.Random(seed)
    linker = PersonLinker(cast("Sink", None), "store", tables)
    for batch in batches:
        events = [*batch, *random_.sample(batch, len(batch) // 2)]
        random_.shuffle(events)
        while True:
            try:
                await linker.link(linker.rows(events))
                break
            except SinkUnavailable:
                linker = PersonLinker(cast("Sink", None), "store", tables)


def in_batches(events: Sequence[CloudEvent], size: int = 5) -> list[Sequence[CloudEvent]]:
    """Cut events into batches."""
    return [events[i : i + size] for i in range(0, len(events), size)]


@given(seed=st.integers(0, 10**9), count=st.integers(1, 80), failing=st.sampled_from([0.0, 0.05, 0.2]))
def test_people_are_those_of_a_union_find(seed: int, count: int, failing: float) -> None:
    """Two projectors that link random halves at once, in any order, twice, dying in between, then all of it replayed, agree with
    a union-find.
    """
    random_ = random.Random(seed)
    events = some_events(random_, count)
    truth = expected(events)
    random_.shuffle(events)
    tables = Tables(seed, failing)

    async def both() -> None:
        halves = events[: count // 2], events[count // 2 :]
        await asyncio.gather(*(told(tables, in_batches(half), seed + n) for n, half in enumerate(halves)))

    asyncio.run(both())
    assert tables.persons() == truth
    asyncio.run(told(tables, in_batches(events[::-1], 7), seed))
    assert tables.persons() == truth


def test_spellings_of_a_number_are_one_name() -> None:
    """A mobile with and without Brazil's ninth digit is one name, in the form that `line` has."""
    world = World()
    for number, phone in enumerate(("551187654321", "5511987654321")):
        named = (Identity("phone", phone), Identity("lid", f"{number}"))
        world.post(message_event(f"m-{number}", "read", START_MS, recipient=phone, identities=named))
    rows = person_link.rows([decode_cloud_event(r.value or b"") for r in world.records[Topics(1).message_events]])
    assert {row[2] for row in rows if row[1] == "phone"} == {"+5511987654321"}
