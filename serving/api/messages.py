"""One message with its timeline and sentences; and the bytes that came about it, or with a request."""

import asyncio
import re
import secrets
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from starlette.responses import Response

from runtime.clickhouse.settings import ClickHouseSettings
from schemas.access import NEEDS, Scope
from serving.api.call import Access, Call
from serving.api.lists import reach_of
from serving.api.problems import Wrong, problem
from serving.api.reading import require
from serving.api.together import Together
from serving.api.turns import Turns
from serving.queries import one_message, payloads
from serving.queries.engine import Engine, Row
from serving.queries.one_message import Known
from serving.queries.parameters import TEXT_LENGTH_MAX
from serving.queries.statement import Reach, Statement

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]")
_NUMBERS: Final = {"true": True, "false": False}
_AT_ONCE_MAX: Final = 16
"""Messages asked for by one statement."""
_REQUEST_ID: Final = re.compile(r"[0-9a-f]{32}")

Whose = tuple[Reach, str]
"""As whom messages are asked for, and of which account they are."""


class OneMessage:
    """Answers what is asked of one message or request."""

    def __init__(self, engine: Engine, access: Access, turns: Turns, clickhouse: ClickHouseSettings) -> None:
        self._engine = engine
        self._access = access
        self._turns = turns
        self._clickhouse = clickhouse
        self._together: Together[Whose, Known] = Together(self._known, _AT_ONCE_MAX)

    async def message(self, call: Call) -> Response:
        """Return a message: its facts, its timeline, and in a sentence each what became of it, for support and customer."""
        account, message_id = _named(call)
        numbers = call.token.may(Scope.NUMBERS) and _flag(call)
        reach = reach_of(call, self._clickhouse, numbers=numbers)
        of = await self._together.ask((reach, account), message_id)
        if of is None:
            raise problem("not-found", "No message that this token sees goes by that account and id.")
        if numbers:
            await self._access.note(call.look(Scope.NUMBERS, "message", 1))
        said = one_message.sentences(of.message, of.connected)
        return _json(
            {
                "message": of.message,
                "timeline": of.timeline,
                "sends": of.sends,
                "connection": of.connected,
                "sentences": said,
            }
        )

    async def _known(self, whose: Whose, ids: Sequence[str]) -> dict[str, Known]:
        """Return what is known of the messages of one account that go by some ids."""
        reach, account = whose
        async with self._turns.turn():
            facts, events = await asyncio.gather(
                self._rows(one_message.facts(reach, account, ids)),
                self._rows(one_message.timelines(reach, account, ids)),
            )
            messages = {asked: found for asked, (found,) in one_message.by_asked(facts).items()}
            if not messages:
                return {}
            reports, sends = await asyncio.gather(
                self._rows(one_message.connections(reach, account, messages.values())),
                self._rows(one_message.sends(reach, account, messages.values())),
            )
        timelines = one_message.by_asked(events)
        return {
            asked: one_message.known(message, timelines.get(asked, []), reports, sends)
            for asked, message in messages.items()
        }

    async def _rows(self, statement: Statement) -> list[Row]:
        """Return the rows of what is asked for several requests at once."""
        return await self._engine.rows(statement, f"messages-{secrets.token_hex(16)}")

    async def of_message(self, call: Call) -> Response:
        """Return the bytes of every request that said something of a message."""
        require(call.token, Scope.PAYLOADS)
        _no_parameters(call)
        account, message_id = _named(call)
        reach = Reach(call.token, self._clickhouse.views_database, NEEDS[Scope.PAYLOADS])
        async with self._turns.turn():
            events = await self._engine.rows(one_message.timelines(reach, account, [message_id]), call.query_id)
        requests = list(dict.fromkeys(e["request_id"] for e in events if _REQUEST_ID.fullmatch(e["request_id"])))
        return await self._payloads(call, reach, requests[: payloads.REQUESTS_MAX])

    async def of_request(self, call: Call) -> Response:
        """Return the bytes that came with a request."""
        require(call.token, Scope.PAYLOADS)
        _no_parameters(call)
        request_id = call.request.path_params["request_id"]
        if not _REQUEST_ID.fullmatch(request_id):
            raise problem("wrong-parameter", "An id of a request has 32 hexadecimal digits, in lower case.")
        reach = Reach(call.token, self._clickhouse.views_database, NEEDS[Scope.PAYLOADS])
        return await self._payloads(call, reach, [request_id])

    async def _payloads(self, call: Call, reach: Reach, request_ids: list[str]) -> Response:
        statement = payloads.statement(reach, self._clickhouse.database, request_ids)
        async with self._turns.turn():
            rows = await self._engine.rows(statement, call.query_id)
        if not rows:
            raise problem("not-found", "No payload that this token sees is kept of that.")
        await self._access.note(call.look(Scope.PAYLOADS, "payloads", len(rows)))
        return _json({"data": rows})


def _named(call: Call) -> tuple[str, str]:
    account, message_id = (call.request.path_params[name] for name in ("account", "message_id"))
    for name, value in (("account", account), ("message_id", message_id)):
        if not 0 < len(value) <= TEXT_LENGTH_MAX or _CONTROLS.search(value):
            why = f"has 1 to {TEXT_LENGTH_MAX} characters, none of them a control character"
            raise problem("wrong-parameter", f"{name} {why}", Wrong(name, why))
    return account, message_id


def _flag(call: Call) -> bool:
    """Return whether numbers are wanted in full."""
    _no_parameters(call, "numbers")
    return _NUMBERS[call.request.query_params.get("numbers", "true")]


def _no_parameters(call: Call, *but: str) -> None:
    for name, value in call.request.query_params.multi_items():
        if name not in but or value not in _NUMBERS:
            why = "is true or false" if name in but else "is no parameter of this"
            raise problem("wrong-parameter", f"{name[:TEXT_LENGTH_MAX]} {why}", Wrong(name[:TEXT_LENGTH_MAX], why))


def _json(document: Any) -> Response:
    return Response(msgspec.json.encode(document), media_type="application/json")
