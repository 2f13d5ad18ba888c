"""The API's wiring: tokens and looks in Kafka, questions to ClickHouse, answers over HTTP, health on a private port."""

import asyncio
import signal
import socket
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Final

import structlog
from aiokafka.errors import KafkaError
from clickhouse_connect.driver.exceptions import Error
from httpx import HTTPError
from uvicorn import Config

from runtime.clickhouse.http import http_client
from runtime.clickhouse.ping import why_away
from runtime.health import Health, Readiness
from runtime.http_server import Server
from runtime.kafka.access_log import AccessLog, LookLog
from runtime.ports import listen
from runtime.tasks import Tasks
from schemas.access import Look, Token
from schemas.errors import DeploymentError
from serving.api.call import Access
from serving.api.problems import problem
from serving.api.protocol import TimedProtocol
from serving.api.service import Service
from serving.api.writer import Writers
from serving.metrics import ApiMetrics
from serving.queries.engine import Engine
from serving.settings import PREFIX, Settings

log = structlog.get_logger()

_CLIENT: Final = "recibo-api"
_RETRY_S: Final = 1.0
_PING_S: Final = 2.0
_DRAIN_S: Final = 20


class Api:
    """The process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metrics = ApiMetrics()
        self._access: AccessLog | None = None
        self._looks: LookLog | None = None
        self._why_no_access = "the tokens are not read yet"
        self._why_no_engine = "ClickHouse is not asked yet"
        self._knows_roles = False

    async def run(self, stopping: asyncio.Event) -> None:
        """Run until asked to stop, or until a long-lived task dies.

        Raises:
            ConfigurationError: a file that the settings name cannot be used.
            DeploymentError: a port cannot be had.
            TaskDied: a task died.
        """
        s = self._settings
        tasks = Tasks(on_death=stopping.set)
        health = Health("api", tasks, self._metrics.registry, self._readiness)
        timeout_s = max(s.query_s_max, s.export_s_max) + _PING_S
        async with http_client(s.clickhouse, timeout_s=timeout_s, connections_max=s.queries_max * 2) as client:
            engine = Engine(s.clickhouse, s, client)
            access = Access(self._tokens, self._note)
            writers = Writers(s.clickhouse)
            service = Service(engine, access, s, self._metrics, writers)
            try:
                private = health.listen(s.metrics_host, s.metrics_port)
                public = self._listen()
                tasks.start("health", health.serve(private))
                tasks.start("tokens", self._follow_access())
                tasks.start("ClickHouse", self._watch_engine(engine, writers))
                server = self._server(service)
                serving = tasks.start("API", server.serve(sockets=[public]), may_return=True)
                await stopping.wait()
                server.should_exit = True
                await asyncio.wait({serving}, timeout=_DRAIN_S + _PING_S)
            finally:
                await tasks.close()
        tasks.raise_death()

    def _listen(self) -> socket.socket:
        s = self._settings
        try:
            return listen(s.host, s.port)
        except OSError as error:
            raise DeploymentError(
                f"port {s.port} of {s.host}, wanted for the API, cannot be used ({error.strerror}): stop what listens on it, "
                f"or set {PREFIX}PORT"
            ) from error

    def _server(self, service: Service) -> Server:
        s = self._settings
        protocol = type("Protocol", (TimedProtocol,), {"headers_s_max": s.headers_ms_max / 1000})
        return Server(
            Config(
                service.app(),
                http=protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=s.connections_max,
                timeout_graceful_shutdown=_DRAIN_S,
            )
        )

    def _tokens(self) -> Mapping[str, Token]:
        access = self._access
        if access is None or time.monotonic() - access.confirmed_s > self._settings.tokens_ms_max / 1000:
            raise problem("away", "Nobody can confirm tokens now, since Kafka does not answer: ask again.")
        return access.tokens

    async def _note(self, look: Look) -> None:
        if self._looks is None:
            raise problem("away", "A look at numbers or payloads cannot be noted now, so nothing is shown.")
        try:
            await self._looks.note(look)
        except (KafkaError, TimeoutError) as error:
            log.warning("a look was not acknowledged, and nothing is shown", why=repr(error))
            raise problem("away", "A look at numbers or payloads cannot be noted now, so nothing is shown.") from error
        self._metrics.looks.labels(look.scope).inc()

    async def _follow_access(self) -> None:
        """Have tokens and looks as soon as Kafka answers, and until cancelled."""
        kafka = self._settings.kafka
        while True:
            async with AsyncExitStack() as held:
                try:
                    self._access = await held.enter_async_context(AccessLog(kafka, _CLIENT))
                    looks = LookLog(kafka, _CLIENT, self._settings.look_ms_max / 1000)
                    self._looks = await held.enter_async_context(looks)
                except (KafkaError, DeploymentError) as error:
                    self._why_no_access = f"tokens cannot be read: {error}"
                    log.warning("tokens cannot be read; trying again", why=str(error))
                else:
                    self._why_no_access = ""
                    await self._access.follow()
            await asyncio.sleep(_RETRY_S)

    async def _watch_engine(self, engine: Engine, writers: Writers) -> None:
        while True:
            self._why_no_engine = await why_away(self._settings.clickhouse, _PING_S)
            if not self._why_no_engine and not self._knows_roles:
                try:
                    await engine.look_for_roles()
                    writers.under_roles(engine.keeps_roles)
                    self._knows_roles = True
                except (HTTPError, Error, ValueError) as error:
                    self._why_no_engine = f"ClickHouse does not say whether it keeps roles: {error!r}"
            await asyncio.sleep(_RETRY_S)

    def _readiness(self) -> Readiness:
        why_not = [self._why_no_access, self._why_no_engine]
        if not self._why_no_access:
            try:
                self._tokens()
            except Exception as error:  # noqa: BLE001 - a Problem: said in words
                why_not.append(str(getattr(error, "detail", error)))
        return Readiness(tuple(filter(None, why_not)), {"tokens": len(self._access.tokens) if self._access else 0})


async def serve(settings: Settings) -> None:
    """Run the API until SIGTERM or SIGINT. Raises what `Api.run` raises."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await Api(settings).run(stopping)
    log.info("stopped")
