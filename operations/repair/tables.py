"""The new generation's tables: projected into the shadow, compared with the live ones, their weeks chosen."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from operations.forget.people import unlink_forgotten
from operations.rebuild.comparison import Rules, WeekComparison, beyond, compare, inside_since, samples
from operations.rebuild.replay import Replay
from operations.rebuild.target import WITH_GENERATION, Target, targets_of
from operations.repair.plan import Plan
from operations.repair.steps import Begin
from projections.clickhouse.erase import strip_again
from projections.clickhouse.migrate import migrate
from projections.clickhouse.views.fragments import status_of
from projections.settings import Settings
from projections.sink import Sink
from projections.writer import make_writer
from schemas.topics import Topics

NOT_DERIVED: Final = frozenset({"webhook_raw", "webhook_request"})
"""Tables of what came, which no generation decides."""
_SETTINGS: Final = {
    "max_execution_time": 3600,
    "max_memory_usage": 4 * 10**9,
    "max_bytes_before_external_group_by": 10**9,
}


@dataclass(frozen=True, slots=True)
class Change:
    """Messages whose status changes from `old` to `new` (empty: not there), in weeks of one kind."""

    old: str
    new: str
    messages: int
    examples: Sequence[str]
    is_replaced: bool
    """Whether they begin in weeks that are replaced; else the tables keep the old status, the topics have the new one."""


@dataclass(slots=True)
class Comparison:
    """What the new generation says otherwise."""

    weeks: list[WeekComparison]
    changes: list[Change]
    samples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def untouched(self) -> list[date]:
        """Weeks with anything older than the log: left as they are."""
        return sorted({week.monday for week in self.weeks if not week.is_inside})

    @property
    def replaced(self) -> list[date]:
        """Weeks wholly inside the log, of all tables: a record's outcome may move from one table to another."""
        return sorted({week.monday for week in self.weeks} - set(self.untouched))


def derived_targets(topics: Topics) -> list[Target]:
    """Return the targets whose rows a generation decides."""
    return [target for table, target in targets_of(topics).items() if table not in NOT_DERIVED]


def replay_of(target: Target, group: str, settings: Settings) -> Replay:
    """Return how a target's topic is read again by `group`."""
    return Replay(target.projection.topic, group, settings, compacted=target.is_compacted)


def shadow_group(plan: Plan, target: Target) -> str:
    """Return the group that projects a target into the shadow."""
    return plan.kafka.named(f"recibo-repair.{plan.store}.{target.projection.topic}")


async def project(plan: Plan) -> dict[str, dict[int, int]]:
    """Project the new topics into the shadow up to where they end now. Return topic → partition → where it stands."""
    await asyncio.to_thread(migrate, plan.client, plan.shadow, views_database=None, topology=plan.topology)
    stood = {}
    for target in derived_targets(plan.topics):
        async with replay_of(target, shadow_group(plan, target), plan.new_settings) as replay:
            await store_to_end(plan, replay, target, plan.shadow, f"projecting {target.table}")
            stood[target.projection.topic] = await replay.committed()
    plan.progress("leaving out who was forgotten", 0, 1)
    await asyncio.to_thread(strip_again, plan.client, plan.store, plan.shadow, plan.topology)
    await unlink_forgotten(plan.settings, plan.client, plan.shadow)
    return stood


async def store_to_end(plan: Plan, replay: Replay, target: Target, database: str, step: str) -> None:
    """Store what a replay's group has not read yet, up to where the topic ends now, in `database`."""
    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="repair") as threads:
        sink = Sink(plan.client, database, threads)
        store = make_writer(target.projection, sink, plan.settings, asyncio.Event())
        await replay.store_to(await replay.ends(), [store], plan.progress, step)


def compare_tables(plan: Plan, begin: Begin, folded: Mapping[int, int]) -> Comparison:
    """Compare the shadow with the live tables.

    Args:
        plan: the repair.
        begin: from where the generation is folded.
        folded: raw partition → offset up to which the shadow holds every outcome.
    """
    weeks: list[WeekComparison] = []
    told: dict[str, list[dict[str, Any]]] = {}
    targets = derived_targets(plan.topics)
    for number, target in enumerate(targets):
        plan.progress(f"comparing {target.table}", number, len(targets))
        rules = rules_of(plan, begin, folded, target.table)
        found = compare(plan.client, target.table, plan.store, plan.shadow, rules)
        weeks += found
        if any(week.differences for week in found):
            told[target.table] = samples(plan.client, target.table, plan.store, plan.shadow, rules)
    comparison = Comparison(weeks, [], told)
    comparison.changes = _changes(plan, rules_of(plan, begin, folded, "message_state"), comparison.replaced)
    return comparison


def rules_of(plan: Plan, begin: Begin, folded: Mapping[int, int], table: str) -> Rules:
    """Return which of a table's rows are older than the log, and which newer than the shadow."""
    if begin.is_recreated and table in WITH_GENERATION:
        return Rules(f"generation <= {plan.old}", beyond(folded))
    if table in WITH_GENERATION:
        return Rules(inside_since(begin.starts), beyond(folded))
    text = f"SELECT toUnixTimestamp64Milli(max(last_event_at)) FROM {plan.shadow}.{table}"  # noqa: S608 - a name of ours
    newest_ms = int(plan.client.query(text).result_rows[0][0])
    return Rules(older_states(begin), f"toUnixTimestamp64Milli(last_event_at) > {newest_ms}")


def older_states(begin: Begin) -> str:
    """Return the condition that a state began before the log."""
    return "0" if begin.floor_ms < 0 else f"toUnixTimestamp64Milli(anchor_at) <= {begin.floor_ms}"


def _changes(plan: Plan, rules: Rules, replaced: Sequence[date]) -> list[Change]:
    weeks = ", ".join(f"toDate('{week}')" for week in replaced) or "toDate(0)"
    old, new = status_of("old_seen"), status_of("new_seen")
    text = f"""
        SELECT {old} AS old, {new} AS new, count(), arraySort(groupArray(3)(id)), toMonday(day) IN ({weeks}) AS is_replaced
        FROM
        (
            SELECT day, owner, id, anyIf(seen, is_live) AS old_seen, anyIf(seen, NOT is_live) AS new_seen
            FROM
            (
                SELECT anchor_day AS day, account AS owner, message_id AS id, s.seen AS seen, 1 AS is_live,
                    {rules.outside} AS outside, {rules.newer} AS newer
                FROM {plan.store}.message_state AS s FINAL
                UNION ALL
                SELECT anchor_day, account, message_id, t.seen, 0, {rules.outside}, 0 FROM {plan.shadow}.message_state AS t FINAL
            )
            GROUP BY day, owner, id HAVING NOT max(outside) AND NOT max(newer)
        )
        WHERE old != new GROUP BY old, new, is_replaced ORDER BY count() DESC, old, new"""  # noqa: S608 - names of ours
    rows = plan.client.query(text, settings=_SETTINGS).result_rows
    return [Change(str(a), str(b), int(n), list(ids), bool(inside)) for a, b, n, ids, inside in rows]
