"""`recibo forget`, step by step. What is to go is noted first; killed anywhere and run again, it ends the same.

Noted for good (`erasures`, `erased_message`) → asked of the processors → folded, published, inserted → taken out of the tables.
Tables by which people and messages are found are emptied last, so that a second run finds what the first one left. It
goes on until nothing is found: what came meanwhile is forgotten too.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from clickhouse_connect.driver.client import Client

from operations.forget.found import Person, find_person
from operations.forget.log import Erasures, bound_old_values, read_erasures, writing
from operations.forget.report import Part, masked, tables_of, topics_of
from operations.forget.settled import settled
from operations.rebuild.replay import Progress
from operations.topics import create_missing, partitions_of_raw, retentions
from projections.clickhouse import erase, erasure
from projections.clickhouse.send_erasure import of_sends
from projections.clickhouse.sought import rows as sought_rows
from projections.settings import Settings
from runtime.clickhouse.settings import LOG_COMMENT
from schemas.erasure import ErasureKey
from schemas.errors import DeploymentError
from schemas.identity import Identity
from schemas.record import record_key

ROUNDS_MAX: Final = 5
"""How often what came meanwhile is looked for."""
CLOCKS_MS: Final = 60_000
"""How far ingest's clock may be ahead of this one's: what the tables know was received before now, whatever it says."""


@dataclass(slots=True)
class Report:
    """What was found, and what was done."""

    person: Person
    parts: list[Part]
    held: str = ""
    """Why it is not to be forgotten; "" where nobody said so."""
    messages: int = 0
    """Forgotten now."""
    bounded: bool = True
    """Whether old values of states go in bounded time: their topic may be somebody else's to alter."""


class Forgetting:
    """One person's."""

    def __init__(
        self,
        settings: Settings,
        client: Client,
        key_of: Callable[[Erasures], ErasureKey],
        progress: Progress,
        *,
        reached: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Prepare; nothing is changed before `forget`, `hold` or `release`.

        Args:
            settings: of the projections: where everything is.
            client: of the engine.
            key_of: gives the key that people are hashed with (`operations/forget/key.py`), told of whom was forgotten.
            progress: told of waiting.
            reached: told of each step that is done.
        """
        self._settings = settings
        self._client = client
        self._key_of = key_of
        self._progress = progress
        self._reached = reached
        self._store = settings.clickhouse.database

    async def look(self, identity: Identity) -> Report:
        """Return what is held of a person; nothing is changed but that a key is made. Raises DeploymentError."""
        known, key = await self._known()
        person = await asyncio.to_thread(find_person, self._client, self._store, identity)
        parts = await asyncio.to_thread(tables_of, self._client, self._store, person, key)
        topics = self._settings.kafka.topics(self._settings.generation)
        kept = await retentions(
            self._settings.kafka, [topics.raw, topics.message_events, topics.set_aside, topics.sends]
        )
        parts += topics_of(parts, topics, kept, _now_ms())
        return Report(person, parts, _held(known, key, person.names.identities))

    async def forget(self, identity: Identity) -> Report:
        """Forget a person. Raises DeploymentError: held back, or something does not run; nothing that was done is lost."""
        await settled(self._settings, self._progress)
        report = await self.look(identity)
        if report.held:
            raise DeploymentError(
                f"{masked(identity)} is held back from being forgotten: {report.held}. Nothing was done"
            )
        _, key = await self._known()
        report.bounded = await bound_old_values(self._settings.kafka, self._settings.generation)
        person = report.person
        for _ in range(ROUNDS_MAX):
            await self._forget(key, identity, person, _now_ms())
            report.messages += len(person.messages)
            person = await asyncio.to_thread(find_person, self._client, self._store, identity)
            if not person.messages:
                return report
        raise DeploymentError(
            "more and more messages of this person come: run it again later; what was known is forgotten"
        )

    async def hold(self, identity: Identity, reason: str | None) -> Report:
        """Hold a person back from being forgotten, with a reason; None: no more."""
        report = await self.look(identity)
        _, key = await self._known()
        async with writing(self._settings.kafka) as writer:
            await writer.hold(key, report.person.names.identities, reason)
        return report

    async def key(self) -> ErasureKey:
        """Return the key that people and messages are hashed with; made now where nobody was ever forgotten."""
        return (await self._known())[1]

    async def _known(self) -> tuple[Erasures, ErasureKey]:
        kafka = self._settings.kafka
        await create_missing(kafka, self._settings.generation, await partitions_of_raw(kafka))
        known = await read_erasures(kafka)
        return known, self._key_of(known)

    async def _forget(self, key: ErasureKey, identity: Identity, person: Person, since_ms: int) -> None:
        async with writing(self._settings.kafka) as writer:
            await writer.note(key, person.names.identities, person.messages, since_ms)
            self._reached("noted")
            called = sorted(key.known_as(record_key(*message)) for message in person.messages)
            await asyncio.to_thread(self._note_in_tables, key, called, since_ms)
            self._reached("noted in tables")
            await writer.ask(key, person.messages, since_ms + CLOCKS_MS)
            self._reached("asked")
        await settled(self._settings, self._progress)
        self._reached("settled")
        await asyncio.to_thread(self._strip, key, called, person, key.identity(identity))

    def _note_in_tables(self, key: ErasureKey, called: Sequence[str], since_ms: int) -> None:
        since = datetime.fromtimestamp(since_ms / 1000, UTC)
        rows = [(one, key.messages_salt, since) for one in called]
        if rows:
            self._client.insert(
                f"{self._store}.erased_message",
                rows,
                column_names=["known_as", "salt", "since"],
                settings={"log_comment": LOG_COMMENT, "async_insert": 0},
            )

    def _strip(self, key: ErasureKey, called: Sequence[str], person: Person, forgetting: str) -> None:
        client, store, names = self._client, self._store, person.names
        called = sorted({*called, *erase.told_late(client, store, key.messages_salt)})
        requests = erase.requests_of(client, store, key.messages_salt, called, names.pattern)
        topology = self._settings.clickhouse.topology
        rows = sought_rows(forgetting, names.identities, names.pattern, names.forms)
        with erase.noting(client, store, forgetting, rows, topology) as sought:
            statements = [
                *erasure.noting_records(store, requests, sought),
                *erasure.of_requests(store, requests),
                *of_sends(store, key.messages_salt, called, sought),
                *erasure.of_messages(store, key.messages_salt, called),
                *erasure.of_person(store, sought),
            ]
            for number, statement in enumerate(statements):
                self._progress("tables", number, len(statements))
                erase.carry_out(client, [statement], topology)
                self._reached(f"statement {number}")
            self._progress("tables", len(statements), len(statements))


def _held(known: Erasures, key: ErasureKey, names: Sequence[Identity]) -> str:
    reasons = {hold.reason for name in names if (hold := known.holds.get(key.identity(name)))}
    return "; ".join(sorted(reasons))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
