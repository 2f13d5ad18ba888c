"""The edge to what is known of ids: each question costs what is asked about, not what history holds."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from projections.blocks import Blocks
from projections.clickhouse.views import part
from projections.components import STATES_OF_ID_MAX, Id, State
from projections.literals import hashes_of, parts, quoted
from projections.members import Members
from projections.rows.grouping import narrow_hash, wide_hash
from projections.rows.table import Record, Row, Table
from projections.sink import ROWS_MAX, Sink

# PREWHERE: most ids are new, and of most granules nothing but the one column of hashes is read.
_SHARED: Final = """
SELECT id_hash FROM {store}.alias_hash PREWHERE id_hash IN ({wide})
GROUP BY id_hash HAVING min(state_hash) < max(state_hash) OR min(anchor_day) < max(anchor_day)
"""
_DAYS_OF_IDS: Final = """
SELECT DISTINCT toUInt16(anchor_day) FROM {store}.alias_hash PREWHERE id_hash IN ({wide})
"""
_STATES_OF: Final = """
SELECT account, id, message_id, toUInt16(anchor_day) FROM
(
    SELECT DISTINCT account, id, message_id, anchor_day FROM {store}.message_alias
    WHERE anchor_day IN ({days}) AND id_hash IN ({narrow})
)
ORDER BY anchor_day, message_id LIMIT {states} BY account, id
"""
_IDS_OF: Final = """
SELECT DISTINCT account, message_id, toUInt16(anchor_day), id FROM {store}.state_alias
WHERE anchor_day IN ({days}) AND state_hash IN ({narrow})
"""
_CUTS: Final = """
SELECT account, id, max(is_settled) FROM {store}.alias_cut WHERE account IN ({accounts}) GROUP BY account, id
"""
_GROUPED_BY: Final = """
SELECT DISTINCT account, message_id, toUInt16(anchor_day) FROM {store}.message_group
WHERE (anchor_day, account, message_id) IN
(
    SELECT anchor_day, account, message_id FROM {store}.message_alias
    WHERE id_hash = {hash} AND account = {{account:String}} AND id = {{id:String}}
)
"""
_LINKED_BEFORE: Final = """
SELECT DISTINCT account, id FROM {store}.message_link WHERE (SELECT count() FROM {store}.message_group) = 0
"""


class Edges:
    """Ids and states of one database, as they are now."""

    def __init__(self, sink: Sink, store: str) -> None:
        """Ask database `store` through `sink`. Every method raises SinkUnavailable or RowsRefused, as the sink does."""
        self._sink = sink
        self._store = store
        self._members = Members(sink, store)

    async def admit(self, states: Collection[State]) -> None:
        """Prepare that these states are grouped: from then on `message_member` has all their rows."""
        await self._members.admit(states)

    async def follow(self, records: Sequence[Record]) -> None:
        """Store in `message_member` what of stored records of `message.state` it has to have."""
        await self._members.follow(records)

    async def behind(self, since: int, until: int) -> set[State]:
        """Return the grouped states of some days (since 1970) of which `message_member` lacks something."""
        return await self._members.behind(since, until)

    async def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows about ids."""
        for start in range(0, len(rows), ROWS_MAX):  # a state has up to 17 ids
            some = rows[start : start + ROWS_MAX]
            await self._sink.insert(Blocks(table, some))

    async def shared(self, ids: Collection[Id]) -> set[Id]:
        """Return those of `ids` that lead to several states (of 64-bit hashes alone: perhaps one too many)."""
        by_hash = {wide_hash(*id_): id_ for id_ in ids}
        found = await self._by_hashes(_SHARED, "wide", by_hash)
        return {by_hash[hash_] for (hash_,) in found}

    async def states_of(self, ids: Collection[Id]) -> dict[Id, set[State]]:
        """Return the states of each id: of one with too many, the least STATES_OF_ID_MAX + 1."""
        days = await self._by_hashes(_DAYS_OF_IDS, "wide", [wide_hash(*id_) for id_ in ids])
        found: dict[Id, set[State]] = {id_: set() for id_ in ids}
        if days:
            names = {"days": _days(days), "states": str(STATES_OF_ID_MAX + 1)}
            rows = await self._by_hashes(_STATES_OF, "narrow", {narrow_hash(*id_) for id_ in ids}, **names)
            for account, id_, message_id, day in rows:
                if (key := Id(account, id_)) in found:  # the hash says too much now and then
                    found[key].add(State(account, message_id, day))
        return found

    async def ids_of(self, states: Collection[State]) -> dict[State, set[Id]]:
        """Return the ids that each state goes by, its own among them."""
        found = {state: {Id(state.account, state.message_id)} for state in states}
        if found:
            hashes = {narrow_hash(state.account, state.message_id) for state in states}
            days = _days({(state.anchor_day,) for state in states})
            for account, message_id, day, id_ in await self._by_hashes(_IDS_OF, "narrow", hashes, days=days):
                if (key := State(account, message_id, day)) in found:
                    found[key].add(Id(account, id_))
        return found

    async def cuts(self, accounts: Iterable[str]) -> dict[Id, bool]:
        """Return the cut ids of accounts, and of each whether what it had grouped is apart again."""
        names = ", ".join(quoted(account) for account in sorted(accounts))
        rows = await self._query(_CUTS, accounts=names)
        return {Id(account, id_): bool(settled) for account, id_, settled in rows}

    async def grouped_by(self, id_: Id) -> set[State]:
        """Return the states with a group that an id leads to."""
        text = _GROUPED_BY.format(store=self._store, hash=narrow_hash(*id_))
        return {State(*row) for row in await self._sink.query(text, {"account": id_.account, "id": id_.id})}

    async def missing(self, since: int, until: int) -> set[Id]:
        """Return the ids of states of some days (since 1970) that lead to several groups, and are not cut."""
        text = part("links_missing", store=self._store, since=f"toDate({since})", until=f"toDate({until})")
        return {Id(account, id_) for account, id_, *_ in await self._sink.query(text)}

    async def linked_by_older_release(self) -> set[Id]:
        """Return what a release without groups had linked, where nothing is grouped yet."""
        return {Id(*row) for row in await self._query(_LINKED_BEFORE)}

    async def _by_hashes(self, text: str, name: str, hashes: Iterable[int], **names: str) -> list[Sequence[Any]]:
        rows: list[Sequence[Any]] = []
        kind = "toUInt64" if name == "wide" else "toUInt32"
        for some in parts(sorted(hashes)):
            rows += await self._query(text, **names, **{name: hashes_of(kind, some)})
        return rows

    async def _query(self, text: str, **names: str) -> list[Sequence[Any]]:
        return await self._sink.query(text.format(store=self._store, **names))


def _days(rows: Iterable[Sequence[Any]]) -> str:
    return ", ".join(f"toDate({day})" for day in sorted({row[0] for row in rows}))
