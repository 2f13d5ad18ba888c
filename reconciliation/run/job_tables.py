"""How reconciliations stand that somebody else's process makes: noted in the tables while they run."""

from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple

from clickhouse_connect.driver.client import Client

State = Literal["running", "finished", "failed"]
SILENT_MS_MAX: Final = 60_000
"""A job that was noted no more for so long is no more: its process ended."""
_SETTINGS: Final[dict[str, Any]] = {"async_insert": 0, "insert_deduplicate": 0}


class Job(NamedTuple):
    """How one stands."""

    state: State
    why: str = ""


class JobTables:
    """The jobs of one database. Every call blocks, and raises what the client raises."""

    def __init__(self, client: Client, store: str) -> None:
        """Ask through `client` (one that writes) the database `store`."""
        self._client = client
        self._store = store

    def note(self, account: str, run: str, job: Job, now_ms: int) -> None:
        """Note how a job stands now."""
        row = [account, run, job.state, job.why, datetime.fromtimestamp(now_ms / 1000, UTC)]
        columns = ("account", "run", "state", "why", "at")
        self._client.insert(f"{self._store}.reconciliation_job", [row], column_names=columns, settings=_SETTINGS)

    def of(self, account: str, run: str, now_ms: int) -> Job | None:
        """Return how a run stands that is not finished; None: nobody asked for it."""
        text = (
            f"SELECT state, why, toUnixTimestamp64Milli(at) FROM {self._store}.reconciliation_job FINAL "  # noqa: S608
            "WHERE account = {account:String} AND run = {run:String}"
        )
        rows = self._client.query(text, parameters={"account": account, "run": run}).result_rows
        if not rows:
            return None
        state, why, at_ms = rows[0]
        if state == "running" and now_ms - at_ms > SILENT_MS_MAX:
            return Job("failed", "the process that made it ended; ask for it again")
        return Job(state, why)
