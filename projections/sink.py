"""The edge out: rows into a table, whole or not at all, and known again when they come twice."""

import asyncio
from concurrent.futures import Executor
from functools import partial
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from projections.blocks import COMPRESSION, Blocks
from projections.errors import RowsRefused
from projections.refusals import is_permanent
from schemas.errors import SinkUnavailable

ROWS_MAX: Final = 1_000_000
"""Rows of one insert. The engine cuts a larger one into blocks, and a failure between two of them leaves half of it."""

SETTINGS: Final[dict[str, Any]] = {
    # Written down although some are defaults: the defaults moved in 25.10 and 26.2.
    "async_insert": 0,
    "insert_deduplicate": 1,
    "deduplicate_insert": "enable",  # of 26.2: supersedes the one before
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "fsync_metadata": 1,
    # One block in, one part a partition out, however far back a replay reaches.
    "max_insert_block_size": ROWS_MAX,
    "min_insert_block_size_rows": ROWS_MAX,
    "min_insert_block_size_bytes": 512 * 1024 * 1024,
    "max_partitions_per_insert_block": 1_000,
}

NOT_DEDUPLICATED: Final[dict[str, Any]] = {"insert_deduplicate": 0, "deduplicate_insert": "disable"}
"""The same for statements that are to insert what the engine may know already."""

_WHY_LENGTH_MAX: Final = 1_000
"""Characters of an error that are passed on: the engine may quote a whole statement."""


class Sink:
    """Inserts into one database. Safe for several lanes at once: the client keeps no session."""

    def __init__(self, client: Client, database: str, threads: Executor, *, salt: str = "") -> None:
        """Insert through `client` into `database`, on `threads` (the client blocks).

        Args:
            client: keeps no session.
            database: of the tables.
            threads: where the client may block.
            salt: part of every token: rows that a partition lost come back only under a token the engine does not know.
        """
        self._client = client
        self.database = database
        self._threads = threads
        self._salt = salt

    async def insert(self, blocks: Blocks, token: str) -> None:
        """Insert rows; return when the engine has synced them.

        Args:
            blocks: the rows, at most ROWS_MAX, and where to.
            token: the same for the same rows and for no others: the engine drops a block whose token it knows.

        Raises:
            SinkUnavailable: not now. They may be in all the same (an answer was lost); insert them again.
            RowsRefused: never.
        """
        assert blocks.rows <= ROWS_MAX, f"{blocks.rows} rows at once into {blocks.table.name}"
        await self._on_thread(self._insert, blocks, token)

    async def command(self, statement: str) -> None:
        """Run a statement that may run twice. What a replaced partition lost, it inserts again. Raises SinkUnavailable or RowsRefused, as `insert` does."""
        await self._on_thread(partial(self._client.command, settings=NOT_DEDUPLICATED), statement)

    async def query(self, statement: str, parameters: dict[str, Any] | None = None) -> list[Any]:
        """Return the rows of a query about what is inserted. Raises SinkUnavailable or RowsRefused, as `insert` does."""
        result = await self._on_thread(partial(self._client.query, parameters=parameters), statement)
        return list(result.result_rows)

    async def _on_thread(self, call: Any, *arguments: Any) -> Any:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)
        except Exception as error:
            if is_permanent(error):
                raise RowsRefused(f"{type(error).__name__}: {error}"[:_WHY_LENGTH_MAX]) from error
            raise SinkUnavailable(f"{type(error).__name__}: {error}"[:_WHY_LENGTH_MAX]) from error

    def _insert(self, blocks: Blocks, token: str) -> None:
        self._client.raw_insert(
            f"{self.database}.{blocks.table.name}",
            column_names=[name for name, _ in blocks.table.columns],
            insert_block=blocks.body(),
            settings={**SETTINGS, "insert_deduplication_token": token + self._salt},
            fmt="Native",
            compression=COMPRESSION,
        )
