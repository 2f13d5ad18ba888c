"""The API behind a real socket, in a thread with a loop of its own: for clients that are no coroutines, and for slow ones."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from uvicorn import Config

from runtime.clickhouse.settings import ClickHouseSettings
from runtime.http_server import Server
from runtime.ports import HOST, listen
from serving.api.protocol import TimedProtocol
from tests.support.api_world import RunningApi, running_api

_READY_S_MAX = 30


@dataclass
class ApiServer:
    """Where it answers, and who may ask."""

    url: str
    port: int
    api: RunningApi


@contextmanager
def api_server(clickhouse: ClickHouseSettings, **settings: Any) -> Iterator[ApiServer]:
    """Serve for as long as the context lasts."""
    begun: Future[tuple[ApiServer, Server]] = Future()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(clickhouse, settings, begun)), daemon=True)
    thread.start()
    running, server = begun.result(_READY_S_MAX)
    try:
        yield running
    finally:
        server.should_exit = True
        thread.join(_READY_S_MAX)


async def _serve(
    clickhouse: ClickHouseSettings, settings: dict[str, Any], begun: "Future[tuple[ApiServer, Server]]"
) -> None:
    try:
        async with running_api(clickhouse, **settings) as api:
            listener = listen(HOST, 0)
            port = listener.getsockname()[1]
            protocol = type("Protocol", (TimedProtocol,), {"headers_s_max": api.settings.headers_ms_max / 1000})
            config = Config(
                api.service.app(),
                http=protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                limit_concurrency=api.settings.connections_max,
                timeout_graceful_shutdown=1,
            )
            server = Server(config)
            begun.set_result((ApiServer(f"http://{HOST}:{port}", port, api), server))
            await server.serve(sockets=[listener])
    except BaseException as error:  # for whoever waits for it
        if not begun.done():
            begun.set_exception(error)
        raise
