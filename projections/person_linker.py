"""Who is one person: the names that one event gives its recipient, and the person of every name that these connect.

The links of a batch are inserted first and then read, and what they connect is written to each name. Of two projectors that
insert two sides at once, at least one therefore finds the other's. A name's row is its whole person: of two rows the one that
knew more cuts counts, then the larger, since links only become more. Everything may be done twice.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import Final

import structlog

from projections import metrics
from projections.person_edges import PersonEdges
from projections.persons import Graph, Name, persons
from projections.remembered import Remembered
from projections.rows import person_link
from projections.rows.table import Record, Row
from projections.sink import Sink
from schemas.event import CloudEvent

NAMES_AT_ONCE: Final = 10_000
"""Names whose persons are decided together."""
NAMES_FOLLOWED_MAX: Final = 20_000
"""Names that those may lead to, themselves left out; what lies beyond is not followed, and is said."""
NAMES_KEPT_MAX: Final = 64
"""Names of one person that are kept, the first of them."""

log = structlog.get_logger()


class PersonLinker:
    """Keeps the person of every name true of the events it is shown."""

    def __init__(self, sink: Sink, store: str, edges: PersonEdges | None = None) -> None:
        """Write through `sink` into database `store`, or into `edges` where they are given."""
        self._edges = edges or PersonEdges(sink, store)
        self._linked = Remembered()

    def rows(self, events: Sequence[CloudEvent]) -> Iterable[Row]:
        """Return what is to be linked: rows of `person_link`."""
        return person_link.rows(events)

    async def link(self, rows: Iterable[Row]) -> None:
        """Insert those rows of `person_link` that are new, and decide whose names they show to be one person's.

        Raises SinkUnavailable or RowsRefused, as the sink does. Calling it twice changes nothing.
        """
        new = self._linked.new(rows)
        if not new:
            return
        await self._edges.insert(person_link.TABLE, new)
        names = iter(dict.fromkeys(Name(*row[:3]) for row in new))
        while some := set(islice(names, NAMES_AT_ONCE)):
            await self.decide(some)
        self._linked.add(new)

    async def follow(self, _records: Sequence[Record]) -> None:
        """Nothing follows from stored events."""

    async def decide_what_is_not(self) -> None:
        """Decide the persons of names that a migration filled in. Raises as `link` does."""
        before: set[Name] = set()
        while (names := await self._edges.undecided(NAMES_AT_ONCE)) and names != before:
            await self.decide(names)
            before = names  # the same again: too old to be kept

    async def decide(self, names: Collection[Name]) -> None:
        """Write the person of every name that `names` lead to, whoever inserted it. Raises as `link` does."""
        accounts = {name.account for name in names}
        while True:
            cuts = await self._edges.cuts(accounts)
            unsettled = {name for name, is_settled in cuts.items() if not is_settled}
            apart = await self._edges.others_of(unsettled, all_of_them=True)
            graph = await self._explore({*names, *apart, *(o for others in apart.values() for o in others)}, cuts)
            if over := graph.over() - cuts.keys():
                await self._cut(over)
                continue
            await self._write(graph, cuts)
            if unsettled:
                await self._edges.insert(person_link.PERSON_CUT, [(*name, True) for name in sorted(unsettled)])
            if (await self._edges.cuts(accounts)).keys() <= cuts.keys():
                return  # else another projector cut a name meanwhile, and may not have seen what was written here

    async def _explore(self, names: Collection[Name], cuts: Collection[Name]) -> Graph:
        """Read outwards from `names` until nothing is new."""
        graph = Graph()
        unread = set(names)
        while unread:
            graph.others_of |= await self._edges.others_of(unread)
            unread = graph.unread({*cuts, *graph.over()})
            if len(graph.others_of) + len(unread) > len(names) + NAMES_FOLLOWED_MAX:
                log.error("names of people lead to more names than are followed", names=len(graph.others_of))
                metrics.GROUPS_CUT_SHORT.inc()
                break
        return graph

    async def _cut(self, over: Collection[Name]) -> None:
        for name in over:
            log.error(
                "a name goes with more others than one person has and links nothing from now on: is it a number of ours, "
                "reported as the recipient's? Leave it out of the mapping's identities",
                account=name.account,
                kind=name.kind,
                ends_in=name.value[-2:],
            )
        metrics.IDS_CUT.inc(len(over))
        await self._edges.insert(person_link.PERSON_CUT, [(*name, False) for name in sorted(over)])

    async def _write(self, graph: Graph, cuts: Collection[Name]) -> None:
        known = {
            account: sum(cut.account == account for cut in cuts) for account in {n.account for n in graph.others_of}
        }
        last = {name: max(others.values(), default=0) for name, others in graph.others_of.items()}
        rows = [
            (*name, person.month or last[name], (known[name.account], len(person.names), person.names[:NAMES_KEPT_MAX]))
            for name, person in sorted(persons(graph, cuts).items())
        ]
        await self._edges.insert(person_link.PERSON, rows)
