"""The hot route, called as uvicorn calls it: what is refused before anything is stored, and what counts as in flight."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from ingest.endpoint import endpoints_of
from ingest.log_record import LogRecord
from ingest.settings import Settings
from ingest.webhooks import Webhooks
from schemas.record import RequestRecord
from schemas.sources import parse_sources
from tests.support.running_ingest import event_body, signature

SOURCES = """
[sources.signed]
provider = "wpp_marketing"
auth = { kind = "hmac", header = "X-Recibo-Signature", prefix = "sha256=", secrets = [{ env = "S" }] }
[sources.meta]
provider = "meta_cloud"
auth = "none"
verify_token = { env = "S" }
"""
SECRET = "a-secret-of-the-tests"
FAILURES_MAX = 3
Headers = list[tuple[bytes, bytes]]


class Log:
    """A durable log that keeps what it is given, and waits while it is told to."""

    def __init__(self) -> None:
        self.appended: list[int] = []
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def append(self, _topic: str, records: Sequence[LogRecord]) -> str:
        """Keep how many came at once."""
        await self.may_go_on.wait()
        self.appended.append(len(records))
        return "log"


class Requests:
    """A request log that keeps what it is given."""

    def __init__(self) -> None:
        self.records: list[RequestRecord] = []

    def note(self, record: RequestRecord) -> None:
        """Keep it."""
        self.records.append(record)


class World:
    """One worker's hot route."""

    def __init__(self) -> None:
        self.log, self.requests = Log(), Requests()
        settings = Settings(auth_failures_per_minute_max=FAILURES_MAX, in_flight_requests_max=2)
        self.webhooks = Webhooks(settings, self.log, self.requests)  # type: ignore[arg-type]
        sources = parse_sources(SOURCES, {"S": SECRET})
        self.webhooks.endpoints = endpoints_of(sources, body_bytes_max=3_000_000, workers=1, before={})

    async def ask(
        self, path: str, body: bytes | None = b"", headers: Headers | None = None, **more: Any
    ) -> tuple[int, bytes]:
        """Send a request and return (status, body) of its answer; a body of None never comes."""
        target, _, query = path.partition("?")
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "path": f"/v1/webhooks/{target}",
            "query_string": query.encode(),
            "client": ("192.0.2.1", 1),
            "headers": [(b"host", b"t"), *(headers or [])],
            **more,
        }
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if body is None:
                await asyncio.Event().wait()
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self.webhooks(scope, receive, send)
        return sent[0]["status"], sent[1]["body"]

    async def post(self, body: bytes | None, **more: Any) -> int:
        """Send a signed post."""
        signed = [(name.encode(), value.encode()) for name, value in signature(body or b"", SECRET).items()]
        return (await self.ask("signed", body, [*signed, *more.pop("headers", [])], **more))[0]


@pytest.fixture
def world() -> World:
    """A worker's hot route, with nothing in it."""
    return World()


@pytest.mark.parametrize(
    ("headers", "version", "status"),
    [
        ([], "1.1", 204),
        ([(b"host", b"u")], "1.1", 400),
        ([(b"transfer-encoding", b"chunked")], "1.1", 204),
        ([(b"transfer-encoding", b"gzip, chunked")], "1.1", 400),
        ([(b"transfer-encoding", b"gzip"), (b"transfer-encoding", b"chunked")], "1.1", 400),
        ([(b"transfer-encoding", b"chunked")], "1.0", 400),
        ([(b"content-encoding", b"gzip"), (b"content-encoding", b"gzip")], "1.1", 415),
    ],
)
async def test_what_two_could_read_otherwise_is_refused(
    world: World, headers: Headers, version: str, status: int
) -> None:
    """Several hosts, a transfer coding that is not undone, several content codings."""
    assert await world.post(event_body(1), headers=headers, http_version=version) == status
    assert world.log.appended == ([1] if status == 204 else [])


async def test_a_verify_token_cannot_be_guessed_without_limit(world: World) -> None:
    """After some failures an address is refused for a while, the right token too; another address is not."""

    async def verify(token: str, address: str = "192.0.2.1") -> int:
        query = f"meta?hub.mode=subscribe&hub.challenge=7&hub.verify_token={token}"
        return (await world.ask(query, method="GET", client=(address, 1)))[0]

    assert await verify(SECRET) == 200
    assert [await verify(str(guess)) for guess in range(5)] == [403] * FAILURES_MAX + [429] * 2
    assert await verify(SECRET) == 429
    assert await verify(SECRET, "192.0.2.2") == 200


async def test_only_what_is_authenticated_is_in_flight(world: World) -> None:
    """Bodies that never come take no place among the requests in flight; posts that are being stored do."""
    strangers = [asyncio.ensure_future(world.post(None)) for _ in range(20)]
    await asyncio.sleep(0)
    assert world.webhooks.being_stored == 0
    assert await world.post(event_body(1)) == 204
    world.log.may_go_on.clear()
    stored = [asyncio.ensure_future(world.post(event_body(number))) for number in range(2)]
    await asyncio.sleep(0)
    assert world.webhooks.being_stored == 2
    assert await world.post(event_body(3)) == 503
    world.log.may_go_on.set()
    assert await asyncio.gather(*stored) == [204, 204]
    assert world.webhooks.being_stored == 0
    for stranger in strangers:
        stranger.cancel()


async def test_a_body_of_many_events_is_appended_in_portions(world: World) -> None:
    """Others have their turn between them; the answer comes when all of it is stored."""
    body = b"[" + b",".join(event_body(number) for number in range(1_234)) + b"]"
    assert await world.post(body) == 204
    assert world.log.appended == [500, 500, 235]
    assert world.requests.records[0].events == 1_234
