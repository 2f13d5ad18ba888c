"""/healthz (the process runs), /readyz (every lane moves rows), /metrics."""

from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from projections.metrics import REGISTRY


def health_app(waiting: Callable[[], list[str]]) -> Starlette:
    """Return the HTTP application. `waiting` names the topics whose rows do not move now; none: ready."""

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        topics = waiting()
        return JSONResponse({"ready": not topics, "waiting": topics}, status_code=503 if topics else 200)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)])
