"""Raw records as ingest would write them, and as it never would: seeded, so that a run can be repeated.

Messages live over several rounds; their events come repeated, late, shuffled, contradicting one another, by two
sources of one account, alone or several in a body, and between them comes everything that is no event.
"""

import json
import random
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from schemas.erasure import ErasureRequest, encode
from schemas.record import RequestStamp, SourceContext, encode_request, encode_source, record_key

START_MS: Final = 1_790_000_000_000
BEGIN_MS: Final = 1_290_000_000_000
"""When the traffic begins: long ago, so that after many a leap over the horizon it is still not ahead of our clock."""
STORIES: Final = (
    ("queued", "created", "delivered", "read"),
    ("queued", "created", "sent", "delivered", "read"),
    ("queued", "error"),
    ("queued", "created", "number_not_found"),
    ("created", "expired", "delivered"),
    ("read", "delivered", "error"),
)
SOURCES: Final = (
    SourceContext("wpp", "acme", "wpp_marketing"),
    SourceContext("wpp-two", "acme", "wpp_marketing", selected=("delivered", "read", "error")),
    SourceContext("other", "zeta", "wpp_marketing"),
)
"""Two URLs of one account (the second selects), and another account."""
DAY_MS: Final = 86_400_000
CODES: Final = ("131026", "131049", "EXPIRED", "99999")
FLOOD_EVENTS: Final = 90
"""More than a journal lists."""

Body = dict[str, Any]


class RawRecord(NamedTuple):
    """A record to append to the raw log; the key chooses its partition."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    at_ms: int
    """Append time: ours to choose here, so that a run can leap over the horizon."""


class Traffic:
    """An endless, seeded stream of raw records."""

    def __init__(self, seed: int, *, forgets: bool = False) -> None:
        """Begin; where it `forgets`, some messages are asked to be forgotten on the way."""
        self._forgets = forgets
        self._rnd = random.Random(seed)
        self._messages = 0
        self._requests = 0
        self._now_ms = BEGIN_MS
        self._pending: list[tuple[SourceContext, Body]] = []
        self._told: list[tuple[SourceContext, Body]] = []
        self._flooded: Body | None = None
        self._noise: tuple[Callable[[], Iterable[RawRecord]], ...] = (
            self._batch,
            self._connection,
            self._no_event,
            self._not_ours,
        )

    def leap(self) -> None:
        """Let so much time pass that all states count as absent."""
        self._now_ms += 50 * 24 * 60 * 60 * 1000

    def records(self, count: int) -> list[RawRecord]:
        """Return the next `count` or a few more records."""
        found: list[RawRecord] = []
        while len(found) < count:
            if self._forgets and self._rnd.random() < 0.02:
                found.append(self._forget())
            chance = self._rnd.random()
            if chance < 0.78:
                found.append(self._single(*self._next_event()))
            elif chance < 0.90 and self._told:
                found.append(self._repeat())
            elif chance < 0.91:
                found += self._flood()
            else:
                found += self._rnd.choice(self._noise)()
        return found

    def _next_event(self) -> tuple[SourceContext, Body]:
        while len(self._pending) < 300:
            self._begin_message()
        told = self._pending.pop(self._rnd.randrange(len(self._pending)))
        self._told.append(told)
        return told

    def _begin_message(self) -> None:
        rnd = self._rnd
        self._messages += 1
        context = rnd.choice(SOURCES)
        message_id = f"m-{self._messages:07d}"
        for status in rnd.choice(STORIES):
            source = rnd.choice(SOURCES[:2]) if context.account == "acme" else context
            self._pending.append((source, self._body(message_id, status)))

    def _body(self, message_id: str, status: str) -> Body:
        rnd = self._rnd
        body: Body = {
            "event": status,
            "message_id": message_id,
            "connection_id": f"conn-{rnd.randrange(20)}",
            "to": f"55119{rnd.randrange(10**8):08d}",
            "event_id": f"{rnd.getrandbits(64):016x}",
            "occurred_at": self._now_ms + rnd.randrange(-60_000, 60_000),
        }
        if rnd.random() < 0.1:
            old = self._now_ms - rnd.randrange(6 * DAY_MS, 10 * DAY_MS)
            body["occurred_at"] = rnd.choice((86_400_000_000_000, 3_600_000, START_MS * 2, 1, old))
        if rnd.random() < 0.1:
            del body["event_id"]
        if rnd.random() < 0.05:
            del body["occurred_at"]
        if rnd.random() < 0.3:
            body["campaign"] = f"campaign-{rnd.randrange(3)}"
            body["client_ref"] = f"order-{rnd.randrange(1000)}"
            body["tracking_id"] = f"track-{rnd.randrange(10**6)}"
        if status in ("error", "expired", "number_not_found") and rnd.random() < 0.8:
            body["error"] = {"code": rnd.choice(CODES), "message": "it did not work"}
        return body

    def _repeat(self) -> RawRecord:
        """Tell an event again: a recent or any old one, by any source of its account, perhaps with other words."""
        rnd, told = self._rnd, self._told
        context, body = told[-rnd.randrange(1, min(200, len(told)) + 1)] if rnd.random() < 0.5 else rnd.choice(told)
        if context.account == "acme":
            context = rnd.choice(SOURCES[:2])
        if rnd.random() < 0.2:
            body = {**body, "connection_id": "conn-other", "occurred_at": self._now_ms - 120_000}
        return self._single(context, body)

    def _forget(self) -> RawRecord:
        """Ask that a message be forgotten: one told of, or any; now and then only if it is older than half a minute."""
        rnd = self._rnd
        account, message = "acme", f"m-{rnd.randrange(self._messages + 2):07d}"
        if self._told and rnd.random() < 0.8:
            context, body = rnd.choice(self._told[-200:])
            account, message = context.account, body["message_id"]
        asked = ErasureRequest(f"erased-{message}", self._now_ms - rnd.choice((0, 0, 30_000)))
        headers = self._headers(SourceContext("", account, ""), self._request(), 0, "erase")
        return self._record(record_key(account, message), encode(asked), headers)

    def _flood(self) -> list[RawRecord]:
        """Tell many distinct events of one message; sometimes continue with the last one flooded."""
        rnd = self._rnd
        if rnd.random() < 0.3:
            return self._flood_connection()
        if self._flooded is None or rnd.random() < 0.7:
            self._messages += 1
            self._flooded = self._body(f"m-{self._messages:07d}", "read")
        count = rnd.choice((3, 20, FLOOD_EVENTS))
        bodies = (
            {**self._flooded, "event_id": f"{rnd.getrandbits(64):016x}", "participant": f"p{i}"} for i in range(count)
        )
        return [self._single(SOURCES[0], body) for body in bodies]

    def _flood_connection(self) -> list[RawRecord]:
        """Tell more distinct events of one connection than its ring holds, some of them twice."""
        rnd, found = self._rnd, list[RawRecord]()
        subject = f"conn-flooded-{rnd.randrange(2)}"
        for _ in range(rnd.choice((20, 300))):
            body: Body = {
                "event": rnd.choice(("connected", "logout")),
                "connection_id": subject,
                "event_id": f"{rnd.getrandbits(64):016x}",
                "occurred_at": self._now_ms + rnd.randrange(-600_000, 600_000),
                "reason": "banned",
            }
            found += [self._single(SOURCES[0], body, subject)] * rnd.choice((1, 1, 1, 1, 2))
        return found

    def _batch(self) -> list[RawRecord]:
        """Tell several events in one body: the body whole, keyed by request, and each event re-wrapped."""
        events = [body for _, body in (self._next_event() for _ in range(self._rnd.randrange(2, 6)))]
        context = SOURCES[0]
        request = self._request()
        whole = json.dumps({"events": events}).encode()
        found = [self._record(request.encode(), whole, self._headers(context, request, -1, "batch"))]
        for index, body in enumerate(events):
            key = record_key(context.account, body["message_id"])
            value = json.dumps({"events": [body]}).encode()
            found.append(self._record(key, value, self._headers(context, request, index, "part")))
        return found

    def _connection(self) -> list[RawRecord]:
        rnd = self._rnd
        body: Body = {
            "event": rnd.choice(("connected", "logout")),
            "connection_id": f"conn-{rnd.randrange(20)}",
            "event_id": f"{rnd.getrandbits(20):05x}",
            "occurred_at": self._now_ms + rnd.randrange(-600_000, 600_000),
            "reason": rnd.choice(("banned", "phone offline")),
        }
        if rnd.random() < 0.1:
            body["occurred_at"] -= rnd.randrange(6 * DAY_MS, 10 * DAY_MS)
        return [self._single(rnd.choice(SOURCES), body, body["connection_id"])]

    def _no_event(self) -> list[RawRecord]:
        """Something authentic that is no status, or that nobody understands."""
        rnd = self._rnd
        request = self._request()
        body = rnd.choice(
            (b'{"event":"typing"}', b'{"event":"message","text":"oi"}', b'{"event":"???"}', b"{", b"[]", b"\xff")
        )
        return [self._record(request.encode(), body, self._headers(rnd.choice(SOURCES), request, 0, "single"))]

    def _not_ours(self) -> list[RawRecord]:
        """What ingest never writes: no headers, broken ones, no key, no value, a key of another message."""
        rnd = self._rnd
        request = self._request()
        headers = self._headers(SOURCES[0], request, 0, "single")
        value = json.dumps(self._body("m-elsewhere", "read")).encode()
        broken = [("source", b"{"), ("request", b"?")]
        choices: tuple[tuple[bytes | None, bytes | None, list[tuple[str, bytes]]], ...] = (
            (b"stranger", b"x", []),
            (b"stranger", b"x", broken),
            (None, b"{}", headers),
            (b"acme/m-wrong", value, headers),
            (b"acme/m-none", None, headers),
        )
        return [self._record(*rnd.choice(choices))]

    def _single(self, context: SourceContext, body: Body, subject: str = "") -> RawRecord:
        request = self._request()
        key = record_key(context.account, subject or body["message_id"])
        return self._record(key, json.dumps(body).encode(), self._headers(context, request, 0, "single"))

    def _record(self, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]) -> RawRecord:
        return RawRecord(key, value, headers, self._now_ms)

    def _request(self) -> str:
        self._requests += 1
        self._now_ms += self._rnd.randrange(20)
        return f"{self._requests:032x}"

    def _headers(self, context: SourceContext, request: str, index: int, kind: str) -> list[tuple[str, bytes]]:
        stamp = RequestStamp(request, index, kind, self._now_ms)
        return [("source", encode_source(context)), ("request", encode_request(stamp))]
