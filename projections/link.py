"""Which states are one message: every id of every state, and the ids that lead to more than one.

A provider may report a message under one id and later under another; each becomes a state. The ids of a batch are
inserted first and then looked up. Of two projectors that insert the two sides at once, at least one therefore finds
the other's, and links them before it inserts its state: no reader sees the two apart.
"""

import zlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

from projections.blocks import Blocks
from projections.rows import message_alias
from projections.rows.table import Row
from projections.sink import ROWS_MAX, Sink

REMEMBERED_MAX: Final = 200_000
"""Ids known to be linked, so that a message's later versions cost no look-up."""
LOOKED_UP_MAX: Final = 10_000
"""Ids in one statement, which names each twice: its text stays below the 256 KiB that ClickHouse parses by default."""

_LINK: Final = """
INSERT INTO {store}.message_link (account, id, message_id, anchor_day)
SELECT DISTINCT account, id, message_id, anchor_day FROM {store}.message_alias
WHERE id_hash IN ({hashes}) AND (account, id) IN (
    SELECT account, id FROM {store}.message_alias WHERE id_hash IN ({hashes})
    GROUP BY account, id HAVING uniqExact(message_id, anchor_day) > 1
)
"""


class Linker:
    """Keeps `message_alias` and `message_link` true of the states it is shown."""

    def __init__(self, sink: Sink, store: str) -> None:
        """Write through `sink` into database `store`."""
        self._sink = sink
        self._store = store
        self._known: OrderedDict[Row, None] = OrderedDict()

    async def link(self, rows: Iterable[Row]) -> None:
        """Insert those rows of `message_alias` that are new, and link what they show to be one message.

        Raises SinkUnavailable or RowsRefused, as the sink does. Calling it twice changes nothing.
        """
        new = [row for row in rows if row not in self._known]
        if not new:
            return
        for start in range(0, len(new), ROWS_MAX):  # a state has up to 17 ids
            part = new[start : start + ROWS_MAX]
            await self._sink.insert(Blocks(message_alias.TABLE, part))
        for start in range(0, len(new), LOOKED_UP_MAX):
            await self._sink.command(link_statement(self._store, new[start : start + LOOKED_UP_MAX]))
        for row in new:
            self._known[row] = None
        while len(self._known) > REMEMBERED_MAX:
            self._known.popitem(last=False)


def id_hash(account: str, id_: str) -> int:
    """Return `message_alias.id_hash`: CRC-32 of `account/id`. It only narrows a search; equality is checked as well."""
    return zlib.crc32(f"{account}/{id_}".encode())


def link_statement(store: str, rows: Sequence[Row]) -> str:
    """Return the statement that links the ids of `rows` of `message_alias`, whoever else knows them."""
    hashes = ",".join({str(id_hash(account, id_)) for account, id_, *_ in rows})
    selection = f"SELECT toUInt32(arrayJoin(splitByChar(',', '{hashes}')))"
    return _LINK.replace("{store}", store).replace("{hashes}", selection)
