"""`/healthz`, `/readyz` and `/metrics` of every process, on a private port: one server and one JSON shape.

`{"status": …, "stage": …, "why": […], …}`: `/healthz` is "running", or 503 and "broken" where a long-lived task died, so
that only a new process helps; `/readyz` is "ready", or 503 and "not ready" or "broken". `why` names the reasons, and
what a stage has to say besides follows.
"""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn import Config

from runtime.http_server import Server
from runtime.ports import listen
from runtime.tasks import Tasks
from schemas.errors import DeploymentError


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a stage does its work now."""

    why_not: tuple[str, ...] = ()
    """Reasons why it does not; none: it is ready."""
    details: Mapping[str, object] = field(default_factory=dict)
    """What else the stage says of itself."""


class Health:
    """What probes ask of one process."""

    def __init__(
        self, stage: str, tasks: Tasks, registry: CollectorRegistry, readiness: Callable[[], Readiness]
    ) -> None:
        """Prepare; `serve` answers.

        Args:
            stage: named in each answer.
            tasks: whose deaths make the process broken.
            registry: what `/metrics` shows.
            readiness: asked at each `/readyz`; answers at once.
        """
        self._stage = stage
        self._tasks = tasks
        self._registry = registry
        self._readiness = readiness

    def routes(self) -> list[Route]:
        """Return the three routes."""
        return [
            Route("/healthz", self._healthz),
            Route("/readyz", self._readyz),
            Route("/metrics", self._metrics),
        ]

    def listen(self, host: str, port: int) -> socket.socket:
        """Return a socket for `serve`.

        Raises:
            DeploymentError: the port cannot be had; the message names the setting.
        """
        try:
            return listen(host, port)
        except OSError as error:
            variable = f"RECIBO_{self._stage.upper()}_METRICS_PORT"
            raise DeploymentError(
                f"port {port} of {host}, wanted for health and metrics of {self._stage}, cannot be used"
                f" ({error.strerror}): stop what listens on it, or set {variable}"
            ) from error

    async def serve(self, listener: socket.socket) -> None:
        """Answer on a listening socket until cancelled."""
        app = Starlette(routes=self.routes())
        server = Server(Config(app, ws="none", lifespan="off", log_config=None, access_log=False, server_header=False))
        try:
            await server.serve(sockets=[listener])
        finally:
            for listening in getattr(server, "servers", ()):
                listening.close()
            listener.close()

    async def _healthz(self, _request: Request) -> Response:
        return self._answer("broken" if self._tasks.deaths else "running", self._tasks.why, {})

    async def _readyz(self, _request: Request) -> Response:
        readiness = self._readiness()
        why = [*self._tasks.why, *readiness.why_not]
        status = "broken" if self._tasks.deaths else "not ready" if why else "ready"
        return self._answer(status, why, readiness.details)

    async def _metrics(self, _request: Request) -> Response:
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)

    def _answer(self, status: str, why: list[str], details: Mapping[str, object]) -> Response:
        body = {"status": status, "stage": self._stage, "why": why, **details}
        return JSONResponse(body, status_code=503 if why else 200)
