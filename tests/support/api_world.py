"""The API over tables of a test: tokens in memory, looks in a list, the engine real."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from msgspec.structs import replace

from operations.tokens import Created, new_token
from reconciliation.run.make import Asked, make_run
from reconciliation.run.run_tables import RunTables
from runtime.clickhouse.http import http_client
from runtime.clickhouse.settings import ClickHouseSettings
from schemas.access import EVERY_ACCOUNT, Look, Token
from schemas.event import ErrorDetail
from schemas.identity import Identity
from schemas.send import Send, send_key
from schemas.send import encode as encode_send
from schemas.topics import Topics
from serving.api.call import Access
from serving.api.service import Service
from serving.metrics import ApiMetrics
from serving.queries.engine import Engine
from serving.settings import Settings
from tests.support.databases import Databases
from tests.support.world import START_MS, World, connection_event, message_event

NOW_MS: Final = 4_000_000_000_000
HOUR_MS: Final = 3_600_000
MARKS: Final = {"alfa": "ALFAMARK", "beta": "BETAMARK"}
"""Account → what is in everything of it, and in nothing of the other."""
NUMBERS: Final = {"alfa": "55119811111", "beta": "55119822222"}
"""Account → how its recipients' numbers begin."""
DAYS: Final = {"since": "2009-01-01"}


@dataclass
class RunningApi:
    """The API, and whoever may ask it."""

    client: httpx.AsyncClient
    service: Service
    tokens: dict[str, Token] = field(default_factory=dict)
    looks: list[Look] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)
    texts: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)

    def token(self, role: str, *accounts: str) -> str:
        """Return a token of a role for some accounts, or all."""
        seen = accounts or (EVERY_ACCOUNT,)
        if (role, seen) not in self.texts:
            self.add(new_token(f"{role} of {seen}", role, seen, NOW_MS, 0))
        return self.texts[role, seen]

    def add(self, created: Created) -> str:
        """Take a token; return its text."""
        self.tokens[created.token.id] = created.token
        self.texts[created.token.role, created.token.accounts] = created.text
        return created.text

    async def get(self, path: str, token: str = "", **asked: Any) -> httpx.Response:
        """Return the answer to one request of who shows `token`."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.client.get(f"/api/v1/{path}", params=asked, headers=headers)

    async def post(self, path: str, token: str, body: Any, **headers: str) -> httpx.Response:
        """Return the answer to a JSON body."""
        given = {"Authorization": f"Bearer {token}", **headers}
        return await self.client.post(f"/api/v1/{path}", json=body, headers=given)

    async def rows(self, path: str, token: str, **asked: Any) -> list[dict[str, Any]]:
        """Return the rows of one page."""
        answer = await self.get(path, token, **asked)
        assert answer.status_code == httpx.codes.OK, answer.text
        found: list[dict[str, Any]] = answer.json()["data"]
        return found


@asynccontextmanager
async def running_api(clickhouse: ClickHouseSettings, **settings: Any) -> AsyncIterator[RunningApi]:
    """Run the application without a socket."""
    own = Settings(clickhouse=clickhouse, **{"token_rate_per_minute": 1_000_000, "token_burst": 100_000, **settings})
    async with http_client(clickhouse, timeout_s=30, connections_max=16) as engine_client:
        tokens: dict[str, Token] = {}
        looks: list[Look] = []

        async def note(look: Look) -> None:
            looks.append(look)

        service = Service(Engine(clickhouse, own, engine_client), Access(lambda: tokens, note), own, ApiMetrics())
        transport = httpx.ASGITransport(service.app(), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            yield RunningApi(client, service, tokens, looks, own)


def settings_of(databases: Databases) -> ClickHouseSettings:
    """Return the settings that lead to a test's databases."""
    return ClickHouseSettings(databases.url, database=databases.store, views_database=databases.views)


def reconcile_both(databases: Databases) -> None:
    """Compare what each account says that it sent, in tables that have what two accounts had."""
    tables = RunTables(databases.client, databases.store)
    for account, mark in MARKS.items():
        asked = Asked(
            account=account, manifests=(f"sends-{mark}",), name=f"run-{mark}", by="test", time_zone="America/Sao_Paulo"
        )
        make_run(tables, databases.views, asked, time.time_ns() // 1_000_000)


def two_accounts() -> World:
    """Return what two accounts had, each thing marked with whose it is: every question has rows of both."""
    world = World()
    for account in MARKS:
        _post(world, account)
    return world


def _post(world: World, account: str) -> None:
    mark, number = MARKS[account], NUMBERS[account]

    def post(name: str, status: str, at_ms: int, **fields: Any) -> None:
        common = {
            "account": account,
            "source": f"src-{mark}",
            "connection_id": f"conn-{mark}",
            "campaign": f"camp-{mark}",
            "template": f"tpl-{mark}",
            "client_ref": f"ref-{mark}-{name}",
            "recipient": f"{number}{name[-2:]}",
        }
        world.post(message_event(f"{mark}-{name}", status, START_MS + at_ms, **{**common, **fields}))

    for n in range(12):
        post(
            f"m-{n:02}",
            "created",
            n * 1_000,
            identities=(Identity("phone", f"{number}{n:02}"), Identity("lid", f"9{n:02}{number}")),
        )
        post(f"m-{n:02}", "delivered", n * 1_000 + 500)
    post("m-00", "read", HOUR_MS)
    post("m-00", "read", HOUR_MS)  # again, under the same id: set aside
    post("m-12", "created", 20_000)
    post("m-13", "error", 21_000, error=ErrorDetail("media", "131052", f"{mark} failed for {number}13"))
    post("m-14", "number_not_found", 22_000)
    post("m-15", "error", 23_000, error=ErrorDetail("media", "131052", f"{mark} twice"))
    post("m-15", "delivered", 24_000)
    world.post(
        message_event(
            f"{mark}-m-16",
            "sent",
            START_MS + 25_000,
            account=account,
            source=f"src-{mark}",
            connection_id=f"conn-{mark}",
            recipient=f"{number}16",
            pricing="marketing",
        )
    )
    for row, (name, tags) in enumerate((("m-00", {"order": f"{mark}-1"}), ("m-13", {}), ("m-unheard", {})), 1):
        send = Send(
            account=account,
            manifest=f"sends-{mark}",
            row=row,
            role="sender",
            version=START_MS,
            message_id=f"{mark}-{name}",
            reference=f"ref-{mark}-{name}",
            recipient=f"{number}{name[-2:]}" if name != "m-unheard" else "",
            recipient_kind="phone" if name != "m-unheard" else "",
            campaign=f"camp-{mark}",
            status="delivered",
            sent_at_ms=START_MS,
            tags=tags,
        )
        world.append(Topics().sends, send_key(send), encode_send(send), START_MS)
    for n, status in enumerate(("connected", "logout")):
        event = connection_event(f"conn-{mark}", status, START_MS + n * HOUR_MS)
        world.post(replace(event, account=account, source=f"src-{mark}"))
