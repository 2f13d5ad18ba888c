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
    """A log that keeps what it is given; in its spool, while Kafka is away."""

    def __init__(self, *, is_away: bool = False) -> None:
        self.values: list[RequestRecord] = []
        self.is_away = is_away

    async def append(self, _topic: str, records: Sequence[LogRecord]) -> str:
        """Keep them."""
        self.values += [msgspec.json.decode(record.value, type=RequestRecord) for record in records]
        return "log"

    async def offer(self, topic: str, records: Sequence[LogRecord]) -> int:
        """Keep them while Kafka is there. Return how many are gone."""
        if self.is_away:
            return len(records)
        await self.append(topic, records)
        return 0


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
        log.note(record(499), is_authentic=False)
        log.note(record(401, UNAUTHENTICATED.title), is_authentic=False)
        log.note(record(204), is_authentic=True)
    await asyncio.wait_for(log.close(), 5)
    statuses = [value.status for value in written.values]
    assert statuses.count(204) == 1_000
    assert 1 <= len(statuses) - 1_000 <= 20
    for status in ("499", "401", "204"):
        counted = metrics.registry.get_sample_value("recibo_ingest_requests_total", {"source": "s", "status": status})
        assert counted == 1_000
    await tasks.close()


async def test_strangers_have_no_room_in_the_spool() -> None:
    """While Kafka is away, what was taken and what was refused of the genuine is kept; refusals of strangers are counted."""
    written, metrics, tasks = Written(is_away=True), IngestMetrics(), Tasks()
    log = RequestLog(written, metrics, tasks, linger_s=0.01, refused_per_second_max=50)  # type: ignore[arg-type]
    for _ in range(10):
        log.note(record(401, UNAUTHENTICATED.title), is_authentic=False)
        log.note(record(404), is_authentic=False)
        log.note(record(503), is_authentic=True)
        log.note(record(204), is_authentic=True)
        log.note(record(200), is_authentic=False)  # a URL that was verified
    await asyncio.wait_for(log.close(), 5)
    assert sorted({value.status for value in written.values}) == [200, 204, 503]
    assert len(written.values) == 30
    assert metrics.registry.get_sample_value("recibo_ingest_unrecorded_refusals_total") == 20
    assert metrics.registry.get_sample_value("recibo_ingest_unrecorded_requests_total") == 0
    await tasks.close()
