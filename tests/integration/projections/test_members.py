"""Rows of members of groups are where the views look for them, however projectors come between one another, and die."""

import asyncio
import itertools
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from projections.rows import projections_of
from projections.settings import Settings
from projections.writer import Writer, make_writer
from schemas.topics import Topics
from tests.support.databases import Databases
from tests.support.members import folded, shown
from tests.support.turns import Stepping, Turns, interleaved
from tests.support.world import START_MS, FakeRecord, World, message_event

STATE = Topics(1).message_state
LINKS_STEPS, STORES_STEPS = 6, 3
"""Of who links: announce, copy, group, then insert, ask, insert again, of another state. Of who stores: the last three."""
ORDERS = [
    ["stores" if place in places else "links" for place in range(2 * STORES_STEPS)]
    for places in itertools.combinations(range(2 * STORES_STEPS), STORES_STEPS)
]
"""Of what concerns the same state; what is left of linking comes after it."""
KILLS = [("links", step) for step in range(LINKS_STEPS)] + [("stores", step) for step in range(STORES_STEPS)]


class Pair:
    """Two projectors of one engine: `stores` has new rows of a state that `links` groups with another meanwhile."""

    def __init__(self, databases: Databases, threads: ThreadPoolExecutor) -> None:
        self._databases = databases
        self._threads = threads
        self.turns = {"links": Turns(), "stores": Turns()}

    def writer(self, name: str) -> Writer:
        """Return a store as a process that begins has it."""
        sink = Stepping(self._databases.client, self._databases.store, self._threads, self.turns[name])
        projection = next(p for p in projections_of(Topics(1)) if p.topic == STATE)
        return make_writer(projection, sink, Settings(retry_pause_ms_min=10), asyncio.Event())

    async def run(self, number: str, order: Sequence[str], dies: tuple[str, int] | None = None) -> None:
        """Store two states under an account of their own, then go on in the order given; nothing is missed meanwhile.

        Args:
            number: the account.
            order: of steps.
            dies: who is killed, and before which of his steps.
        """
        batches = worlds(number)
        stores = self.writer("stores")
        await interleaved({"stores": (self.turns["stores"], lambda: stores.store(batches["before"]))}, (), lambda: None)
        if dies is not None:
            self.turns[dies[0]].die_at(dies[1])
        acknowledged = seen_of(self._databases, number)
        assert acknowledged.keys() == {f"queued-{number}", f"other-{number}"}

        async def store(name: str, first: Writer | None = None) -> None:
            await (first or self.writer(name)).store(batches[name])

        known = iter([stores])  # its ids are remembered: it links nothing
        works = {
            "links": (self.turns["links"], lambda: store("links")),
            "stores": (self.turns["stores"], lambda: store("stores", next(known, None))),
        }

        def nothing_is_missed() -> None:
            now = seen_of(self._databases, number)
            for id_, mask in acknowledged.items():
                assert now.get(id_, 0) & mask == mask, (id_, order)

        await interleaved(works, order, nothing_is_missed)
        own = f"account = '{number}'"
        assert shown(self._databases, own) == folded(self._databases, own)
        rows = self._databases.rows("SELECT status, seen FROM views.messages WHERE account = {n:String}", n=number)
        assert sorted(rows) == [("delivered", 1 + 2 + 64), ("read", 128)], order


def worlds(number: str) -> dict[str, list[FakeRecord]]:
    """Return batches of `message.state`: what is there before, what is stored, and what links it to a new state."""
    world, batches = World(), {}
    queued, other, wamid = f"queued-{number}", f"other-{number}", f"wamid-{number}"
    world.post(message_event(queued, "queued", START_MS, account=number))
    world.post(message_event(other, "read", START_MS, account=number))
    batches["before"] = world.records[STATE][:]
    world.post(message_event(queued, "delivered", START_MS + 1, account=number))
    batches["stores"] = world.records[STATE][2:]
    world.post(message_event(wamid, "created", START_MS + 2, account=number, aliases=(queued,)))
    batches["links"] = world.records[STATE][3:]
    return batches


def seen_of(databases: Databases, account: str) -> dict[str, int]:
    """Return what each id of an account is seen to have, by all rows it is shown in."""
    found: dict[str, int] = {}
    text = "SELECT message_id, aliases, seen FROM views.messages WHERE account = {account:String}"
    for message_id, aliases, seen in databases.rows(text, account=account):
        for id_ in (message_id, *aliases):
            found[id_] = found.get(id_, 0) | seen
    return found


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """Threads of sinks."""
    with ThreadPoolExecutor(4) as executor:
        yield executor


@pytest.mark.parametrize("half", range(2))
async def test_a_state_stored_while_it_is_grouped_is_whole(
    databases: Databases, threads: ThreadPoolExecutor, half: int
) -> None:
    """In each of the 20 orders of storing and linking: no acknowledged fact is missed for a moment, and the end is the fold of all."""
    for number, order in list(enumerate(ORDERS))[half::2]:
        await Pair(databases, threads).run(f"a{number}", order)


@pytest.mark.parametrize(("dies", "step"), KILLS)
async def test_killed_between_two_steps_the_batch_again_mends_it(
    databases: Databases, threads: ThreadPoolExecutor, dies: str, step: int
) -> None:
    """Whoever dies before one of his steps, in whatever order: his batch, read again by a new process, leaves nothing out."""
    for number, order in enumerate(random.Random(step).sample(ORDERS, 2)):
        await Pair(databases, threads).run(f"{dies}{step}{number}", [*order, *order], (dies, step))
