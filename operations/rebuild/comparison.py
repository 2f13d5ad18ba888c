"""A shadow table compared with the live one, week by week: the week is the table's partition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from operations.rebuild.target import IDENTITY
from projections.clickhouse.views.fragments import receipt_times

SAMPLES_MAX: Final = 5
_SETTINGS: Final = {
    "max_execution_time": 3600,
    "max_memory_usage": 4 * 10**9,
    "max_bytes_before_external_group_by": 10**9,
}
"""It may take long, and spills to disk rather than taking all of the memory."""
_WRITTEN_NO_MORE: Final = {"message_state": ("recipient",)}
"""Columns that rows of older releases alone have."""


@dataclass(frozen=True, slots=True)
class WeekComparison:
    """What a week of a table holds, live and shadow. Rows newer than the shadow's reading are not compared."""

    table: str
    monday: date
    live: int
    shadow: int
    outside: int
    """Rows made of records that the log no longer holds. With any, the week is left untouched."""
    only_live: int
    only_shadow: int
    differing: int

    @property
    def is_inside(self) -> bool:
        """Whether the week is wholly inside the log's retention."""
        return self.outside == 0

    @property
    def differences(self) -> int:
        """Rows that a replacement would remove, add or change."""
        return self.only_live + self.only_shadow + self.differing


def shadow_rows(weeks: Sequence[WeekComparison]) -> dict[tuple[str, date], int]:
    """Return how many rows the shadow was found to have, by table and week."""
    return {(week.table, week.monday): week.shadow for week in weeks}


@dataclass(frozen=True, slots=True)
class Rules:
    """Which rows a comparison leaves out: SQL conditions over a row's columns."""

    outside: str
    """It is made of a record that the log no longer holds."""
    newer: str = "0"
    """It is live, and made of a record that came after the shadow's reading."""


def inside_since(starts: Mapping[int, int]) -> str:
    """Return the condition that a row's coordinate lies before the log's start.

    Args:
        starts: log partition → least offset inside; all rows of a partition that is not there are outside.
    """
    return f"log_offset < {_by_partition(starts, 2**64 - 1)}"


def beyond(ends: Mapping[int, int]) -> str:
    """Return the condition that a row's coordinate lies at or after `ends` (log partition → offset)."""
    return f"log_offset >= {_by_partition(ends, 0)}"


def _by_partition(offsets: Mapping[int, int], otherwise: int) -> str:
    partitions, values = ", ".join(map(str, offsets)), ", ".join(f"toUInt64({o})" for o in offsets.values())
    default = f"toUInt64({otherwise})"
    return f"transform(toUInt64(log_partition), [{partitions}], [{values}], {default})" if offsets else default


def compare(client: Client, table: str, live: str, shadow: str, rules: Rules) -> list[WeekComparison]:
    """Compare `table` of database `shadow` with that of `live`; return its weeks in order."""
    columns = _columns(client, live, table)
    text = f"""
        SELECT toMonday(time) AS week, countIf(in_live), countIf(in_shadow), countIf(is_outside),
            countIf(in_live AND NOT in_shadow AND NOT is_outside AND NOT is_newer),
            countIf(in_shadow AND NOT in_live AND NOT is_outside),
            countIf(in_shadow AND in_live AND NOT is_outside AND NOT is_newer AND live_hash != shadow_hash)
        FROM ({_by_row(table, live, shadow, rules, columns)})
        GROUP BY week ORDER BY week"""  # noqa: S608 - names and numbers of ours
    return [WeekComparison(table, *row) for row in client.query(text, settings=_SETTINGS).result_rows]


def _by_row(table: str, live: str, shadow: str, rules: Rules, columns: Sequence[tuple[str, str]]) -> str:
    identity = IDENTITY[table]
    keys = ", ".join(f"{name} AS key_{number}" for number, name in enumerate(identity))
    grouped = ", ".join(f"key_{number}" for number, _ in enumerate(identity))
    value = f"cityHash64(toString(tuple({', '.join(_comparable(columns, identity))})))"
    return f"""
        SELECT {grouped}, key_0 AS time, max(is_live) AS in_live, max(NOT is_live) AS in_shadow,
            max(outside) AS is_outside, max(newer) AS is_newer,
            anyIf(value, is_live) AS live_hash, anyIf(value, NOT is_live) AS shadow_hash
        FROM
        (
            SELECT {keys}, 1 AS is_live, {rules.outside} AS outside, {rules.newer} AS newer, {value} AS value
            FROM {live}.{table} FINAL
            UNION ALL
            SELECT {keys}, 0, {rules.outside}, 0, {value} FROM {shadow}.{table} FINAL
        )
        GROUP BY {grouped}"""  # noqa: S608 - names and numbers of ours


def samples(client: Client, table: str, live: str, shadow: str, rules: Rules) -> list[dict[str, Any]]:
    """Return some rows that differ, for people: what identifies them, and each differing column as (live, shadow)."""
    columns = _columns(client, live, table)
    names = [f"key_{number}" for number, _ in enumerate(IDENTITY[table])]
    text = f"""
        SELECT {", ".join(f"toString({n})" for n in names)}, in_live, in_shadow FROM ({_by_row(table, live, shadow, rules, columns)})
        WHERE NOT is_outside AND ((in_shadow AND NOT in_live) OR (in_live AND NOT is_newer
            AND (NOT in_shadow OR live_hash != shadow_hash)))
        ORDER BY in_live AND in_shadow DESC, {", ".join(names)} LIMIT {SAMPLES_MAX}"""  # noqa: S608
    return [
        _sample(client, table, (live, shadow), row, columns)
        for row in client.query(text, settings=_SETTINGS).result_rows
    ]


def _sample(
    client: Client, table: str, databases: tuple[str, str], row: Sequence[Any], columns: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    *keys, in_live, in_shadow = row
    told = dict(zip(IDENTITY[table], keys, strict=True))
    if not in_live or not in_shadow:
        return {**told, "row": "only live" if in_live else "only in the shadow"}
    names = [name for name, _ in columns]
    wanted = " AND ".join(f"{name} = {{key_{number}:String}}" for number, name in enumerate(told))
    parameters = {f"key_{number}": key for number, key in enumerate(keys)}
    text = f"SELECT {', '.join(_comparable(columns, ()))} FROM {{}}.{table} FINAL WHERE {wanted}"  # noqa: S608
    one, other = (
        client.query(text.replace("{}", database, 1), parameters=parameters).result_rows[0] for database in databases
    )
    changed = {name: (a, b) for name, a, b in zip(names, one, other, strict=True) if a != b and name != "generation"}
    return {**told, **changed}


def _comparable(columns: Sequence[tuple[str, str]], identity: Sequence[str]) -> list[str]:
    """Return what of each column is compared: an array's order says nothing where the engine joins sets.

    Which generation a row is of is left out: it is what the two databases differ in.
    """
    left_out = {*identity, "generation", "seeded_from"} if identity else set()
    found = [_compared(name, kind) for name, kind in columns if name not in left_out]
    return found or ["0"]


def _compared(name: str, kind: str) -> str:
    if name == "receipt_at":  # it may keep what an earlier time has replaced
        return receipt_times()
    return f"arraySort({name})" if "Array(" in kind else name


def _columns(client: Client, database: str, table: str) -> list[tuple[str, str]]:
    text = (
        "SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {table:String} "
        "AND default_kind NOT IN ('MATERIALIZED', 'ALIAS') ORDER BY position"
    )
    rows = client.query(text, parameters={"database": database, "table": table}).result_rows
    return [(str(name), str(kind)) for name, kind in rows if name not in _WRITTEN_NO_MORE.get(table, ())]
