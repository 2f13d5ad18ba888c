"""The OpenAPI document and a page that shows it: Swagger UI from its package, nothing from anybody else's server."""

from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from swagger_ui_bundle import swagger_ui_path

from serving.api.openapi import document
from serving.api.openapi_parts import PREFIX

_PAGE: Final = f"{PREFIX}/docs"
_FILES: Final = f"{_PAGE}/files"
_HTML: Final = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Recibo API</title>
<link rel="stylesheet" href="{_FILES}/swagger-ui.css"></head>
<body><div id="page"></div><script src="{_FILES}/swagger-ui-bundle.js"></script><script src="{_PAGE}/begin.js"></script></body></html>
"""
_BEGIN: Final = f'SwaggerUIBundle({{url: "{PREFIX}/openapi.json", dom_id: "#page", deepLinking: true}});\n'
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'"
)


@cache
def text() -> bytes:
    """Return the document's bytes."""
    return msgspec.json.format(msgspec.json.encode(document()), indent=1) + b"\n"


def routes() -> list[BaseRoute]:
    """Return the document's route, and the page's."""

    async def openapi(_: Request) -> Response:
        return Response(text(), media_type="application/json")

    async def page(_: Request) -> Response:
        return HTMLResponse(_HTML, headers={"Content-Security-Policy": _POLICY})

    async def begin(_: Request) -> Response:
        return Response(_BEGIN, media_type="text/javascript")

    return [
        Route(f"{PREFIX}/openapi.json", openapi),
        Route(_PAGE, page),
        Route(f"{_PAGE}/begin.js", begin),
        Mount(_FILES, StaticFiles(directory=Path(swagger_ui_path))),
    ]
