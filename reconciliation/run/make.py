"""A run made: what is known by now, the comparison, the totals, and last the row that makes it one."""

import uuid
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from reconciliation.invoice.invoice import Invoice
from reconciliation.invoice.prices import UNKNOWN, PriceList
from reconciliation.match.compare import SETTINGS, compare, extent_of
from reconciliation.match.comparison import Comparison
from reconciliation.match.due import FLOOR_MS, Due
from reconciliation.match.keys import DEFAULT, Key
from reconciliation.run.interval import By, Interval
from reconciliation.run.record import Compared, DueTime, RunRecord
from reconciliation.run.run_tables import RunTables
from schemas.errors import ConfigurationError

_KNOWN: Final = """
SELECT toUnixTimestamp64Milli(min(if(o.newest_offset >= r.newest_offset, now64(3, 'UTC'), o.newest_at))), count()
FROM (SELECT log_partition, newest_at, newest_offset FROM {views}.freshness WHERE what = 'webhook.raw') AS r
LEFT ALL JOIN (SELECT log_partition, newest_at, newest_offset FROM {views}.freshness WHERE what = 'outcomes') AS o
    ON o.log_partition = r.log_partition
"""
"""Until when the tables know what the raw log has: of the partition that is furthest behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a run is asked for."""

    account: str
    manifests: tuple[str, ...]
    name: str
    by: str
    """Who asks."""
    time_zone: str
    keys: tuple[Key, ...] = DEFAULT
    interval: Interval | None = None
    interval_by: By = "sent_at"
    due_ms: int = 0
    """0: as long as the account's messages take."""
    floor_ms: int = FLOOR_MS
    prices: PriceList = UNKNOWN
    """What an invoice's lines were to cost."""
    run: str = ""
    """Its id, 32 hexadecimal digits; "": a new one."""


def make_run(tables: RunTables, views: str, asked: Asked, now_ms: int) -> RunRecord:
    """Compare and keep what was found. Called again it is another run.

    Args:
        tables: of the database that has sends and messages; its client may write, and waits long enough.
        views: database of the views, for what is known by now.
        asked: what for.
        now_ms: the time, UTC ms.

    Raises:
        ConfigurationError: there are no rows to compare.
        ClickHouseError: a statement failed; nothing of the run is shown, and it may be made again.
    """
    extent = extent_of(tables.client, tables.store, asked.account, asked.manifests)
    invoice = Invoice(tables.client, tables.store, asked.account, asked.manifests, asked.time_zone)
    billed = invoice.billed()
    if not (extent.rows or billed):
        raise ConfigurationError(
            f"the manifests {', '.join(asked.manifests)} of account {asked.account} have no rows to compare; "
            "`recibo sends list` shows what is kept"
        )
    chance = uuid.UUID(asked.run) if asked.run else uuid.uuid4()
    comparison = Comparison(
        account=asked.account,
        run=chance.hex,
        manifests=asked.manifests,
        made_ms=now_ms,
        as_of_ms=min(now_ms, known_until_ms(tables, views, now_ms)),
        extent=extent,
        keys=asked.keys,
        interval=asked.interval,
        by=asked.interval_by,
    )
    hash_key = (chance.int >> 64, chance.int & (2**64 - 1))
    dues: tuple[Due, ...] = ()
    if extent.rows:
        due = {"fixed_due_ms": asked.due_ms, "floor_ms": asked.floor_ms}
        dues = compare(tables.client, tables.store, comparison, hash_key, **due)
    record = _record(tables, asked, comparison, [DueTime(d.connection_id, d.after_ms, d.why, d.why_pt) for d in dues])
    if billed:
        lines = invoice.compare(comparison.run, now_ms, billed, asked.prices, by=asked.interval_by)
        record = msgspec.structs.replace(record, invoice=lines)
    tables.write(record)
    return record


def known_until_ms(tables: RunTables, views: str, now_ms: int) -> int:
    """Return until when callbacks are known, UTC ms: now, where everything of the log is in the tables."""
    ((known, partitions),) = tables.client.query(_KNOWN.format(views=views), settings=SETTINGS).result_rows
    return int(known) if partitions else now_ms


def _record(tables: RunTables, asked: Asked, comparison: Comparison, dues: list[DueTime]) -> RunRecord:
    account, run = asked.account, comparison.run
    interval: Any = asked.interval
    before = tables.runs(account, limit=1)
    return RunRecord(
        account=account,
        run=run,
        name=asked.name or f"{account}-{run[:8]}",
        by=asked.by,
        made_ms=comparison.made_ms,
        as_of_ms=comparison.as_of_ms,
        time_zone=asked.time_zone,
        since_ms=interval and interval.since_ms,
        until_ms=interval and interval.until_ms,
        interval_by=asked.interval_by,
        keys=[str(key) for key in asked.keys],
        manifests=manifests_of(tables, asked),
        tells_no_send=comparison.tells_no_send,
        dues=dues,
        places=tables.counts(account, run, asked.time_zone, "places"),
        days=tables.counts(account, run, asked.time_zone, "days"),
        connections=tables.counts(account, run, asked.time_zone, "connections"),
        causes=tables.causes(account, run),
        presences=tables.presences(account, run),
        previous=before[0].run if before else "",
    )


def manifests_of(tables: RunTables, asked: Asked) -> list[Compared]:
    """Return what was compared, in the order asked for."""
    text = (
        "SELECT s.manifest, any(s.role), any(m.name), count() "  # noqa: S608
        f"FROM {tables.store}.message_send AS s FINAL "
        f"LEFT ALL JOIN (SELECT manifest, name FROM {tables.store}.send_manifest FINAL WHERE account = {{account:String}}) AS m "
        "ON m.manifest = s.manifest "
        "WHERE s.account = {account:String} AND s.manifest IN {manifests:Array(String)} AND NOT s.is_deleted AND s.period = '' "
        "GROUP BY s.manifest"
    )
    parameters = {"account": asked.account, "manifests": list(asked.manifests)}
    rows = tables.client.query(text, parameters=parameters, settings=SETTINGS).result_rows
    found = {row[0]: Compared(str(row[0]), str(row[1]), str(row[2]), int(row[3])) for row in rows}
    return [found[manifest] for manifest in asked.manifests if manifest in found]
