"""Reconciliations: asked for, followed, fetched whole, and their differences acknowledged."""

import asyncio
import time
import uuid
from typing import Annotated, Any, Final, Literal

import msgspec
import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from msgspec import Meta
from starlette.responses import Response

from reconciliation.match.classes import DIFFERENCES
from reconciliation.match.due import read_duration_ms
from reconciliation.match.keys import read_keys
from reconciliation.run import interval
from reconciliation.run.job_tables import Job, JobTables
from reconciliation.run.make import Asked, make_run
from reconciliation.run.record import RunRecord
from reconciliation.run.run_tables import RunTables
from runtime.tasks import Tasks
from schemas.access import Scope
from schemas.errors import ConfigurationError
from serving.api.bodies import body_of, decoded
from serving.api.call import Call
from serving.api.problems import Wrong, problem
from serving.api.reading import require, require_account
from serving.api.writer import Writer
from serving.queries.parameters import Text
from serving.settings import Settings

log = structlog.get_logger()

RunId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
Optional = Annotated[str, Meta(max_length=256, pattern="^[^\\u0000-\\u001f\\u007f]*$")]
_NOTE_S: Final = 5.0
_RETRY_S: Final = 10


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be compared."""

    account: Text
    manifests: Annotated[list[Text], Meta(min_length=1, max_length=20)]
    name: Optional = ""
    """"": a name of ours."""
    month: Annotated[str, Meta(pattern="^([0-9]{4}-[0-9]{2})?$")] = ""
    """`2026-11`, in the deployment's time zone; "": whenever the rows were sent."""
    by: interval.By = "sent_at"
    keys: Annotated[list[Optional], Meta(max_length=8)] = []
    match: Annotated[list[Optional], Meta(max_length=8)] = []
    due: Optional = ""
    """`72h`: when callbacks are due; "": as the account's messages take."""


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody says of differences."""

    reason: Text
    classes: list[Literal[tuple(map(str, DIFFERENCES))]] = []  # type: ignore[valid-type]  # the one list of them
    subject: Optional = ""
    """One difference: its message id, else reference, else manifest/row."""
    withdrawn: bool = False


_WANTED: Final = msgspec.json.Decoder(Wanted)
_SAID: Final = msgspec.json.Decoder(Said)


class Reconciliations:
    """Makes them, one process several at once."""

    def __init__(self, writer: Writer, settings: Settings) -> None:
        self._writer = writer
        self._settings = settings
        self._jobs = Tasks()

    async def start(self, call: Call) -> Response:
        """Begin one, and say which; its caller asks how it stands."""
        body = await self._body(call)
        wanted = decoded(body, _WANTED)
        require_account(call.token, wanted.account)
        run = uuid.uuid4().hex
        asked = _asked(wanted, run, call.token.name, self._writer.time_zone)
        if len(self._jobs.running) >= self._settings.writes_max:
            raise problem("overloaded", "Other reconciliations are being made: ask again.", retry_after_s=_RETRY_S)
        begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._jobs.start(f"reconciliation {run}", self._made(asked, begun), may_return=True)
        await begun
        place = f"/api/v1/reconciliations/{wanted.account}/{run}"
        return _json({"account": wanted.account, "run": run, "state": "running"}, 202, Location=place)

    async def one(self, call: Call) -> Response:
        """Return how one stands, and all of it where it is finished."""
        account, run = self._of(call)
        async with self._writer.client() as client:
            found = await asyncio.to_thread(self._found, client, account, run)
        if found is None:
            raise problem("not-found", "No reconciliation that this token sees has that account and id.")
        said = {"account": account, "run": run}
        if isinstance(found, Job):
            return _json({**said, "state": found.state, "why": found.why, "counts": {}, "record": None})
        return _json({**said, "state": "finished", "why": "", "counts": found.counts, "record": found})

    async def acknowledge(self, call: Call) -> Response:
        """Note what somebody says of differences: later runs say so beside them."""
        account, run = self._of(call)
        said = decoded(await self._body(call), _SAID)
        if not (said.classes or said.subject):
            raise problem("wrong-body", "Say which: classes, or a subject.", Wrong("body", "names no difference"))
        async with self._writer.client() as client:
            found = await asyncio.to_thread(self._acknowledged, client, account, run, said, call.token.name)
        if not found:
            raise problem("not-found", "That reconciliation has no such difference.")
        return _json({"acknowledged": found})

    async def _body(self, call: Call) -> bytes:
        require(call.token, Scope.RECONCILE)
        if call.request.query_params:
            raise problem("wrong-parameter", "This takes no parameters.")
        return await body_of(call.request, self._settings.body_bytes_max, self._settings.write_ms_max / 1000)

    def _of(self, call: Call) -> tuple[str, str]:
        require(call.token, Scope.RECONCILE)
        if call.request.query_params:
            raise problem("wrong-parameter", "This takes no parameters.")
        account, run = (call.request.path_params[name] for name in ("account", "run"))
        try:
            msgspec.convert(run, RunId)
            msgspec.convert(account, Text)
        except msgspec.ValidationError as error:
            raise problem("wrong-parameter", f"Of the path: {error}") from error
        if not call.token.sees_all and account not in call.token.accounts:
            raise problem("not-found", "No reconciliation that this token sees has that account and id.")
        return account, run

    async def _made(self, asked: Asked, begun: "asyncio.Future[None]") -> None:
        """Make a run; note how it stands every few seconds, and why it ended where it failed."""
        try:
            async with self._writer.client() as client:
                jobs, store = JobTables(client, self._writer.store), self._writer.store
                await _noted(jobs, asked, Job("running"))
                begun.set_result(None)
                making = asyncio.ensure_future(
                    asyncio.to_thread(make_run, RunTables(client, store), self._writer.views, asked, _now_ms())
                )
                while not (await asyncio.wait({making}, timeout=_NOTE_S))[0]:
                    await _noted(jobs, asked, Job("running"))
                if error := making.exception():
                    log.warning("a reconciliation failed", run=asked.run, why=str(error))
                    is_theirs = isinstance(error, ConfigurationError)
                    await _noted(
                        jobs, asked, Job("failed", str(error) if is_theirs else "a fault of ours: its log says which")
                    )
        except Exception as error:
            if not begun.done():
                begun.set_exception(error)  # its caller is told
            elif isinstance(error, ClickHouseError):
                log.warning("it cannot be noted how a reconciliation stands", run=asked.run, why=str(error))
            else:
                raise

    def _found(self, client: Client, account: str, run: str) -> RunRecord | Job | None:
        job = JobTables(client, self._writer.store).of(account, run, _now_ms())  # before the run: it may end meanwhile
        return RunTables(client, self._writer.store).of(account, run) or job

    def _acknowledged(self, client: Client, account: str, run: str, said: Said, by: str) -> int:
        tables = RunTables(client, self._writer.store)
        record = tables.of(account, run)
        if record is None:
            return 0
        found = tables.subjects(record, said.classes or [str(c) for c in DIFFERENCES], said.subject)
        if found:
            tables.acknowledge(account, found, said.reason, by, _now_ms(), withdrawn=said.withdrawn)
        return len(found)


def _asked(wanted: Wanted, run: str, by: str, time_zone: str) -> Asked:
    """Return what a run is asked for. Raises Problem: something that was said cannot be."""
    try:
        return Asked(
            account=wanted.account,
            manifests=tuple(dict.fromkeys(wanted.manifests)),
            name=wanted.name,
            by=by,
            time_zone=time_zone,
            keys=read_keys(tuple(wanted.keys), tuple(wanted.match)),
            interval=interval.month(wanted.month, time_zone) if wanted.month else None,
            interval_by=wanted.by,
            due_ms=read_duration_ms(wanted.due) if wanted.due else 0,
            run=run,
        )
    except (ConfigurationError, ValueError) as error:
        raise problem("wrong-body", str(error), Wrong("body", str(error))) from error


async def _noted(jobs: JobTables, asked: Asked, job: Job) -> None:
    await asyncio.to_thread(jobs.note, asked.account, asked.run, job, _now_ms())


def _json(document: Any, status: int = 200, **headers: str) -> Response:
    return Response(msgspec.json.encode(document), status, headers=headers, media_type="application/json")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
