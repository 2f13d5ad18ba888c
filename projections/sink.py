"""The edge out: rows into a table, counted by the engine. Nothing here keeps a repeat out: the tables replace, or fold by key."""

import asyncio
from concurrent.futures import Executor
from functools import partial
from typing import Any, Final

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.summary import QuerySummary

from projections.blocks import COMPRESSION, Blocks
from projections.errors import RowsRefused
from runtime.clickhouse.failures import clickhouse_failure
from runtime.clickhouse.settings import LOG_COMMENT
from runtime.failure import Failure
from schemas.errors import SinkUnavailable

ROWS_MAX: Final = 1_000_000
"""Rows of one insert. The engine cuts a larger one into blocks, and a failure between two of them leaves half of it."""

NOT_DEDUPLICATED: Final[dict[str, Any]] = {
    # The engine notes a block as known before the block's part exists: killed in between, it takes the retry for a
    # repeat and drops rows that are nowhere. So it is never asked to know a repeat.
    "insert_deduplicate": 0,
    "deduplicate_insert": "disable",  # of 26.2: supersedes the one before
    "deduplicate_blocks_in_dependent_materialized_views": 0,
}
"""Settings of every statement that inserts."""

SETTINGS: Final[dict[str, Any]] = {
    "log_comment": LOG_COMMENT,
    # Written down although some are defaults: the defaults moved in 25.10 and 26.2.
    "async_insert": 0,
    **NOT_DEDUPLICATED,
    "fsync_metadata": 1,
    # One block in, one part a partition out, however far back a replay reaches.
    "max_insert_block_size": ROWS_MAX,
    "min_insert_block_size_rows": ROWS_MAX,
    "min_insert_block_size_bytes": 512 * 1024 * 1024,
    "max_partitions_per_insert_block": 1_000,
}

_COMMAND_SETTINGS: Final[dict[str, Any]] = {**NOT_DEDUPLICATED, "log_comment": LOG_COMMENT}

_WHY_LENGTH_MAX: Final = 1_000
"""Characters of an error that are passed on: the engine may quote a whole statement."""


class Sink:
    """Inserts into one database. Safe for several lanes at once: the client keeps no session.

    The client sends an insert a second time by itself where the connection was closed: that changes nothing either.
    """

    def __init__(self, client: Client, database: str, threads: Executor) -> None:
        """Insert through `client` into `database`, on `threads` (the client blocks)."""
        self._client = client
        self.database = database
        self._threads = threads

    async def insert(self, blocks: Blocks) -> None:
        """Insert rows (at most ROWS_MAX); return when the engine has synced and counted them.

        Raises:
            SinkUnavailable: not now. Some may be in all the same (an answer was lost); insert them again.
            RowsRefused: never.
        """
        assert blocks.rows <= ROWS_MAX, f"{blocks.rows} rows at once into {blocks.table.name}"
        await self._on_thread(self._insert, blocks)

    async def command(self, statement: str) -> None:
        """Run a statement that may run twice. Raises SinkUnavailable or RowsRefused, as `insert` does."""
        await self._on_thread(partial(self._client.command, settings=_COMMAND_SETTINGS), statement)

    async def query(self, statement: str, parameters: dict[str, Any] | None = None) -> list[Any]:
        """Return the rows of a query about what is inserted. Raises SinkUnavailable or RowsRefused, as `insert` does."""
        result = await self._on_thread(partial(self._client.query, parameters=parameters), statement)
        return list(result.result_rows)

    async def _on_thread(self, call: Any, *arguments: Any) -> Any:
        """Run a call that blocks. What is a bug passes through, and ends the lane."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)
        except SinkUnavailable:
            raise
        except Exception as error:
            why = f"{type(error).__name__}: {error}"[:_WHY_LENGTH_MAX]
            match clickhouse_failure(error):
                case Failure.REFUSED:
                    raise RowsRefused(why) from error
                case Failure.AWAY:
                    raise SinkUnavailable(why) from error
                case Failure.BUG:
                    raise

    def _insert(self, blocks: Blocks) -> None:
        done = self._client.raw_insert(
            f"{self.database}.{blocks.table.name}",
            column_names=[name for name, _ in blocks.table.columns],
            insert_block=blocks.body(),
            settings=SETTINGS,
            fmt="Native",
            compression=COMPRESSION,
        )
        _check_count(done, blocks)


def _check_count(done: QuerySummary, blocks: Blocks) -> None:
    """Raise SinkUnavailable unless the engine wrote what it was sent. More is no loss: views upon the table count too."""
    written = done.summary.get("written_rows")
    if written is None:
        raise SinkUnavailable(
            f"{blocks.table.name}: the answer to an insert does not say how many rows were written: whatever stands "
            "between here and ClickHouse must let the header X-ClickHouse-Summary pass"
        )
    if int(written) < blocks.rows:
        raise SinkUnavailable(f"{blocks.table.name}: of {blocks.rows} rows sent, {written} were written")
