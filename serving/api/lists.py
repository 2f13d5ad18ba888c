"""A list: a page of it as JSON, or the whole of it streamed in the engine's own format."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Final

import msgspec
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from runtime.clickhouse.settings import ClickHouseSettings
from schemas.access import NEEDS, Scope
from serving.api.call import Access, Call
from serving.api.problems import Wrong, problem
from serving.api.reading import read
from serving.api.turns import Turns
from serving.queries.cursor import Cursor, decode, digest, encode
from serving.queries.engine import Engine, Row
from serving.queries.question import Asked, Question
from serving.queries.statement import CHANGED, IS_HERE, KEY, TOTAL, Reach, export, page
from serving.settings import Settings

MEDIA_TYPES: Final = {"csv": "text/csv", "jsonl": "application/jsonl", "parquet": "application/vnd.apache.parquet"}
_WHOLE: Final = -1


def reach_of(call: Call, clickhouse: ClickHouseSettings, *, numbers: bool) -> Reach:
    """Return how far a call's statements reach: numbers in full where it may see them and wants to."""
    scope = Scope.NUMBERS if numbers else Scope.READ
    database = clickhouse.numbers_database if numbers else clickhouse.views_database
    return Reach(call.token, database, NEEDS[scope])


class Lists:
    """Answers every question of the catalogue."""

    def __init__(
        self, engine: Engine, access: Access, turns: Turns, settings: Settings, clickhouse: ClickHouseSettings
    ) -> None:
        self._engine = engine
        self._access = access
        self._turns = turns
        self._exports = Turns(settings.exports_max, 0)
        self._settings = settings
        self._clickhouse = clickhouse

    async def answer(self, question: Question, call: Call) -> Response:
        """Return a page, or a stream. Raises Problem, and what the engine raises."""
        now = dt.datetime.now(dt.UTC)
        asked = read(question, call.request.query_params.multi_items(), call.token, now, self._settings.days_max)
        numbers = question.shows_numbers and call.token.may(Scope.NUMBERS) and asked.get("numbers") is not False
        if not numbers and any(q.needs is Scope.NUMBERS and q.name in asked for q in question.parameters):
            raise problem("wrong-parameter", "Whoever searches by number sees numbers: leave `numbers` out.")
        reach = reach_of(call, self._clickhouse, numbers=numbers)
        now_ms = int(now.timestamp() * 1000)
        if asked["format"] != "json":
            return await self._exported(question, asked, reach, call, now_ms)
        cursor = None
        if "cursor" in asked:
            try:
                cursor = decode(asked["cursor"], question, asked)
            except ValueError as error:
                raise problem("wrong-parameter", str(error), Wrong("cursor", str(error))) from error
        async with self._turns.turn():
            rows = await self._engine.rows(page(question, asked, reach, cursor, now_ms), call.query_id)
        document = page_document(question, asked, cursor, rows, now_ms)
        if numbers:
            await self._access.note(call.look(Scope.NUMBERS, question.name, len(document["data"])))
        return Response(msgspec.json.encode(document), media_type="application/json")

    async def _exported(self, question: Question, asked: Asked, reach: Reach, call: Call, now_ms: int) -> Response:
        statement = export(question, asked, reach, self._settings.export_rows_max, now_ms)
        async with AsyncExitStack() as held:
            await held.enter_async_context(self._exports.turn())
            await held.enter_async_context(self._turns.turn())
            chunks = await held.enter_async_context(self._engine.stream(statement, call.query_id))
            if reach.role is NEEDS[Scope.NUMBERS]:
                await self._access.note(call.look(Scope.NUMBERS, question.name, _WHOLE))
            lasting = held.pop_all()
        name = f"{question.name}.{asked['format']}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Streamed(chunks, lasting, headers, MEDIA_TYPES[asked["format"]])


class Streamed(StreamingResponse):
    """An answer that lets go of what it holds however it ends, also where its first byte is never asked for."""

    def __init__(
        self, chunks: AsyncIterator[bytes], held: AsyncExitStack, headers: dict[str, str], media_type: str
    ) -> None:
        super().__init__(chunks, headers=headers, media_type=media_type)
        self._held = held

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Send it."""
        async with self._held:
            await super().__call__(scope, receive, send)


def page_document(
    question: Question, asked: Asked, cursor: Cursor | None, rows: list[Row], now_ms: int
) -> dict[str, Any]:
    """Return a page: its rows, how many the list has, as of when, and where the neighbours begin. Pure.

    Args:
        question: what was asked.
        asked: its parameters.
        cursor: where the page begins; None: at the first row.
        rows: what the statement of `serving/queries/statement.py` gave: a row more than wanted where there is one.
        now_ms: when it was asked.
    """
    limit = asked["limit"]
    total = rows[0][TOTAL] if rows else 0
    here = [row for row in rows if row[IS_HERE]]
    is_back = cursor is not None and cursor.is_back
    has_more = len(here) > limit
    shown = here[:limit]
    if is_back:
        shown.reverse()
    pinned_at_ms = cursor.pinned_at_ms if cursor else now_ms
    of_list = digest(asked)

    def at(row: Row, *, back: bool) -> str:
        keys = [row[f"{KEY}{n}"] for n in range(len(question.keys))]
        return encode(Cursor(question.name, of_list, pinned_at_ms, back, keys))

    has_next = bool(shown) and (has_more or is_back)
    has_previous = bool(shown) and (has_more if is_back else cursor is not None)
    following = at(shown[-1], back=False) if has_next else None
    preceding = at(shown[0], back=True) if has_previous else None
    data = [{name: value for name, value in row.items() if not name.startswith("__")} for row in shown]
    for row in data:
        if CHANGED in row:
            row[CHANGED] = bool(row[CHANGED])
    as_of = dt.datetime.fromtimestamp(pinned_at_ms / 1000, dt.UTC) if _is_time(pinned_at_ms) else None
    return {"data": data, "total": total, "as_of": as_of, "next": following, "previous": preceding}


def _is_time(at_ms: int) -> bool:
    return at_ms < dt.datetime(9000, 1, 1, tzinfo=dt.UTC).timestamp() * 1000
