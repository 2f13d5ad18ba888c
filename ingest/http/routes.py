"""What each URL leads to. Webhooks go straight to their own callable; Starlette serves everything else."""

from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ingest.webhooks import Webhooks
from schemas.sources import WEBHOOKS_PATH


def routes(webhooks: Webhooks, others: Sequence[Route] = ()) -> ASGIApp:
    """Return the whole application: webhooks, and whatever else is served on their port."""
    starlette = Starlette(routes=others, exception_handlers={HTTPException: _problem})

    async def application(scope: Any, receive: Any, send: Any) -> None:
        """Skip Starlette's routing and middleware for webhooks: they need neither."""
        if scope["type"] == "http" and scope["path"].startswith(WEBHOOKS_PATH):
            await webhooks(scope, receive, send)
        else:
            await starlette(scope, receive, send)

    return application


async def _problem(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return JSONResponse(
        {
            "type": "about:blank",
            "title": "not here",
            "status": status,
            "detail": f"Webhooks go to {WEBHOOKS_PATH}SOURCE.",
        },
        status_code=status,
        media_type="application/problem+json",
    )
