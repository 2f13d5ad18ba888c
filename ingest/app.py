"""The only wiring of ingest: one worker process from its sockets to the log."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from socket import socket

import structlog
from starlette.types import ASGIApp
from uvicorn import Config

from ingest.configuration import Configuration
from ingest.durable.log import DurableLog
from ingest.health import readiness, show
from ingest.http.connections import bounded, close_slow, crowd_of
from ingest.http.crowd import Crowd
from ingest.http.routes import routes
from ingest.metrics import IngestMetrics
from ingest.request_log import RequestLog
from ingest.settings import Settings
from ingest.splitting import SWITCH_S
from ingest.webhooks import Webhooks
from runtime.health import Health
from runtime.http_server import Server
from runtime.tasks import Tasks

_KEEP_ALIVE_S = 75
_COLLECT_AFTER = (50_000, 20, 50)
"""Garbage collection: requests make no cycles to speak of, so it may wait. Measured: a tenth of a request's time."""

log = structlog.get_logger()


async def serve(settings: Settings, listener: socket, tasks: Tasks, worker: int = 0) -> None:
    """Serve until SIGTERM or SIGINT, or until a long-lived task dies; then answer what is in flight and let go of everything.

    Args:
        settings: of the deployment.
        listener: bound, listening; shared by all workers.
        tasks: gets the long-lived tasks of this process.
        worker: number of this process among the workers.

    Raises:
        ConfigurationError: the sources cannot be used.
        DeploymentError: the port of health and metrics cannot be had.
        OSError: the data directory cannot be written.
        TaskDied: a task died.
    """
    metrics = IngestMetrics()
    configuration = Configuration(settings, metrics)
    endpoints = configuration.load()
    async with AsyncExitStack() as closing:
        closing.push_async_callback(tasks.close)
        durable_log = DurableLog(settings, tasks, metrics)
        closing.push_async_callback(durable_log.close)
        request_log = RequestLog(
            durable_log,
            metrics,
            tasks,
            linger_s=settings.request_log_linger_ms / 1000,
            refused_per_second_max=settings.refused_per_second_max,
        )
        closing.push_async_callback(request_log.close)
        webhooks = Webhooks(settings, durable_log, request_log)
        webhooks.endpoints = endpoints
        closing.callback(webhooks.close)
        crowd = crowd_of(settings)
        show(metrics, durable_log, webhooks, crowd)
        stopping = asyncio.Event()
        health = Health(
            "ingest", tasks, metrics.registry, partial(readiness, durable_log, webhooks, configuration, stopping)
        )
        if settings.metrics_port:
            private = health.listen(settings.metrics_host, settings.metrics_port + worker)
            tasks.start("health", health.serve(private))
        application = routes(webhooks, health.routes() if settings.public_health else [])
        server = _server(settings, application, crowd, metrics)
        reload = partial(configuration.reload, webhooks)
        _stop_and_reload(server, stopping, tasks, reload)
        tasks.start("configuration", configuration.watch(reload))
        tasks.start("slow connections", close_slow(server.server_state.connections, crowd))
        # What is there now stays: the collector need not walk through it again and again between requests.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_COLLECT_AFTER)
        sys.setswitchinterval(SWITCH_S)
        if not endpoints:
            log.warning("there are no sources: every webhook is answered 404", file=str(settings.config_file))
        log.info("serving", sources=len(endpoints))
        await server.serve(sockets=[listener])
    log.info("stopped")
    tasks.raise_death()


def _server(settings: Settings, application: ASGIApp, crowd: Crowd, metrics: IngestMetrics) -> Server:
    return Server(
        Config(
            application,
            http=bounded(settings, crowd, metrics),  # type: ignore[arg-type] # a protocol, as uvicorn calls it
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=settings.shutdown_ms_max // 1000,
        )
    )


def _stop_and_reload(server: Server, stopping: asyncio.Event, tasks: Tasks, reload: Callable[[], None]) -> None:
    """Drain on SIGTERM, on SIGINT and when a long-lived task dies; read the configuration again on SIGHUP."""

    def stop() -> None:
        stopping.set()
        server.should_exit = True

    tasks.on_death = stop
    if tasks.deaths:
        stop()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, reload)
