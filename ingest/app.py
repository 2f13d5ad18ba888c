"""The only wiring of ingest: one worker process from its sockets to the log."""

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import Iterator, Sequence
from socket import socket

from uvicorn import Config, Server

from ingest.configuration import Configuration
from ingest.durable.log import DurableLog
from ingest.health import Health
from ingest.http.protocol import bounded, close_slow
from ingest.http.routes import routes
from ingest.metrics import IngestMetrics
from ingest.request_log import RequestLog
from ingest.settings import Settings
from ingest.webhooks import Webhooks

_KEEP_ALIVE_S = 75
_COLLECT_AFTER = (50_000, 20, 50)
"""Garbage collection: requests make no cycles to speak of, so it may wait. Measured: a tenth of a request's time."""

log = logging.getLogger(__name__)


class _Server(Server):
    """uvicorn's server, leaving signals to us: its own handling ends the process before we have let go of the log."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve(settings: Settings, sockets: Sequence[socket]) -> None:
    """Serve until SIGTERM or SIGINT, then answer what is in flight and let go of everything.

    Args:
        settings: of the deployment.
        sockets: bound, listening; shared by all workers.

    Raises:
        ConfigurationError: the sources cannot be used.
        OSError: the data directory cannot be written.
    """
    metrics = IngestMetrics()
    configuration = Configuration(settings, metrics)
    endpoints = configuration.load()
    durable_log = DurableLog(settings)
    request_log = RequestLog(
        durable_log,
        metrics,
        linger_s=settings.request_log_linger_ms / 1000,
        refused_per_second_max=settings.refused_per_second_max,
    )
    webhooks = Webhooks(settings, durable_log, request_log)
    webhooks.endpoints = endpoints
    health = Health(durable_log, webhooks, metrics)
    server = _Server(
        Config(
            routes(webhooks, health),
            http=bounded(settings, metrics),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ssl_certfile=settings.tls_cert_file or None,
            ssl_keyfile=settings.tls_key_file or None,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=settings.shutdown_ms_max // 1000,
        )
    )

    def stop() -> None:
        health.is_stopping = True
        server.should_exit = True

    def reload() -> None:
        configuration.reload(webhooks)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, reload)
    tasks = [
        asyncio.create_task(configuration.watch(reload)),
        asyncio.create_task(close_slow(server.server_state.connections)),
    ]
    # What is there now stays: the collector need not walk through it again and again between requests.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    log.info("serving %d sources", len(endpoints))
    try:
        await server.serve(sockets=list(sockets))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await request_log.close()
        await durable_log.close()
        log.info("stopped")
