"""`/api/v1/people`: everything held about somebody, forgetting them, and holding them back from being forgotten.

Whom it is about stands in the body: a path or a query would be in the logs of every proxy. What is held is looked for again at each request,
so that no state is kept here: who asks for a forgetting follows it by asking again what is held.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
import structlog
from aiokafka.errors import KafkaError
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from msgspec import Meta
from starlette.concurrency import iterate_in_threadpool
from starlette.responses import Response, StreamingResponse

from operations.forget.export import document
from operations.forget.forget import Forgetting, Report
from operations.forget.log import Erasures
from operations.forget.names import read_identity
from operations.forget.report import as_documents, masked
from operations.generation import agreed
from projections import settings as projections
from runtime.tasks import Tasks
from schemas.access import Scope
from schemas.erasure import ErasureKey
from schemas.errors import ConfigurationError, DeploymentError, ReciboError
from schemas.identity import Identity
from serving.api.bodies import body_of, decoded
from serving.api.call import Access, Call
from serving.api.problems import Wrong, problem
from serving.api.reading import require
from serving.api.turns import Turns
from serving.api.writer import Writer
from serving.queries.parameters import Text
from serving.settings import Settings

log = structlog.get_logger()

Region = Annotated[str, Meta(pattern="^[A-Z]{2}$")]
KeyOf = Callable[[Erasures], ErasureKey]
_RETRY_S: Final = 10
Result = TypeVar("Result")


class Named(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom it is about."""

    identity: Text
    """A number in any notation, a lid (`99000@lid`) or a business-scoped id."""
    region: Region = "BR"
    """Country whose national notation a number may have."""


class Forgotten(Named, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is to be forgotten."""

    confirmed: Literal[True]
    """That it is meant: it cannot be undone."""


class HeldBack(Named, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who must not be forgotten."""

    reason: Text | None
    """Why, as in a dispute; it names no person. null: they may be forgotten again."""


Asked = TypeVar("Asked", bound=Named)
_NAMED: Final = msgspec.json.Decoder(Named)
_FORGOTTEN: Final = msgspec.json.Decoder(Forgotten)
_HELD_BACK: Final = msgspec.json.Decoder(HeldBack)


class People:
    """Looks, and forgets: one process a person at a time."""

    def __init__(self, writer: Writer, access: Access, settings: Settings, key_of: KeyOf) -> None:
        """Rewrite tables by `writer`; people are hashed with the key that `key_of` gives, or raises ConfigurationError for."""
        self._writer = writer
        self._access = access
        self._settings = settings
        self._key_of = key_of
        self._turns = Turns(settings.writes_max, settings.writes_max)
        self._jobs = Tasks()
        self._now: Identity | None = None
        self._failed: dict[Identity, str] = {}
        """Whose last forgetting by this process failed, and why; of the last ones."""

    async def look(self, call: Call) -> Response:
        """Return what is held of a person, where, and when each part ends; nothing is changed."""
        identity, _ = await self._asked(call, _NAMED)
        await self._access.note(call.look(Scope.PRIVACY, "what is held of a person", -1))
        async with self._turns.turn(), AsyncExitStack() as held:
            report = await self._done((await self._forgetting(held))[0].look(identity))
        return _json({**_told(report), "state": self._state(identity), "why": self._failed.get(identity, "")})

    async def export(self, call: Call) -> Response:
        """Return everything held about a person, row by row."""
        identity, _ = await self._asked(call, _NAMED)
        await self._access.note(call.look(Scope.PRIVACY, "everything held about a person", -1))
        async with AsyncExitStack() as opening:
            await opening.enter_async_context(self._turns.turn())
            forgetting, client = await self._forgetting(opening)
            report = await self._done(forgetting.look(identity))
            key = await self._done(forgetting.key())
            held = opening.pop_all()
        parts = document(client, self._writer.store, report.person, report.parts, key)
        return StreamingResponse(_whole(parts, held), media_type="application/json")

    async def forget(self, call: Call) -> Response:
        """Begin to forget a person; asked again what is held of them, it says how it stands."""
        identity, _ = await self._asked(call, _FORGOTTEN)
        await self._access.note(call.look(Scope.PRIVACY, "a person is forgotten", -1))
        if self._state(identity) == "running":
            return _json({"state": "running"}, 202)
        if self._now is not None:
            raise problem("overloaded", "Somebody else is being forgotten: ask again.", retry_after_s=_RETRY_S)
        async with AsyncExitStack() as opening:
            forgetting, _ = await self._forgetting(opening)
            report = await self._done(forgetting.look(identity))
            if report.held:
                raise problem("held-back", f"{report.held}. Nothing was done.")
            self._failed.pop(identity, None)
            self._now = identity
            self._jobs.start("forgetting", self._forgotten(identity, forgetting, opening.pop_all()), may_return=True)
        return _json({"state": "running"}, 202)

    async def hold(self, call: Call) -> Response:
        """Hold a person back from being forgotten, or no more."""
        identity, asked = await self._asked(call, _HELD_BACK)
        await self._access.note(call.look(Scope.PRIVACY, "a person is held back", -1))
        async with self._turns.turn(), AsyncExitStack() as held:
            forgetting, _ = await self._forgetting(held)
            await self._done(forgetting.hold(identity, asked.reason))
        return _json({"reason": asked.reason})

    async def _asked(self, call: Call, decoder: msgspec.json.Decoder[Asked]) -> tuple[Identity, Asked]:
        require(call.token, Scope.PRIVACY)
        if not call.token.sees_all:
            raise problem("not-allowed", "A person may be known to every account: a token of all accounts is needed.")
        if call.request.query_params:
            raise problem("wrong-parameter", "This takes no parameters: whom it is about stands in the body.")
        body = await body_of(call.request, self._settings.body_bytes_max, self._settings.write_ms_max / 1000)
        asked = decoded(body, decoder)
        try:
            return read_identity(asked.identity, asked.region), asked
        except ConfigurationError as error:
            raise problem("wrong-body", str(error), Wrong("identity", str(error))) from error

    async def _forgetting(self, held: AsyncExitStack) -> tuple[Forgetting, Client]:
        """Return what forgets, over a client that `held` closes. Raises Problem: something that it needs is away."""
        kafka = self._settings.kafka
        client = await held.enter_async_context(self._writer.client())
        generation = (await self._done(agreed(kafka))).live.generation
        settings = replace(
            projections.from_environ(), kafka=kafka, clickhouse=self._settings.clickhouse, generation=generation
        )
        return Forgetting(settings, client, self._key_of, lambda *_: None), client

    async def _done(self, doing: Awaitable[Result]) -> Result:
        """Return what is waited for. Raises Problem: it cannot be done here, or not now."""
        try:
            return await doing
        except ConfigurationError as error:
            raise problem("not-here", str(error)) from error
        except (DeploymentError, KafkaError) as error:
            raise problem("away", str(error)) from error

    async def _forgotten(self, identity: Identity, forgetting: Forgetting, held: AsyncExitStack) -> None:
        async with held:
            try:
                done = await forgetting.forget(identity)
            except (ReciboError, ClickHouseError, KafkaError, OSError) as error:
                log.warning("a person is not forgotten yet", who=masked(identity), why=str(error))
                self._failed = {**dict(list(self._failed.items())[-99:]), identity: str(error)[:500]}
            else:
                log.info("a person was forgotten", who=masked(identity), messages=done.messages)
            finally:
                self._now = None

    def _state(self, identity: Identity) -> str:
        if self._now == identity:
            return "running"
        return "failed" if identity in self._failed else "idle"


def _told(report: Report) -> dict[str, Any]:
    person = report.person
    return {
        "names": [{"kind": kind, "value": value} for kind, value in person.names.identities],
        "messages": len(person.messages),
        "unclear_messages": person.unclear,
        "held_back": report.held,
        "parts": as_documents(report.parts),
    }


async def _whole(parts: Iterator[bytes], held: AsyncExitStack) -> AsyncIterator[bytes]:
    async with held:
        async for part in iterate_in_threadpool(parts):
            yield part


def _json(document: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(document), status, media_type="application/json")
