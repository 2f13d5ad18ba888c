"""The relay as a process of its own, and a system that it hands webhooks on to."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn import Config

from runtime.http_server import Server
from runtime.ports import HOST, free_port, listen
from tests.support.polling import until
from tests.support.running_ingest import CHECKOUT, RunningIngest


@dataclass
class Receiver:
    """The system that used to receive the webhooks, on a port that stays its own while it is away."""

    port: int = field(default_factory=free_port)
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """(path and query, headers, body) of every request, in order."""
    refused: bytes = b""
    """A body that is answered 400."""
    redirects_to: str = ""
    """Where every request is sent on to instead, if anywhere."""

    @property
    def url(self) -> str:
        """Where it receives."""
        return f"http://{HOST}:{self.port}/crm"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Be there for as long as the context lasts."""

        async def receive(request: Request) -> Response:
            body = await request.body()
            query = f"?{request.url.query}" if request.url.query else ""
            self.got.append((request.url.path + query, dict(request.headers), body))
            if self.redirects_to:
                return Response(status_code=307, headers={"Location": self.redirects_to})
            return Response(status_code=400 if body == self.refused else 200)

        app = Starlette(routes=[Route("/crm", receive, methods=["POST"])])
        server = Server(Config(app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1))
        serving = asyncio.create_task(server.serve(sockets=[listen(HOST, self.port)]))
        try:
            yield
        finally:
            server.should_exit = True
            await serving

    def bodies(self) -> set[bytes]:
        """Return the distinct bodies that came."""
        return {body for _, _, body in self.got}


@dataclass
class RunningRelay:
    """One `python -m relay`, killed and started at will."""

    ingest: RunningIngest
    allowed: str = "127.0.0.0/8"
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    backoff_ms: tuple[str, str] = ("20", "300")
    """Least and greatest pause between attempts."""

    def start(self) -> None:
        """Start it."""
        environ = {
            **os.environ,
            "PYTHONPATH": str(CHECKOUT),
            "KAFKA_BOOTSTRAP_SERVERS": self.ingest.bootstrap_servers,
            "RECIBO_CONFIG": str(self.ingest.config_file),
            "RECIBO_RELAY_METRICS_PORT": str(self.port),
            "RECIBO_RELAY_ALLOWED_NETWORKS": self.allowed,
            "RECIBO_RELAY_BACKOFF_MS_MIN": self.backoff_ms[0],
            "RECIBO_RELAY_BACKOFF_MS_MAX": self.backoff_ms[1],
        }
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-m", "relay"], env=environ, stdout=log, stderr=log)

    @property
    def log_file(self) -> Path:
        """Where it logs."""
        return self.ingest.folder / "relay.log"

    def attempts(self) -> list[dict[str, object]]:
        """Return the attempts it has logged."""
        lines = [json.loads(line) for line in self.log_file.read_text().splitlines()]
        return [line for line in lines if line.get("event") == "attempt"]

    async def wait_ready(self) -> None:
        """Return when every URL's courier reads."""

        async def is_ready() -> bool:
            try:
                async with httpx.AsyncClient(trust_env=False) as client:
                    return (await client.get(f"http://{HOST}:{self.port}/readyz")).status_code == httpx.codes.OK
            except httpx.HTTPError:
                return False

        await until(is_ready, f"the relay to read: {self.log_file.read_text()}")

    def kill(self) -> None:
        """Kill it by SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
