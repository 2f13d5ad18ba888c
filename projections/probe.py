"""What the projections depend on, asked every few seconds: each question has an end, and none holds a thread for longer."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog
from aiokafka.errors import KafkaError
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from projections.completeness import lacking
from projections.reader import Reader
from projections.settings import Settings
from runtime.clickhouse.client import connect
from runtime.clickhouse.ping import why_away
from schemas.topics import Topics

EVERY_S: Final = 2.0
ANSWER_S_MAX: Final = 3.0
COMPLETENESS_EVERY_S: Final = 60.0
_COMPLETENESS_S_MAX: Final = 10

log = structlog.get_logger()


class Probe:
    """Keeps what the last questions found; `trouble` is asked by readiness, and answers at once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine = ""
        self._brokers: dict[str, str] = {}
        self._lacking: dict[str, dict[int, int]] = {}

    @property
    def trouble(self) -> list[str]:
        """Why rows do not move, or are not all there, a sentence each."""
        missing = [
            f"{table} lacks {sum(rows.values())} rows that the log has: see `recibo doctor`, and `recibo rebuild {table}`"
            for table, rows in self._lacking.items()
            if rows
        ]
        return [self._engine] * bool(self._engine) + sorted(set(filter(None, self._brokers.values()))) + missing

    async def watch_engine(self) -> None:
        """Ask the engine for ever whether it is there."""
        while True:
            self._engine = await why_away(self._settings.clickhouse, ANSWER_S_MAX)
            await asyncio.sleep(EVERY_S)

    async def watch_brokers(self, readers: Sequence[Reader]) -> None:
        """Ask the leaders of the partitions read, for ever, where they end."""
        while True:
            await asyncio.gather(*map(self._ask, readers))
            await asyncio.sleep(EVERY_S)

    async def watch_completeness(self, topics: Topics, readers: Sequence[Reader]) -> None:
        """Compare tables and topics of what came, for ever."""
        tables = {topics.raw: "webhook_raw", topics.requests: "webhook_request"}
        while True:
            try:
                if not self._engine:
                    client = await asyncio.to_thread(connect, self._settings.clickhouse, timeout_s=_COMPLETENESS_S_MAX)
                    for reader in readers:
                        if reader.topic in tables:
                            await self._compare(client, reader, tables[reader.topic])
                    await asyncio.to_thread(client.close)
            except (ClickHouseError, KafkaError, OSError) as error:  # TimeoutError is one
                log.info("completeness could not be asked", why=repr(error))
            await asyncio.sleep(COMPLETENESS_EVERY_S)

    async def _compare(self, client: Client, reader: Reader, table: str) -> None:
        async with asyncio.timeout(ANSWER_S_MAX):
            begins = await reader.begins()
        store = self._settings.clickhouse.database
        found = await asyncio.to_thread(lacking, client, store, table, reader.topic, begins)
        self._lacking[table] = {partition: rows for partition, rows in found.items() if partition in begins}

    async def _ask(self, reader: Reader) -> None:
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                await reader.ends()
        except (KafkaError, TimeoutError) as error:
            why = f"within {ANSWER_S_MAX:g} s" if isinstance(error, TimeoutError) else repr(error)
            self._brokers[reader.topic] = f"Kafka does not answer {why}"
        else:
            self._brokers[reader.topic] = ""
