"""The tables of runs: what is read from them, and the row that makes a run one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from reconciliation.match.compare import SETTINGS
from reconciliation.run.change import Change
from reconciliation.run.record import CauseCount, Count, Presence, RunRecord, decode, encode
from schemas.errors import ConfigurationError

_INSERTED: Final[dict[str, Any]] = {"async_insert": 0, "insert_deduplicate": 0}
_OF: Final = "account = {account:String} AND run = {run:String}"
_CONNECTIONS_MAX: Final = 200
_CAUSES_MAX: Final = 100
_COUNTS: Final = {
    "places": "place",
    "days": "toString(toDate(coalesce(sent_at, first_at), {time_zone:String}))",
    "connections": "if(their_connection = '', connection_id, their_connection)",
}
SUBJECT: Final = "multiIf(d.message_id != '', d.message_id, d.reference != '', d.reference, concat(d.manifest, '/', toString(d.row)))"
"""What a difference is known by from run to run."""


class RunTables:
    """The runs of one database. Every call blocks, and raises what the client raises."""

    def __init__(self, client: Client, store: str) -> None:
        """Ask through `client` the database `store`."""
        self.client = client
        self.store = store

    def counts(self, account: str, run: str, time_zone: str, by: str) -> list[Count]:
        """Return rows by class and by `places`, `days` or `connections`; of connections those with most."""
        text = (
            f"SELECT {_COUNTS[by]} AS name, toString(class) AS what, count() AS rows FROM {self.store}.reconciliation_difference "  # noqa: S608
            f"WHERE {_OF} AND ({{by:String}} != 'days' OR isNotNull(coalesce(sent_at, first_at))) "
            "GROUP BY name, what ORDER BY name, what"
        )
        parameters = {"account": account, "run": run, "time_zone": time_zone, "by": by}
        found = [Count(*row) for row in self._rows(text, parameters)]
        if by != "connections":
            return found
        most = sorted({c.name for c in found}, key=lambda name: (-sum(c.rows for c in found if c.name == name), name))
        return [count for count in found if count.name in most[:_CONNECTIONS_MAX]]

    def causes(self, account: str, run: str) -> list[CauseCount]:
        """Return the causes found of rows without a callback, those of most rows first."""
        text = (
            "SELECT toString(cause), their_connection, "  # noqa: S608
            "if(isNull(cause_from), NULL, toUnixTimestamp64Milli(assumeNotNull(cause_from))) AS from_ms, "
            "if(isNull(cause_until), NULL, toUnixTimestamp64Milli(assumeNotNull(cause_until))) AS until_ms, count() AS rows, max(cause_count) "
            f"FROM {self.store}.reconciliation_difference WHERE {_OF} AND cause != '' AND class = 'no_callback' "
            f"GROUP BY cause, their_connection, from_ms, until_ms ORDER BY rows DESC, ALL LIMIT {_CAUSES_MAX}"
        ).replace("rows DESC, ALL", "rows DESC, cause, their_connection, from_ms, until_ms")
        return [CauseCount(*row) for row in self._rows(text, {"account": account, "run": run})]

    def presences(self, account: str, run: str) -> list[Presence]:
        """Return how many sends are found where."""
        text = (
            "SELECT sends, max_callbacks, provider, invoice, count() FROM (SELECT max(in_sends) AS sends, max(in_callbacks) AS max_callbacks, "  # noqa: S608
            f"max(in_provider) AS provider, max(in_invoice) AS invoice FROM {self.store}.reconciliation_difference WHERE {_OF} GROUP BY send) "
            "GROUP BY ALL ORDER BY ALL"
        )
        return [
            Presence(bool(a), bool(b), bool(c), bool(d), int(sends))
            for a, b, c, d, sends in self._rows(text, {"account": account, "run": run})
        ]

    def write(self, record: RunRecord) -> None:
        """Make a run one that is there."""
        row = [
            *(record.account, record.run, record.name, datetime.fromtimestamp(record.made_ms / 1000, UTC), record.by),
            *(record.rows, record.counts["differences"], encode(record).decode()),
        ]
        columns = ("account", "run", "name", "made_at", "by", "rows", "differences", "record")
        self.client.insert(f"{self.store}.reconciliation_run", [row], column_names=columns, settings=_INSERTED)

    def runs(self, account: str = "", limit: int = 1_000) -> list[RunRecord]:
        """Return the runs of an account ("": of all), the latest first."""
        text = (
            f"SELECT record FROM {self.store}.reconciliation_run FINAL "  # noqa: S608
            "WHERE {account:String} IN ('', account) ORDER BY made_at DESC, run DESC LIMIT {limit:UInt32}"
        )
        return [decode(row[0]) for row in self._rows(text, {"account": account, "limit": limit})]

    def named(self, name: str, account: str = "") -> RunRecord:
        """Return the latest run of a name, or the run of an id. Raises ConfigurationError: there is none."""
        text = (
            f"SELECT record FROM {self.store}.reconciliation_run FINAL WHERE {{account:String}} IN ('', account) "  # noqa: S608
            "AND {name:String} IN (name, run) ORDER BY made_at DESC, run DESC LIMIT 1"
        )
        rows = self._rows(text, {"account": account, "name": name})
        if not rows:
            raise ConfigurationError(f"there is no run {name}: `recibo runs list` shows them")
        return decode(rows[0][0])

    def of(self, account: str, run: str) -> RunRecord | None:
        """Return the finished run of an id, where an account has it."""
        text = f"SELECT record FROM {self.store}.reconciliation_run FINAL WHERE {_OF}"  # noqa: S608 - words of ours
        rows = self._rows(text, {"account": account, "run": run})
        return decode(rows[0][0]) if rows else None

    def acknowledge(
        self, account: str, found: Sequence[tuple[str, str]], reason: str, by: str, now_ms: int, *, withdrawn: bool
    ) -> None:
        """Note what somebody says of differences (class, subject); later runs carry it on."""
        at = datetime.fromtimestamp(now_ms / 1000, UTC)
        rows = [[account, what, subject, at, reason, by, withdrawn] for what, subject in found]
        columns = ("account", "class", "subject", "at", "reason", "by", "is_withdrawn")
        self.client.insert(
            f"{self.store}.reconciliation_acknowledgement", rows, column_names=columns, settings=_INSERTED
        )

    def subjects(self, record: RunRecord, classes: Sequence[str], subject: str) -> list[tuple[str, str]]:
        """Return (class, subject) of a run's differences of some classes, or of one subject, sorted."""
        text = (
            f"SELECT DISTINCT toString(class), {SUBJECT} AS subject FROM {self.store}.reconciliation_difference AS d "  # noqa: S608
            f"WHERE {_OF} AND class IN {{classes:Array(String)}} AND {{subject:String}} IN ('', subject) ORDER BY ALL"
        )
        parameters = {"account": record.account, "run": record.run, "classes": list(classes), "subject": subject}
        return [(str(a), str(b)) for a, b in self._rows(text, parameters)]

    def changes(self, before: RunRecord, later: RunRecord) -> list[Change]:
        """Return how many subjects were of which class in two runs of one account."""
        one = f"SELECT {SUBJECT} AS subject, toString(min(class)) AS what FROM {self.store}.reconciliation_difference AS d WHERE account = {{account:String}} AND run = {{%s:String}} GROUP BY subject"  # noqa: S608
        text = (
            f"SELECT b.what AS before, l.what AS now, count() FROM ({one % 'before'}) AS b "  # noqa: S608
            f"FULL ALL JOIN ({one % 'later'}) AS l ON l.subject = b.subject GROUP BY before, now"
        )
        parameters = {"account": later.account, "before": before.run, "later": later.run}
        return [Change(str(a), str(b), int(rows)) for a, b, rows in self._rows(text, parameters)]

    @contextmanager
    def rows(self, text: str, parameters: dict[str, Any]) -> Iterator[tuple[Sequence[str], Iterator[Sequence[Any]]]]:
        """Give the columns of a query's result and its rows as they come."""
        with self.client.query_row_block_stream(text, parameters=parameters, settings=SETTINGS) as blocks:
            yield blocks.source.column_names, (row for block in blocks for row in block)

    def streamed(self, text: str, parameters: dict[str, Any], shape: str) -> Iterator[bytes]:
        """Yield the result of a query in a format of the engine, as it comes."""
        with self.client.raw_stream(text, parameters=parameters, fmt=shape, settings=SETTINGS) as stream:
            while chunk := stream.read(64 * 1024):
                yield chunk

    def _rows(self, text: str, parameters: dict[str, Any]) -> Sequence[Sequence[Any]]:
        return self.client.query(text, parameters=parameters, settings=SETTINGS).result_rows
