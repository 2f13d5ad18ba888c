"""The hot route, called as uvicorn calls it: what is refused before anything is stored, and what counts as in flight."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
import structlog

from ingest.endpoint import endpoints_of
from ingest.http.problems import MALFORMED
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
[sources.meta-signed]
provider = "meta_cloud"
auth = { kind = "hmac", header = "X-Hub-Signature-256", prefix = "sha256=", secrets = [{ env = "S" }] }
verify_token = { env = "S" }
[sources.timed]
provider = "meta_cloud"
auth = { kind = "hmac", header = "X-Sig", signed = "{timestamp}.{body}", timestamp_header = "X-T", secrets = [{ env = "S" }] }
verify_token = { env = "S" }
[sources.basic]
provider = "wpp_marketing"
auth = { kind = "basic", user = "u", secrets = [{ env = "S" }] }
[sources.jwt]
provider = "wpp_marketing"
auth = { kind = "jwt", secrets = [{ env = "S" }] }
[sources.hooks]
provider = "wpp_marketing"
auth = { kind = "standard_webhooks", secrets = [{ env = "S" }] }
"""
SECRET = "a-secret-of-the-tests"
FAILURES_MAX = 3
Headers = list[tuple[bytes, bytes]]


class Log:
    """A durable log that keeps what it is given, and waits while it is told to."""

    def __init__(self) -> None:
        self.appended: list[int] = []
        self.where: list[str] = []
        """Where the next portions go; the log, when none is left."""
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def append(self, _topic: str, records: Sequence[LogRecord]) -> str:
        """Keep how many came at once."""
        await self.may_go_on.wait()
        self.appended.append(len(records))
        return self.where.pop(0) if self.where else "log"


class Requests:
    """A request log that keeps what it is given."""

    def __init__(self) -> None:
        self.records: list[RequestRecord] = []

    def note(self, record: RequestRecord, *, is_authentic: bool) -> None:  # noqa: ARG002 - as the real one is called
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


async def test_failed_posts_of_others_do_not_refuse_a_challenge(world: World) -> None:
    """Behind a proxy that is not declared, everybody has one address: bad posts are counted apart from challenges."""
    assert [(await world.ask("signed", event_body(1)))[0] for _ in range(5)] == [401] * FAILURES_MAX + [429] * 2
    assert [(await world.ask("meta-signed", event_body(1)))[0] for _ in range(5)] == [401] * FAILURES_MAX + [429] * 2
    query = f"hub.mode=subscribe&hub.challenge=7&hub.verify_token={SECRET}"
    assert await world.ask(f"meta-signed?{query}", method="GET") == (200, b"7")


HOSTILE_QUERIES = (
    "&".join(["a="] * 101),
    "&" * 10_000,
    "hub.mode=subscribe&hub.verify_token=%ed%a0%80&hub.challenge=%ff",
    "hub.mode=subscribe&hub.verify_token=\udcff",
    "%",
    "=",
    ";".join(["a="] * 101),
    "\xff\xfe=\xff",
)
HOSTILE_HEADERS: tuple[Headers, ...] = (
    [(b"content-length", b"0" * 5_000 + b"9")],
    [(b"content-length", b"9" * 5_000)],
    [(b"content-length", b"\xb2")],
    [(b"content-length", b"-1")],
    [(b"content-type", b"\xff" * 9)],
    [(b"x-recibo-signature", b"sha256=\xff")],
    [(b"x-recibo-signature", b"sha256=" + b"9" * 70_000)],
    [(b"x-forwarded-for", b",".join([b"[" * 99] * 99))],
    [(b"host", b"[")],
    [(b"authorization", b"Basic \xff"), (b"authorization", b"Basic =")],
)


@pytest.mark.parametrize(
    "path", ["signed", "meta", "timed", "basic", "jwt", "hooks", "nobody", "s/%ff", "signed/\udcff"]
)
async def test_no_stranger_makes_a_bug(world: World, path: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever comes before it is authenticated is refused as what it is: no 5xx, and no line of the log a request."""
    answers = []
    for query in HOSTILE_QUERIES:
        for method in ("GET", "POST"):
            scope: dict[str, Any] = {"method": method, "query_string": query.encode("utf-8", "surrogateescape")}
            answers.append((await world.ask(path, b"{}", **scope))[0])
    answers += [(await world.ask(path, b"{}", headers))[0] for headers in HOSTILE_HEADERS]
    assert not [status for status in answers if status >= 500]
    assert all(path == "meta" or status >= 400 for status in answers)
    assert not [line for line in caplog.records if line.exc_info]


async def test_a_bug_before_authentication_costs_a_stranger_a_400(world: World) -> None:
    """What fails there, fails of what a stranger sent: answered 400, told once a second; behind it, it is a bug: 503."""

    def broken(*_: object) -> bool:
        raise ValueError

    world.webhooks.endpoints["signed"].verify = broken
    with structlog.testing.capture_logs() as lines:
        assert [await world.post(event_body(1)) for _ in range(20)] == [400] * 20
    assert len([line for line in lines if line["log_level"] == "error"]) == 1
    assert {record.refusal for record in world.requests.records} == {MALFORMED.title}


async def test_where_a_large_body_went_is_said_of_all_of_it(world: World) -> None:
    """It is in the spool if any portion of it is."""
    world.log.where = ["log", "spool", "log"]
    assert await world.post(b"[" + b",".join(event_body(number) for number in range(1_234)) + b"]") == 204
    assert world.requests.records[0].stored == "spool"


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
