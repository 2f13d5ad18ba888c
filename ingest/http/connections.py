"""What is made for each accepted socket, and what is done about all of them: their places, and those that are slow."""

import asyncio
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any, Final

import structlog

from ingest.http.crowd import Crowd
from ingest.http.handshake import Handshake
from ingest.http.protocol import BoundedHttpProtocol, ConnectionLimits
from ingest.metrics import IngestMetrics
from ingest.settings import PREFIX, Settings
from runtime.tls import server_context

_SWEEP_S: Final = 0.5

log = structlog.get_logger()


async def close_slow(connections: set[Any], crowd: Crowd) -> None:
    """Close connections whose request is overdue, again and again; ends by cancellation."""
    while True:
        await asyncio.sleep(_SWEEP_S)
        now_s, is_crowded = monotonic(), crowd.is_crowded
        for connection in list(connections):
            try:
                connection.close_if_slow(now_s, is_crowded=is_crowded)
            except Exception:
                log.exception("a slow connection could not be closed; the others are")


def crowd_of(settings: Settings) -> Crowd:
    """Return the places that the settings give, all of them free."""
    return Crowd(
        guests_max=settings.connections_max,
        guests_of_address_max=settings.connections_of_address_max,
        exempt=settings.trusted_proxies,
    )


def bounded(settings: Settings, crowd: Crowd, metrics: IngestMetrics) -> Callable[..., asyncio.Protocol]:
    """Return what makes a protocol for each accepted socket, as uvicorn wants it, with the limits that the settings give.

    Raises:
        ConfigurationError: the certificate or its key cannot be used.
    """
    limits = ConnectionLimits(
        headers_count_max=settings.headers_count_max,
        headers_bytes_max=settings.headers_bytes_max,
        headers_s_max=settings.headers_ms_max / 1000,
        request_s_max=settings.request_ms_max / 1000 + _SWEEP_S,
    )
    http = partial(BoundedHttpProtocol, limits=limits, crowd=crowd, metrics=metrics)
    if not settings.tls_cert_file:
        return http
    context = server_context(f"{PREFIX}TLS_", settings.tls_cert_file, settings.tls_key_file)
    handshake_s_max = settings.tls_handshake_ms_max / 1000

    def over_tls(**options: Any) -> Handshake:
        return Handshake(partial(http, **options), context, handshake_s_max, crowd)

    return over_tls
