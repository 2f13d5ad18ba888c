"""The one edge to ClickHouse: statements out, rows or bytes in, each under its role and its limits."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
import msgspec
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from projections.clickhouse.roles import name_of
from runtime.clickhouse.settings import ClickHouseSettings
from serving.queries.binding import bound
from serving.queries.statement import Statement
from serving.settings import Settings

Row = dict[str, Any]

_SHAPE: Final = {
    "default_format": "JSONEachRow",
    "date_time_output_format": "iso",
    "output_format_json_quote_64bit_integers": "0",
    "output_format_json_validate_utf8": "1",
    "output_format_parquet_string_as_string": "1",
    "http_write_exception_in_output_format": "0",
}
_CODE: Final = "x-clickhouse-exception-code"
_TEXT_MAX: Final = 2_000
_decode = msgspec.json.Decoder(Row).decode


class Engine:
    """Runs statements. Each has a bound of time, memory and rows, and reads only."""

    def __init__(self, clickhouse: ClickHouseSettings, settings: Settings, client: httpx.AsyncClient) -> None:
        """Ask over `client`, which is the caller's to close."""
        self._views = clickhouse.views_database
        self._settings = settings
        self._client = client
        self.keeps_roles = False
        """Whether statements run under a role: where the engine keeps any, our user is to be granted all of them."""

    async def rows(self, statement: Statement, query_id: str) -> list[Row]:
        """Return the rows of a statement.

        Raises:
            DatabaseError: the engine refuses or fails it; `code` says why.
            OperationalError: the engine does not answer.
        """
        limits = {"max_execution_time": f"{self._settings.query_s_max}"}
        async with self._answer(statement, query_id, limits) as answer:
            body = await answer.aread()
        return [_decode(line) for line in body.splitlines() if line]

    @asynccontextmanager
    async def stream(self, statement: Statement, query_id: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Give what a statement with a FORMAT answers, as it comes. Raises as `rows` does, before the first byte or among them."""
        limits = {"max_execution_time": f"{self._settings.export_s_max}"}
        async with self._answer(statement, query_id, limits) as answer:
            yield _chunks(answer)

    @asynccontextmanager
    async def _answer(
        self, statement: Statement, query_id: str, limits: Mapping[str, str]
    ) -> AsyncIterator[httpx.Response]:
        given = {
            **_SHAPE,
            "readonly": "2",  # reads alone, under settings of ours
            "max_memory_usage": str(self._settings.query_bytes_max),
            "cancel_http_readonly_queries_on_client_close": "1",
            **limits,
            "query_id": query_id,
            **bound(statement.bound),
        }
        if self.keeps_roles:
            given["role"] = name_of(statement.role, self._views)
        request = self._client.build_request("POST", "/", params=given, content=statement.sql)
        try:
            answer = await self._client.send(request, stream=True)
        except httpx.TransportError as error:
            raise OperationalError(f"ClickHouse does not answer: {error!r}") from error
        try:
            if _CODE in answer.headers or answer.is_error:
                said = (await answer.aread()).decode(errors="replace")[:_TEXT_MAX]
                code = answer.headers.get(_CODE, "")
                raise DatabaseError(said, code=int(code) if code.isdecimal() else None)
            yield answer
        except httpx.TransportError as error:
            raise OperationalError(f"ClickHouse stopped answering: {error!r}") from error
        finally:
            await answer.aclose()

    async def look_for_roles(self) -> None:
        """Find out whether the engine keeps roles. Raises as `rows` does."""
        asked = "SELECT count() AS kept FROM system.user_directories WHERE type != 'users_xml'"
        response = await self._client.post("/", params={"default_format": "JSONEachRow"}, content=asked)
        # who may not ask is on an engine with users
        keeps = not response.is_success or _decode(response.content)["kept"] > 0
        self.keeps_roles = self._settings.uses_roles and keeps


async def _chunks(answer: httpx.Response) -> AsyncIterator[bytes]:
    async for chunk in answer.aiter_bytes():
        yield chunk
