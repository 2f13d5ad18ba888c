"""Rows that the log has and a table lacks, among those of the last minutes: cheap enough to be asked all the time.

The offsets of a topic's partition have no gaps (`cleanup.policy=delete`, no transactions), so a gap between the oldest and the
newest row of a while is rows that were lost on the way, unless they were set aside. `recibo.completeness` looks at all there is.
"""

from collections.abc import Mapping
from typing import Final

from clickhouse_connect.driver.client import Client

WINDOW_MINUTES: Final = 15
"""How far back a look begins."""
_MARGIN_MINUTES: Final = 60
"""How much older a row of a later offset may be: the broker's clock, and so the order of times, is not trusted."""
_SETTINGS: Final = {"max_execution_time": 5}

_FIRST: Final = """
SELECT log_partition, min(log_offset) FROM {store}.{table} WHERE at >= now() - INTERVAL {window} MINUTE
GROUP BY log_partition
"""
_LACKING: Final = """
SELECT log_partition, max(log_offset) + 1 - min(log_offset) - uniqExact(log_offset) FROM
(
    SELECT log_partition, log_offset FROM {store}.{table} WHERE at >= now() - INTERVAL {margin} MINUTE
    UNION ALL
    SELECT log_partition, log_offset FROM {store}.projection_set_aside WHERE topic = {topic:String}
)
WHERE {since} GROUP BY log_partition
"""


def lacking(client: Client, store: str, table: str, topic: str, begins: Mapping[int, int]) -> dict[int, int]:
    """Return partition → rows that a table lacks of its topic's last minutes; partitions that lack none are left out.

    Args:
        client: any client of the engine.
        store: database of the tables.
        table: one whose rows stand for the records of a topic one by one: `webhook_raw`, `webhook_request`.
        topic: the topic.
        begins: partition → first offset that the log still has; what it lost is no row to be had.
    """
    names = {"{store}": store, "{table}": table, "{window}": str(WINDOW_MINUTES)}
    rows = client.query(_filled(_FIRST, names), settings=_SETTINGS).result_rows
    since = {int(partition): max(int(first), begins.get(int(partition), 0)) for partition, first in rows}
    if not since:
        return {}
    condition = " OR ".join(
        f"log_partition = {partition} AND log_offset >= {first}" for partition, first in since.items()
    )
    text = _filled(_LACKING, {**names, "{margin}": str(WINDOW_MINUTES + _MARGIN_MINUTES), "{since}": condition})
    found = client.query(text, parameters={"topic": topic}, settings=_SETTINGS).result_rows
    return {int(partition): int(count) for partition, count in found if count}


def _filled(text: str, names: Mapping[str, str]) -> str:
    for placeholder, value in names.items():
        text = text.replace(placeholder, value)
    return text
