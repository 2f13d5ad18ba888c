"""Which states are one message: every id of every state, and the group of the states that ids connect.

A provider may report a message under one id and later under another; each becomes a state. The ids of a batch are
inserted first and then looked up, and what they connect is written to each member. Of two projectors that insert the two
sides at once, at least one therefore finds the other's, before it inserts its state: no reader sees the two apart.
Groups fold to the least, so whoever reads last writes what counts. Before a state is grouped its rows are in a small
table of their own, which the views read (projections/members.py). Everything may be done twice.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

import structlog

from projections import metrics
from projections.components import Graph, Id, State, groups, together
from projections.edges import Edges
from projections.remembered import Remembered
from projections.rows import grouping, message_alias
from projections.rows.table import Record, Row
from projections.sink import Sink
from schemas.message_state import MessageState

STATES_OF_GROUPS_MAX: Final = 20_000
"""States that one batch's ids may connect; what lies beyond is left to `recibo.links_missing` and an operator."""

log = structlog.get_logger()


class Linker:
    """Keeps edges and groups true of the states it is shown."""

    def __init__(self, sink: Sink, store: str, edges: Edges | None = None) -> None:
        """Write through `sink` into database `store`, or into `edges` where they are given."""
        self._edges = edges or Edges(sink, store)
        self._linked = Remembered()

    def rows(self, states: Sequence[MessageState]) -> Iterable[Row]:
        """Return what is to be linked: rows of `message_alias`."""
        return message_alias.rows(states)

    async def link(self, rows: Iterable[Row]) -> None:
        """Insert those rows of `message_alias` that are new, and group what they show to be one message.

        Raises SinkUnavailable or RowsRefused, as the sink does. Calling it twice changes nothing.
        """
        new = self._linked.new(rows)
        if not new:
            return
        await self._edges.insert(message_alias.TABLE, new)
        await self._edges.insert(grouping.STATE_ALIAS, grouping.state_aliases(new))
        await self._edges.insert(grouping.ALIAS_HASH, grouping.hashes(new))  # last: it leads readers to the others
        shared = await self._edges.shared({Id(account, id_) for account, id_, *_ in new})
        if shared:
            await self.group(shared)
        self._linked.add(new)

    async def follow(self, records: Sequence[Record]) -> None:
        """Store the rows of records of `message.state`, stored already, with the members of groups too. Raises as `link` does."""
        await self._edges.follow(records)

    async def group(self, ids: Collection[Id]) -> None:
        """Write the group of every state that `ids` connect, whoever inserted it. Raises as `link` does."""
        accounts = {id_.account for id_ in ids}
        cuts = await self._edges.cuts(accounts)
        while True:
            graph = await self._explore(ids, cuts)
            over = graph.over() - cuts.keys()
            unsettled = [id_ for id_ in {*over, *graph.states_of} if not cuts.get(id_, id_ not in over)]
            if over:
                await self._cut(over)
                cuts |= dict.fromkeys(over, False)
            apart = await self._apart(unsettled, graph, cuts)
            await self._write(graph, cuts, apart)
            if unsettled:
                settled = [(*id_, True) for id_ in sorted(unsettled)]
                await self._edges.insert(grouping.ALIAS_CUT, settled)
                cuts |= dict.fromkeys(unsettled, True)
            now = await self._edges.cuts(accounts)
            if now.keys() <= cuts.keys():
                return
            cuts = now  # another projector cut an id meanwhile, and may not have seen what was written here

    async def relink(self, since: int, until: int) -> int:
        """Group what is not grouped as its ids say, of the states of some days (since 1970, both included).

        Returns how many ids it was that led to several groups.
        """
        missing = await self._edges.missing(since, until)
        if missing:
            log.info("linking what was not linked", ids=len(missing))
            await self.group(missing)
        await self.readmit(since, until)
        return len(missing)

    async def readmit(self, since: int, until: int) -> int:
        """Have `message_member` hold what it lacks of the grouped states of some days (since 1970, both included).

        A release before 2201 that still runs groups states and stores rows without it. Returns how many states it was.
        """
        behind = await self._edges.behind(since, until)
        if behind:
            log.info("copying rows of members of groups", states=len(behind))
            await self._edges.admit(behind)
        return len(behind)

    async def relink_older_release(self) -> int:
        """Group what a release before 0201 had linked (`message_link`), once: where nothing is grouped yet."""
        linked = await self._edges.linked_by_older_release()
        if linked:
            await self.group(linked)
        return len(linked)

    async def _explore(self, ids: Collection[Id], cuts: Collection[Id]) -> Graph:
        """Read outwards from `ids`, over ids and states in turn, until nothing is new."""
        graph = Graph()
        unread = set(ids)
        while unread:
            graph.states_of |= await self._edges.states_of(unread)
            blocked = {*cuts, *graph.over()}
            states = graph.unread_states(blocked)
            if len(graph.ids_of) + len(states) > STATES_OF_GROUPS_MAX:
                log.error(
                    "ids connect more states than are followed: look into recibo.links_missing",
                    states=len(graph.ids_of) + len(states),
                )
                metrics.GROUPS_CUT_SHORT.inc()
                break
            graph.ids_of |= await self._edges.ids_of(states)
            unread = graph.unread_ids(blocked)
        return graph

    async def _cut(self, over: Collection[Id]) -> None:
        for id_ in over:
            log.error(
                "an id leads to more states than one message can have and links nothing from now on: is it a "
                "campaign's, reported as a message's? Leave it out of the mapping's ids",
                account=id_.account,
                id=id_.id,
            )
        metrics.IDS_CUT.inc(len(over))
        await self._edges.insert(grouping.ALIAS_CUT, [(*id_, False) for id_ in sorted(over)])

    async def _apart(self, unsettled: Iterable[Id], graph: Graph, cuts: Collection[Id]) -> set[State]:
        """Return the states that ids cut just now had grouped; what still connects them is added to `graph`."""
        apart = {state for id_ in unsettled for state in await self._edges.grouped_by(id_)}
        if apart:
            graph.ids_of |= await self._edges.ids_of({state for state in apart if state not in graph.ids_of})
            further = await self._explore(graph.unread_ids(cuts), cuts)
            graph.states_of |= further.states_of
            graph.ids_of |= further.ids_of
        return apart

    async def _write(self, graph: Graph, cuts: Collection[Id], apart: set[State]) -> None:
        blocked = {*cuts, *graph.over()}
        of = groups(graph, blocked)
        decided = dict(together(of)) | {state: of[state] for state in apart}
        known = {account: -sum(cut.account == account for cut in cuts) for account in {s.account for s in decided}}
        rows = [
            (
                state.anchor_day,
                state.account,
                state.message_id,
                (known[state.account], group.anchor_day, group.message_id),
            )
            for state, group in sorted(decided.items())
        ]
        await self._edges.admit(decided)
        await self._edges.insert(grouping.MESSAGE_GROUP, rows)
