"""ClickHouse's HTTP interface: `GET /ping`, and statements as the `query` parameter, the body, or both."""

import json
import re
import uuid
from collections.abc import Mapping
from typing import Final

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from deploy.local.clickhouse.callers import refused
from deploy.local.clickhouse.compression import compress, decompress
from deploy.local.clickhouse.engine import Answer, Engine, Lane, Request
from deploy.local.clickhouse.errors import EngineError, refusal
from deploy.local.clickhouse.permissions import PATH_SETTINGS
from deploy.local.clickhouse.statement import parse_statement

BODY_BYTES_MAX: Final = 1024 * 1024 * 1024
"""Largest body, as sent and once decompressed: a million rows of a kilobyte."""

LANE_WIDTHS: Final = {Lane.INSERT: 4, Lane.LINK: 2, Lane.COPY: 1, Lane.CHANGE: 1, Lane.READ: 8, Lane.BRIEF: 4}
"""Statements of a lane that run at once."""

READER_LIMITS: Final = {
    "max_execution_time": "60",
    "max_memory_usage": str(2_000_000_000),
    "max_result_bytes": str(512 * 1024 * 1024),  # results are held in memory
}
"""Settings of statements that only read, where the request does not set its own."""

COPY_LIMITS: Final = {"max_execution_time": "600"}
"""Likewise of an INSERT … SELECT, which others of its kind wait for."""

_NOT_SETTINGS: Final = frozenset(
    {
        *("query", "query_id", "database", "default_format", "user", "password", "quota_key", "role", "stacktrace"),
        *("session_id", "session_timeout", "session_check"),
        *("buffer_size", "wait_end_of_query", "client_protocol_version"),
    }
)
"""Parameters that say something to the interface and nothing to the engine. All others are settings."""

_QUERY_ID: Final = re.compile(r"[!-~]{1,200}")
_SETTING_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _query_id(http: HttpRequest) -> str:
    """Return the caller's own id of the query, as far as a header can hold it, else one of ours."""
    given = http.query_params.get("query_id", "")
    return given if _QUERY_ID.fullmatch(given) else str(uuid.uuid4())


def create_app(engine: Engine, password: str) -> Starlette:
    """Return the application that serves `engine` to who shows `password`."""
    lanes = {lane: CapacityLimiter(width) for lane, width in LANE_WIDTHS.items()}

    async def statement(http: HttpRequest) -> Response:
        headers = {
            "X-ClickHouse-Query-Id": _query_id(http),
            "X-ClickHouse-Timezone": engine.timezone,
            "X-ClickHouse-Server-Display-Name": "recibo-local",
        }
        try:
            if error := refused(http.headers, password):
                raise error
            request = _request(http, await _body(http), engine)
            answer = await to_thread.run_sync(engine.run, request, limiter=lanes[request.lane])
        except EngineError as error:
            return _failed(error, engine.version, headers)
        return _answered(answer, http, headers)

    async def ping(_: HttpRequest) -> Response:
        return PlainTextResponse("Ok.\n")

    # Only this machine is served, and a web page that a browser of this machine shows is not of it:
    # pages reach 127.0.0.1 under a name of their own (Host), or say where they are from (Origin).
    middleware = [Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])]
    routes = [Route("/ping", ping), Route("/", statement, methods=["GET", "POST"])]
    return Starlette(routes=routes, middleware=middleware)


async def _body(http: HttpRequest) -> bytes:
    if "origin" in http.headers or http.headers.get("sec-fetch-site", "none") != "none":
        raise refusal(497, "ACCESS_DENIED", "Web pages may not query the local ClickHouse")
    if http.headers.get("content-type", "").startswith("multipart/form-data"):
        raise refusal(48, "NOT_IMPLEMENTED", "The local ClickHouse takes no external data and no form encoding")
    body = bytearray()
    async for chunk in http.stream():
        body += chunk
        _check_size(body)
    plain = decompress(bytes(body), http.headers.get("content-encoding", ""))
    _check_size(plain)
    return plain


def _check_size(data: bytes | bytearray) -> None:
    if len(data) > BODY_BYTES_MAX:
        raise refusal(
            425, "QUERY_IS_TOO_LARGE", f"The body is larger than {BODY_BYTES_MAX} bytes: send smaller batches"
        )


def _request(http: HttpRequest, body: bytes, engine: Engine) -> Request:
    given = http.query_params
    try:
        statement = parse_statement(given.get("query", "").encode(), body)
    except UnicodeDecodeError as error:
        raise refusal(62, "SYNTAX_ERROR", f"The statement is not UTF-8: {error}") from error
    if not statement.sql.strip():
        raise refusal(62, "SYNTAX_ERROR", "Empty query")
    settings = _settings(given)
    lane = engine.lane(statement, settings)
    limits = {Lane.READ: READER_LIMITS, Lane.COPY: COPY_LIMITS}.get(lane, {})
    settings = {**limits, **settings}
    if http.method == "GET":
        settings["readonly"] = (
            "2"  # a GET changes nothing; under 1 a reader's own settings would be refused, under 2 not
        )
    return Request(
        statement,
        lane,
        settings,
        {name.removeprefix("param_"): value for name, value in given.items() if name.startswith("param_")},
        given.get("database", http.headers.get("x-clickhouse-database", "")),
        given.get("default_format", http.headers.get("x-clickhouse-format", "TabSeparated")),
    )


def _settings(given: Mapping[str, str]) -> dict[str, str]:
    settings = {
        name: value for name, value in given.items() if name not in _NOT_SETTINGS and not name.startswith("param_")
    }
    for name in settings:
        if not _SETTING_NAME.fullmatch(name):
            raise refusal(115, "UNKNOWN_SETTING", f"Unknown setting {name!r}")
        if name.lower() in PATH_SETTINGS:
            raise refusal(497, "ACCESS_DENIED", f"The local ClickHouse does not let its callers set {name}")
    return settings


def _answered(answer: Answer, http: HttpRequest, headers: dict[str, str]) -> Response:
    summary = {
        "read_rows": answer.rows_read,
        "read_bytes": answer.bytes_read,
        "written_rows": answer.rows_written,
        "written_bytes": answer.bytes_written,
        "elapsed_ns": int(answer.seconds * 1e9),
    }
    headers["X-ClickHouse-Summary"] = json.dumps({name: str(value) for name, value in summary.items()})
    if answer.format:
        headers["X-ClickHouse-Format"] = answer.format
    body = answer.body
    if http.query_params.get("enable_http_compression") == "1":
        body, encoding = compress(body, http.headers.get("accept-encoding", ""))
        if encoding:
            headers["Content-Encoding"] = encoding
    return Response(body, headers=headers, media_type="application/octet-stream")


def _failed(error: EngineError, version: str, headers: dict[str, str]) -> Response:
    headers["X-ClickHouse-Exception-Code"] = str(error.code)
    return PlainTextResponse(f"{error.text} (version {version})\n", status_code=error.status, headers=headers)
