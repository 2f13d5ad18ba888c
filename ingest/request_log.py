"""Writes `webhook.requests`: one record for each request, after its answer. Answers never wait for it.

While Kafka is away, the spool keeps the accounts of what was taken and of whoever proved who he is. What is refused of
strangers never waits there: they could fill it, and events of the genuine provider would have no room.
"""

import asyncio
from time import monotonic
from typing import Final

import msgspec
import structlog

from ingest.durable.log import DurableLog
from ingest.http.rate_limit import TokenBucket
from ingest.log_record import LogRecord
from ingest.metrics import IngestMetrics
from runtime.tasks import Tasks
from schemas.errors import LogUnavailable
from schemas.record import RequestRecord
from schemas.topics import REQUESTS

_WAITING_MAX: Final = 100_000
_SUCCESS_BELOW: Final = 300

_encode = msgspec.json.Encoder().encode
log = structlog.get_logger()


class RequestLog:
    """Collects what was answered, counts it, and writes it in batches."""

    def __init__(
        self,
        durable_log: DurableLog,
        metrics: IngestMetrics,
        tasks: Tasks,
        *,
        linger_s: float,
        refused_per_second_max: float,
    ) -> None:
        """Begin writing in the background.

        Args:
            durable_log: where the records go.
            metrics: every request is counted there, recorded or not.
            tasks: of the process; gets the one that writes.
            linger_s: time between batches.
            refused_per_second_max: recorded requests that were not taken, whatever the reason (refused, hung up); above it
                they are only counted.
        """
        self._durable_log = durable_log
        self._metrics = metrics
        self._linger_s = linger_s
        self._refused = TokenBucket(per_second=refused_per_second_max, burst=2 * refused_per_second_max)
        self._waiting: list[tuple[RequestRecord, bool]] = []
        self._is_closing = False
        self._writing = tasks.start("request log", self._write(), may_return=True)

    def note(self, record: RequestRecord, *, is_authentic: bool) -> None:
        """Take one answered request, of somebody who proved who he is, or not. Called on the hot path: all work is left to
        the next batch.

        While the log is so slow that too many wait, further ones are only counted.
        """
        if len(self._waiting) < _WAITING_MAX:
            self._waiting.append((record, is_authentic))
        else:
            self._metrics.count_requests([record])
            self._metrics.unrecorded.inc()

    async def close(self) -> None:
        """Write what is left, and stop."""
        self._is_closing = True
        await asyncio.wait([self._writing])
        await self._flush()

    async def _write(self) -> None:
        while not self._is_closing:
            await asyncio.sleep(self._linger_s)
            await self._flush()

    async def _flush(self) -> None:
        if not self._waiting:
            return
        noted, self._waiting = self._waiting, []
        self._metrics.count_requests([record for record, _ in noted])
        now_s = monotonic()
        kept: list[LogRecord] = []
        of_strangers: list[LogRecord] = []
        for record, is_authentic in noted:
            is_taken = record.status < _SUCCESS_BELOW
            if is_taken or self._refused.take(now_s):
                (kept if is_taken or is_authentic else of_strangers).append(_log_record(record))
        if kept:
            await self._store(kept)
        if of_strangers:
            lost = await self._durable_log.offer(REQUESTS, of_strangers)
            self._metrics.unrecorded_refusals.inc(lost)

    async def _store(self, kept: list[LogRecord]) -> None:
        try:
            await self._durable_log.append(REQUESTS, kept)
        except LogUnavailable as error:
            self._metrics.unrecorded.inc(len(kept))
            log.error("records of answered requests are lost", records=len(kept), why=str(error))  # noqa: TRY400 - said in one line


def _log_record(record: RequestRecord) -> LogRecord:
    return LogRecord(record.request_id.encode(), _encode(record), [])
