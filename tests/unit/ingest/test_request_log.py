"""What is recorded of requests, and what is only counted."""

import asyncio
from collections.abc import Sequence

import msgspec

from ingest.http.problems import UNAUTHENTICATED
from ingest.log_record import LogRecord
from ingest.metrics import IngestMetrics
from ingest.request_log import RequestLog
from runtime.tasks import Tasks
from schemas.record import RequestRecord


class Written:
    """A log that keeps what it is given."""

    def __init__(self) -> None:
        self.values: list[RequestRecord] = []

    async def append(self, _topic: str, records: Sequence[LogRecord]) -> str:
        """Keep them."""
        self.values += [msgspec.json.decode(record.value, type=RequestRecord) for record in records]
        return "log"


def record(status: int, refusal: str | None = None) -> RequestRecord:
    return RequestRecord(
        request_id="1",
        received_at_ms=1,
        answered_at_ms=None,
        method="POST",
        path="/",
        source="s",
        account="s",
        provider="waha",
        remote_address="",
        status=status,
        duration_us=1,
        body_bytes=0,
        sha256=None,
        events=0,
        stored="nowhere",
        refusal=refusal,
    )


async def test_whatever_was_not_taken_is_sampled_and_all_of_it_counted() -> None:
    """Hang-ups and refusals above the rate are only counted; what was taken is always recorded."""
    written, metrics, tasks = Written(), IngestMetrics(), Tasks()
    log = RequestLog(written, metrics, tasks, linger_s=0.01, refused_per_second_max=5)  # type: ignore[arg-type]
    for _ in range(1_000):
        log.note(record(499))
        log.note(record(401, UNAUTHENTICATED.title))
        log.note(record(204))
    await asyncio.wait_for(log.close(), 5)
    statuses = [value.status for value in written.values]
    assert statuses.count(204) == 1_000
    assert 1 <= len(statuses) - 1_000 <= 20
    for status in ("499", "401", "204"):
        counted = metrics.registry.get_sample_value("recibo_ingest_requests_total", {"source": "s", "status": status})
        assert counted == 1_000
    await tasks.close()
