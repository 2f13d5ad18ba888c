"""The edge to what is known of people's names: each question costs what is asked about, not what history holds."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from projections.blocks import Blocks
from projections.literals import parts, quoted
from projections.persons import OTHERS_MAX, Name
from projections.rows.grouping import wide_hash
from projections.rows.table import Row, Table
from projections.sink import ROWS_MAX, Sink

# PREWHERE: of most granules nothing but the one column of hashes is read.
_OTHERS_OF: Final = """
SELECT account, kind, value, other_kind, other_value, toUInt16(max(month)) FROM {store}.person_link
PREWHERE name_hash IN (SELECT toUInt64(arrayJoin(splitByChar(',', '{hashes}'))))
GROUP BY account, kind, value, other_kind, other_value
{limit}
"""
_CUTS: Final = """
SELECT account, kind, value, max(is_settled) FROM {store}.person_cut WHERE account IN ({accounts}) GROUP BY account, kind, value
"""
_UNDECIDED: Final = """
SELECT DISTINCT account, kind, value FROM {store}.person_link
WHERE name_hash NOT IN (SELECT halfMD5(concat(account, '/', kind, '/', value)) FROM {store}.person) LIMIT {most}
"""


class PersonEdges:
    """People's names of one database, as they are now."""

    def __init__(self, sink: Sink, store: str) -> None:
        """Ask database `store` through `sink`. Every method raises SinkUnavailable or RowsRefused, as the sink does."""
        self._sink = sink
        self._store = store

    async def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows about people's names."""
        for start in range(0, len(rows), ROWS_MAX):  # an event may name 8, each with each
            await self._sink.insert(Blocks(table, rows[start : start + ROWS_MAX]))

    async def others_of(self, names: Collection[Name], *, all_of_them: bool = False) -> dict[Name, dict[Name, int]]:
        """Return the names that each was given with, and when last; of one with too many, some OTHERS_MAX + 1.

        Args:
            names: to ask about.
            all_of_them: however many they are.
        """
        limit = "" if all_of_them else f"LIMIT {OTHERS_MAX + 1} BY account, kind, value"
        found: dict[Name, dict[Name, int]] = {name: {} for name in names}
        hashes = sorted({wide_hash(name.account, f"{name.kind}/{name.value}") for name in names})
        for some in parts(hashes):
            text = _OTHERS_OF.format(store=self._store, hashes=",".join(map(str, some)), limit=limit)
            for account, kind, value, other_kind, other_value, month in await self._sink.query(text):
                if (name := Name(account, kind, value)) in found:  # the hash says too much now and then
                    found[name][Name(account, other_kind, other_value)] = month
        return found

    async def cuts(self, accounts: Iterable[str]) -> dict[Name, bool]:
        """Return the cut names of accounts, and of each whether whom it had linked are apart again."""
        listed = ", ".join(quoted(account) for account in sorted(accounts))
        rows = await self._sink.query(_CUTS.format(store=self._store, accounts=listed))
        return {Name(account, kind, value): bool(settled) for account, kind, value, settled in rows}

    async def undecided(self, most: int) -> set[Name]:
        """Return names, at most so many, whose person nobody decided: those that a migration filled in."""
        return {Name(*row) for row in await self._sink.query(_UNDECIDED.format(store=self._store, most=most))}
