"""Rows that reach weeks left untouched: what came after the old generation's last outcome, and before the new one's projector.

Such a week keeps the old generation's rows. Each coordinate that has none yet gets the new one's, and a state that began
in the log and is not there, or changed since, is added: no row that is there is removed.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from operations.rebuild.comparison import beyond
from operations.rebuild.target import IDENTITY
from operations.repair.plan import Plan
from operations.repair.steps import Begin
from operations.repair.tables import older_states
from projections.sink import NOT_DEDUPLICATED

OUTCOMES: Final = ("message_event", "connection_event", "webhook_set_aside")
_STATES: Final = ("message_state", "connection_state")
_SETTINGS: Final = {**NOT_DEDUPLICATED, "join_algorithm": "grace_hash", "max_execution_time": 3600}


def hand_over(plan: Plan, begin: Begin, decided: Mapping[int, int], replaced: Sequence[date]) -> None:
    """Add to the weeks that are not replaced what the old generation has not said of them.

    Args:
        plan: the repair.
        begin: from where the new generation is folded.
        decided: raw partition → offset before which the old generation's outcomes are all in the live tables.
        replaced: Mondays of the weeks that are replaced.
    """
    kept = f"NOT IN ({', '.join(_day(week) for week in replaced) or _day(date(1970, 1, 1))})"
    late = beyond(decided)
    there = " UNION ALL ".join(
        f"SELECT at, log_partition, log_offset FROM {plan.store}.{table} WHERE {late} AND toMonday(at) {kept}"  # noqa: S608
        for table in OUTCOMES
    )
    since_ms = _first_late_ms(plan, late)
    for table in OUTCOMES:
        _insert(plan, table, f"{late} AND toMonday(at) {kept} AND (at, log_partition, log_offset) NOT IN ({there})")
    for table in _STATES:
        if since_ms is not None:
            _insert(plan, table, f"toMonday(anchor_day) {kept} AND toUnixTimestamp64Milli(last_event_at) >= {since_ms}")
        _insert(plan, table, f"toMonday(anchor_day) {kept} AND NOT ({older_states(begin)})", only_new=True)
        if table == "message_state":
            _follow(plan, kept)
    if begin.floor_ms >= 0:
        since = f"toMonday(anchor_day) >= toMonday(toDate({begin.floor_ms // 1000 // 86_400}))"
        for table in ("message_alias", "state_alias", "message_name"):
            _insert(plan, table, f"toMonday(anchor_day) {kept} AND {since}", only_new=True)
        _insert(plan, "alias_hash", f"toMonday(anchor_day) {kept} AND {since}")


def _first_late_ms(plan: Plan, late: str) -> int | None:
    """Return the append time of the first record that the old generation may not have decided; None: there is none."""
    found = [
        plan.client.query(
            f"SELECT toUnixTimestamp64Milli(min(at)), count() FROM {plan.shadow}.{table} WHERE {late}"  # noqa: S608
        ).result_rows[0]
        for table in OUTCOMES
    ]
    return min((int(at) for at, count in found if count), default=None)


def _insert(plan: Plan, table: str, condition: str, *, only_new: bool = False) -> None:
    """Copy rows of the shadow; with `only_new`, those whose identity is not among the live ones."""
    columns = ", ".join(_columns(plan, table))
    source = f"(SELECT {columns} FROM {plan.shadow}.{table} FINAL WHERE {condition}) AS made"  # noqa: S608 - names of ours
    if only_new:
        keys = ", ".join(IDENTITY[table])
        source += f" LEFT ANTI JOIN (SELECT {keys} FROM {plan.store}.{table}) AS there USING ({keys})"  # noqa: S608
    plan.client.command(
        f"INSERT INTO {plan.store}.{table} ({columns}) SELECT {columns} FROM {source}",  # noqa: S608 - names of ours
        settings=_SETTINGS,
    )


def _follow(plan: Plan, kept: str) -> None:
    """Copy what states that are members of groups have now, as whoever stores a state does (projections/members.py)."""
    announced = f"SELECT state_hash FROM {plan.store}.member_hash"  # noqa: S608 - a name of ours
    plan.client.command(
        f"INSERT INTO {plan.store}.message_member SELECT * FROM {plan.store}.message_state WHERE toMonday(anchor_day) {kept} "  # noqa: S608
        f"AND halfMD5(concat(account, '/', message_id)) IN ({announced})",
        settings=_SETTINGS,
    )


def _columns(plan: Plan, table: str) -> list[Any]:
    text = (
        "SELECT name FROM system.columns WHERE database = {database:String} AND table = {table:String} "
        "AND default_kind NOT IN ('MATERIALIZED', 'ALIAS') ORDER BY position"
    )
    return [
        name for (name,) in plan.client.query(text, parameters={"database": plan.store, "table": table}).result_rows
    ]


def _day(day: date) -> str:
    return f"toDate('{day}')"
