"""The rows of states that are members of a group, a second time: views then read those few instead of all of history.

Who links states does so in three steps: it announces them (`member_hash`), copies what `message_state` has of them
(`message_member`), and groups them (`message_group`). Who stores a state inserts its row into `message_state`, then asks
whether the state is announced, and where it is inserts the row into `message_member` as well, before its batch is committed.

So no stored row of a grouped state is missing, however these interleave. If the question comes after the announcement, the
row is inserted here by who stored it. Else the row was in `message_state` before the announcement, so before the copy,
which took it along. And a group is seen only after both, so no reader finds a group whose members were not there yet. Whoever dies
on the way has grouped nothing, or has not committed his batch: it is done again, and twice is as good as once, since rows
fold. What is announced or copied and never grouped, no view reads.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from projections.blocks import Blocks
from projections.clickhouse.views import part
from projections.components import State
from projections.literals import hashes_of, parts, quoted
from projections.rows import grouping, message_state
from projections.rows.table import Record, Table
from projections.sink import ROWS_MAX, Sink

MESSAGE_MEMBER: Final = Table("message_member", message_state.TABLE.columns)
STATES_COPIED_MAX: Final = 1_000
"""States of one statement. Their names are at most 160 characters each on average: the text stays below 256 KiB."""
_TEXT_MAX: Final = 160_000
"""Characters of the names in one statement."""
_EPOCH: Final = date(1970, 1, 1)

_COPY: Final = """
INSERT INTO {store}.message_member SELECT * FROM {store}.message_state
WHERE (anchor_day, account, message_id) IN ({states})
"""
_ANNOUNCED: Final = """
SELECT DISTINCT state_hash FROM {store}.member_hash PREWHERE state_hash IN ({hashes})
"""


class Members:
    """Keeps `message_member` true of one database. Every method raises SinkUnavailable or RowsRefused, as the sink does."""

    def __init__(self, sink: Sink, store: str) -> None:
        """Write through `sink` into database `store`."""
        self._sink = sink
        self._store = store

    async def admit(self, states: Collection[State]) -> None:
        """Announce states that are about to be grouped, and copy what is known of them: before they are."""
        in_order = sorted(states)
        await self.announce(in_order)
        await self.copy(in_order)

    async def announce(self, states: Sequence[State]) -> None:
        """Have whoever stores a row of these states from now on store it as member's, too."""
        rows = [(grouping.wide_hash(state.account, state.message_id), state.anchor_day) for state in states]
        for start in range(0, len(rows), ROWS_MAX):
            await self._sink.insert(Blocks(grouping.MEMBER_HASH, rows[start : start + ROWS_MAX]))

    async def copy(self, states: Iterable[State]) -> None:
        """Copy all rows that these states have now."""
        for names in _named(states):
            await self._sink.command(_COPY.format(store=self._store, states=", ".join(names)))

    async def follow(self, records: Sequence[Record]) -> None:
        """Store those of `records` that are of announced states: records of `message.state` whose rows are stored."""
        by_hash = await asyncio.to_thread(_by_hash, records)
        announced = await self._announced(by_hash)
        if announced:
            decoded = [message_state.decode(record) for hash_ in announced for record in by_hash[hash_]]
            rows = list(message_state.rows([state for state in decoded if state is not None]))
            await self._sink.insert(Blocks(MESSAGE_MEMBER, rows))

    async def behind(self, since: int, until: int) -> set[State]:
        """Return the grouped states of some days (since 1970) of which less is known here than in `message_state`."""
        text = part("members_behind", store=self._store, since=f"toDate({since})", until=f"toDate({until})")
        return {State(*row) for row in await self._sink.query(text)}

    async def _announced(self, hashes: Collection[int]) -> list[int]:
        found: list[int] = []
        for some in parts(sorted(hashes)):
            text = _ANNOUNCED.format(store=self._store, hashes=hashes_of("toUInt64", some))
            found += [hash_ for (hash_,) in await self._sink.query(text)]
        return found


def _by_hash(records: Sequence[Record]) -> Mapping[int, list[Record]]:
    """Return records by their states' hashes: a record's key is its state's `account/message id`."""
    by_hash: dict[int, list[Record]] = defaultdict(list)
    for record in records:
        if record.value is not None and record.key is not None:
            by_hash[grouping.wide_hash_of(record.key)].append(record)
    return by_hash


def _named(states: Iterable[State]) -> Iterator[list[str]]:
    """Yield states as literals, so many as one statement can name. Literals alone: the engine then looks no day up but theirs."""
    names, size = list[str](), 0
    for state in states:
        day = _EPOCH + timedelta(days=state.anchor_day)
        names.append(f"('{day}', {quoted(state.account)}, {quoted(state.message_id)})")
        size += len(names[-1])
        if len(names) >= STATES_COPIED_MAX or size >= _TEXT_MAX:
            yield names
            names, size = [], 0
    if names:
        yield names
