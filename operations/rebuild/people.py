"""People of a shadow's events, linked in the live tables as well.

Links are added, never taken away: those that a wrong parser gave go when they are too old to be kept.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from clickhouse_connect.driver.client import Client

from projections.person_linker import NAMES_AT_ONCE, PersonLinker
from projections.persons import Name
from projections.rows import person_link
from projections.sink import NOT_DEDUPLICATED, Sink

_SETTINGS: Final = {**NOT_DEDUPLICATED, "max_execution_time": 3600}
_NAMES: Final = """
SELECT DISTINCT name_hash, account, kind, value FROM {shadow}.person_link WHERE name_hash > {after}
ORDER BY name_hash LIMIT {most} WITH TIES
"""


async def link_people(client: Client, live: str, shadow: str) -> None:
    """Link in database `live` the names that events in `shadow` gave together, and decide whose they are.

    Raises:
        ClickHouseError: the engine did not take the links.
        SinkUnavailable: or is away meanwhile.
        RowsRefused: or refuses what was decided.
    """
    columns = ", ".join(name for name, _ in person_link.TABLE.columns)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="people") as threads:
        sink = Sink(client, live, threads)
        await sink.command(
            f"INSERT INTO {live}.person_link ({columns}) SELECT DISTINCT {columns} FROM {shadow}.person_link"  # noqa: S608
        )
        linker, after = PersonLinker(sink, live), 0
        while rows := await sink.query(_NAMES.format(shadow=shadow, after=after, most=NAMES_AT_ONCE)):
            await linker.decide({Name(*row[1:]) for row in rows})
            after = rows[-1][0]
