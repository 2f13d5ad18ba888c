"""`POST /api/v1/sends`: what was sent, a batch at a time, into `message.sends`; once, however often it is asked."""

import asyncio
import hashlib
import time
from typing import Annotated, Any, Final

import msgspec
from clickhouse_connect.driver.client import Client
from msgspec import Meta
from starlette.responses import Response

from reconciliation.keep.keeping import Keeping, Kept
from reconciliation.keep.send_keys import SendKeys
from reconciliation.keep.send_tables import ManifestRow, SendTables
from reconciliation.read import mapping as mappings
from reconciliation.read.batch import mapping_of, sends_of
from reconciliation.read.refusal import RowRefused
from reconciliation.read.send_rows import Manifest
from runtime.kafka.settings import KafkaSettings
from schemas.access import Scope
from schemas.errors import DeploymentError
from schemas.send import Role
from serving.api.bodies import body_of, decoded
from serving.api.call import Call
from serving.api.problems import Problem, Wrong, problem
from serving.api.reading import require, require_account
from serving.api.turns import Turns
from serving.api.writer import Writer
from serving.queries.parameters import Text
from serving.settings import Settings

SENDS_MAX: Final = 10_000
KEY_HEADER: Final = "Idempotency-Key"
Key = Annotated[str, Meta(min_length=1, max_length=255, pattern="^[!-~]+$")]
_WRONG_MAX: Final = 100


class SendBatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A batch of sends."""

    account: Text
    sends: Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=SENDS_MAX)]
    role: Role = "sender"


_BATCH: Final = msgspec.json.Decoder(SendBatch, float_hook=str)
_KEY: Final = msgspec.json.Decoder(Key)


class Sends:
    """Keeps batches of sends."""

    def __init__(self, kafka: KafkaSettings, writer: Writer, settings: Settings) -> None:
        self._kafka = kafka
        self._writer = writer
        self._settings = settings
        self._turns = Turns(settings.writes_max, settings.writes_max)

    async def keep(self, call: Call) -> Response:
        """Keep a batch whole, or nothing of it. Raises Problem, and what the engine's client raises."""
        require(call.token, Scope.RECONCILE)
        if call.request.query_params:
            raise problem("wrong-parameter", "This takes no parameters.")
        key = _key_of(call)
        body = await body_of(call.request, self._settings.body_bytes_max, self._settings.write_ms_max / 1000)
        batch = decoded(body, _BATCH)
        require_account(call.token, batch.account)
        sha256 = hashlib.sha256(body).hexdigest()
        manifest = f"key:{key}" if key else sha256
        async with self._turns.turn():
            await asyncio.to_thread(_check, batch, manifest, self._writer.time_zone)
            kept = await self._kept(batch, manifest, key, sha256, call.token.name)
        row = kept.manifest
        said = {"account": row.account, "manifest": row.manifest, "role": row.role, "rows": row.rows}
        document = msgspec.json.encode({**said, "was_known": kept.was_known})
        return Response(document, 200 if kept.was_known else 201, media_type="application/json")

    async def _kept(self, batch: SendBatch, manifest: str, key: str, sha256: str, by: str) -> Kept:
        mapping = mapping_of(self._writer.time_zone)
        text = mappings.encode(mapping).decode()
        row = ManifestRow(batch.account, manifest, batch.role, mapping=text, by=by)
        async with self._writer.client() as client:
            if key and not await asyncio.to_thread(self._claim, client, batch.account, key, sha256):
                raise problem("key-reused", "Another body was sent under this key: nothing was kept. Choose a new key.")
            tables = SendTables(client, self._writer.store)
            keeping = Keeping(self._kafka, tables, lambda *_: None, self._settings.table_s_max)
            if known := await keeping.known(row):
                return known
            try:
                return await keeping.keep(row, lambda m: sends_of(batch.sends, m, mapping), lambda _: None)
            except DeploymentError as error:
                raise problem(
                    "away", f"{error}. Send the same again: what is in already is not written twice."
                ) from error

    def _claim(self, client: Client, account: str, key: str, sha256: str) -> bool:
        return SendKeys(client, self._writer.store).claim(account, key, sha256, time.time_ns() // 1_000_000)


def _key_of(call: Call) -> str:
    """Return the request's idempotency key, "" where it has none. Quotation marks around it, as the draft has, are no part of it."""
    given = call.request.headers.getlist(KEY_HEADER)
    if not given:
        return ""
    text = given[0].strip()
    if text[:1] == text[-1:] == '"' and len(text) > 1:
        text = text[1:-1]
    try:
        return msgspec.convert(text, Key) if len(given) == 1 else _key_of_several()
    except msgspec.ValidationError as error:
        raise problem("wrong-parameter", f"{KEY_HEADER}: {error}", Wrong(KEY_HEADER, str(error))) from error


def _key_of_several() -> str:
    raise problem("wrong-parameter", f"{KEY_HEADER} is given more than once.")


def _check(batch: SendBatch, manifest: str, time_zone: str) -> None:
    """Raise the Problem of a batch of which not all rows can be kept."""
    of = Manifest(batch.account, manifest, batch.role, 0)
    refused = [one for one in sends_of(batch.sends, of, mapping_of(time_zone)) if isinstance(one, RowRefused)]
    if refused:
        raise _not_kept(refused)


def _not_kept(refused: list[RowRefused]) -> Problem:
    wrong = [
        Wrong(
            f"sends[{one.row - 1}]{'.' if one.column else ''}{one.column}",
            f"{one.value} {one.why}: {one.remedy}".strip(),
        )
        for one in refused[:_WRONG_MAX]
    ]
    return problem(
        "wrong-body",
        f"{len(refused):,} sends cannot be read, and nothing was kept: {wrong[0].parameter}: {wrong[0].detail}",
        *wrong,
    )
