"""`/healthz`, `/readyz` and `/metrics` of a worker, on a port of its own."""

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest


async def serve(host: str, port: int, registry: CollectorRegistry, not_ready: Callable[[], str]) -> web.AppRunner:
    """Start the server.

    Args:
        host: address to bind.
        port: port to bind.
        registry: what `/metrics` shows.
        not_ready: why the worker is not ready, or "".
    """

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_: web.Request) -> web.Response:
        why = not_ready()
        return web.Response(text=f"{why or 'ready'}\n", status=503 if why else 200)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), content_type="text/plain")

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner
