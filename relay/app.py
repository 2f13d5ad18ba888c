"""The relay's wiring: a courier for each URL of `recibo.toml`, started and ended as the file changes."""

import asyncio
import logging
import signal
import ssl

import httpcore
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from relay.metrics import RelayMetrics
from relay.raw.courier import Courier
from relay.raw.delivery import Delivery
from relay.raw.target import Target, targets_of
from relay.settings import Settings
from runtime.sources_file import SourcesFile
from runtime.vetted_network import VettedNetwork
from runtime.watched_files import WatchedFiles, take_or_keep

log = logging.getLogger("relay")


class Relay:
    """Every courier of this process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metrics = RelayMetrics()
        self._file = SourcesFile(settings.config_file)
        self._watched = WatchedFiles(settings.config_file)
        self._couriers: dict[Target, tuple[Courier, asyncio.Task[None]]] = {}
        self._pools: dict[Target, httpcore.AsyncConnectionPool] = {}

    async def run(self) -> None:
        """Run until cancelled, or until a courier cannot go on: then its error is raised."""
        server = asyncio.create_task(self._serve_health())
        changes = asyncio.create_task(self._follow_file())
        try:
            self._apply(self._targets())
            while True:
                running = [server, changes, *(task for _, task in self._couriers.values())]
                done, _ = await asyncio.wait(running, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    if not task.cancelled():
                        task.result()
        finally:
            tasks = [server, changes, *(task for _, task in self._couriers.values())]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for pool in self._pools.values():
                await pool.aclose()

    def _targets(self) -> set[Target]:
        return targets_of(self._file.read())

    def _apply(self, targets: set[Target]) -> None:
        """Start couriers to URLs that are new, and end those to URLs that are gone."""
        for target in set(self._couriers) - targets:
            self._couriers.pop(target)[1].cancel()
            log.info("no longer relayed: source %s to %s", target.source, target.host)
        for target in targets - set(self._couriers):
            pool = self._pools.setdefault(target, self._pool())
            metrics = self._metrics.of(target)
            courier = Courier(target, Delivery(target, pool, self._settings, self._metrics), self._settings, metrics)
            self._couriers[target] = (courier, asyncio.create_task(courier.run()))
            log.info("relaying source %s to %s", target.source, target.host)

    def _pool(self) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=self._settings.concurrency,
            network_backend=VettedNetwork(self._settings.allowed_networks),
        )

    async def _follow_file(self) -> None:
        async for _ in self._watched.changes():
            take_or_keep(
                lambda: self._apply(self._targets()), lambda result: self._metrics.reloads.labels(result).inc()
            )

    async def _serve_health(self) -> None:
        async def healthz(_: Request) -> Response:
            return PlainTextResponse("ok\n")

        async def readyz(_: Request) -> Response:
            waiting = [target.host for target, (courier, _) in self._couriers.items() if not courier.is_reading]
            return PlainTextResponse(f"not reading for {waiting}\n" if waiting else "ready\n", 503 if waiting else 200)

        async def metrics(_: Request) -> Response:
            return Response(generate_latest(self._metrics.registry), media_type=CONTENT_TYPE_LATEST)

        routes = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
        s = self._settings
        config = uvicorn.Config(
            Starlette(routes=routes),
            s.metrics_host,
            s.metrics_port,
            log_config=None,
            access_log=False,
            lifespan="off",
        )
        await _Server(config).serve()


class _Server(uvicorn.Server):
    """Leaves signals to the relay."""

    def install_signal_handlers(self) -> None:
        """Install none."""


async def serve(settings: Settings) -> None:
    """Run the relay until SIGTERM or SIGINT."""
    relay = asyncio.create_task(Relay(settings).run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, relay.cancel)
    try:
        await relay
    except asyncio.CancelledError:
        log.info("stopped; what is not taken yet is posted after the next start")
