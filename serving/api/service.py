"""The application: a request gets an id, its caller is known and held to his limits, and whatever happens is answered."""

import asyncio
import os
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Final

import structlog
from clickhouse_connect.driver.exceptions import Error
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from operations.forget.key import given_key
from serving.api.call import Access, Call, begin
from serving.api.docs_page import routes as docs_routes
from serving.api.failures import of_clickhouse
from serving.api.lists import Lists
from serving.api.messages import OneMessage
from serving.api.openapi_parts import PREFIX
from serving.api.people import People
from serving.api.problems import MEDIA_TYPE, Problem, problem
from serving.api.reconciliations import Reconciliations
from serving.api.sends import Sends
from serving.api.token_limits import TokenLimits
from serving.api.turns import Turns
from serving.api.writer import Writers
from serving.metrics import ApiMetrics
from serving.queries.catalogue import QUESTIONS
from serving.queries.engine import Engine
from serving.settings import Settings

log = structlog.get_logger()

Answer = Callable[[Call], Awaitable[Response]]
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class Service:
    """What answers under `/api/v1`."""

    def __init__(
        self, engine: Engine, access: Access, settings: Settings, metrics: ApiMetrics, writers: Writers | None = None
    ) -> None:
        """Answer from `engine`; what is kept is written by `writers`."""
        self._access = access
        self._settings = settings
        self._metrics = metrics
        self._turns = Turns(settings.queries_max, settings.waiting_max)
        metrics.waiting.set_function(lambda: self._turns.waiting)
        self._limits = TokenLimits(settings.token_rate_per_minute, settings.token_burst, settings.requests_of_token_max)
        self._lists = Lists(engine, access, self._turns, settings, settings.clickhouse)
        self._one = OneMessage(engine, access, self._turns, settings.clickhouse)
        writers = writers or Writers(settings.clickhouse)
        self._sends = Sends(settings.kafka, writers.reconciler, settings)
        self._reconciliations = Reconciliations(writers.reconciler, settings)
        self._people = People(writers.eraser, access, settings, partial(given_key, os.environ))

    def app(self) -> ASGIApp:
        """Return the ASGI application."""
        routes: list[BaseRoute] = [
            self._route(f"{PREFIX}/{question.name}", question.name, partial(self._lists.answer, question))
            for question in QUESTIONS
        ]
        one = f"{PREFIX}/messages/{{account}}/{{message_id:path}}"
        routes += [
            self._route(f"{PREFIX}/payloads/{{account}}/{{message_id:path}}", "payloads", self._one.of_message),
            self._route(f"{PREFIX}/requests/{{request_id}}/payloads", "payloads", self._one.of_request),
            self._route(one, "message", self._one.message),
            self._route(f"{PREFIX}/sends", "keep-sends", self._sends.keep, "POST"),
            *self._reconciling(),
            *self._of_people(),
            *docs_routes(),
        ]
        handlers = {HTTPException: _not_routed, 404: _not_routed, 405: _not_routed}
        return self._around(Starlette(routes=routes, exception_handlers=handlers))

    def _reconciling(self) -> list[BaseRoute]:
        all_, of = f"{PREFIX}/reconciliations", self._reconciliations
        one = f"{all_}/{{account}}/{{run}}"
        return [
            self._route(all_, "reconcile", of.start, "POST"),
            self._route(one, "reconciliation", of.one),
            self._route(f"{one}/acknowledgements", "acknowledge", of.acknowledge, "POST"),
        ]

    def _of_people(self) -> list[BaseRoute]:
        all_, of = f"{PREFIX}/people", self._people
        return [
            self._route(f"{all_}/look", "person-look", of.look, "POST"),
            self._route(f"{all_}/export", "person-export", of.export, "POST"),
            self._route(f"{all_}/forget", "person-forget", of.forget, "POST"),
            self._route(f"{all_}/hold", "person-hold", of.hold, "POST"),
        ]

    def _route(self, path: str, name: str, answer: Answer, method: str = "GET") -> Route:
        async def endpoint(request: Request) -> Response:
            request.scope["state"]["question"] = name
            return await self._answered(request, answer)

        return Route(path, endpoint, methods=[method], name=name)

    async def _answered(self, request: Request, answer: Answer) -> Response:
        request_id = request.state.request_id
        try:
            call = begin(request, request_id, self._access, self._limits)
        except Problem as refused:
            return _refusal(refused, request_id)
        request.scope["state"]["token_id"] = call.token.id
        try:
            response = await answer(call)
        except Problem as refused:
            response = _refusal(refused, request_id)
        except Error as error:
            found = of_clickhouse(error)
            if found is None:
                log.error("ClickHouse refuses a statement of ours", request_id=request_id, why=str(error)[:500])  # noqa: TRY400 - the engine's words say it all
            response = _refusal(found or problem("failed", "ClickHouse refuses our question."), request_id)
        response.headers.update(call.headers)
        return response

    def _around(self, app: ASGIApp) -> ASGIApp:
        """Return the application with what every answer has: an id, headers, a time for each piece, and a count."""

        async def around(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return
            request_id = _id_of(scope)
            scope["state"] = {"request_id": request_id}
            began_s, status = time.perf_counter(), 0

            async def send_in_time(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    present = {name.lower() for name, _ in message["headers"]}
                    added = {**_HEADERS, "X-Request-Id": request_id}
                    message["headers"] = [
                        *message["headers"],
                        *(
                            (n.lower().encode(), v.encode())
                            for n, v in added.items()
                            if n.lower().encode() not in present
                        ),
                    ]
                async with asyncio.timeout(self._settings.write_ms_max / 1000):
                    await send(message)

            try:
                await app(scope, receive, send_in_time)
            except ClientDisconnect:
                log.info("a client left before its answer was whole", request_id=request_id)
            except Exception as error:
                log.exception("a request failed", request_id=request_id, why=repr(error))
                if status == 0:
                    await _refusal(problem("failed", "Report the request id."), request_id)(
                        scope, receive, send_in_time
                    )
                else:
                    raise  # the connection is cut: what was sent is not whole
            finally:
                if token_id := scope["state"].get("token_id"):
                    self._limits.end(token_id)
                question = scope["state"].get("question", "")
                self._metrics.requests.labels(question, status).inc()
                self._metrics.seconds.labels(question).observe(time.perf_counter() - began_s)

        return around


def _id_of(scope: Scope) -> str:
    """Return the caller's own id of the request, as far as logs and headers can hold it, else one of ours."""
    given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _refusal(refused: Problem, request_id: str) -> Response:
    return Response(refused.body(request_id), refused.kind.status, headers=refused.all_headers(), media_type=MEDIA_TYPE)


async def _not_routed(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.NOT_FOUND
    name = "wrong-method" if status == HTTPStatus.METHOD_NOT_ALLOWED else "not-found"
    response = _refusal(problem(name, "`/api/v1/openapi.json` lists what there is."), request.state.request_id)
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response
