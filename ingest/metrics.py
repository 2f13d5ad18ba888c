"""The figures ingest shows at `/metrics`, all declared in `schemas.metrics`."""

from collections.abc import Sequence
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from ingest.durations import Durations
from ingest.http.problems import REFUSED_CHALLENGE, TOO_MANY_FAILURES, UNAUTHENTICATED
from schemas.metrics import METRICS
from schemas.record import RequestRecord

_ANSWER_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_KINDS: Final = {"counter": Counter, "gauge": Gauge}
_US_PER_S: Final = 1_000_000
_NO_SOURCE: Final = ""
_AUTH_FAILURES: Final = (UNAUTHENTICATED.title, TOO_MANY_FAILURES.title, REFUSED_CHALLENGE.title)


class IngestMetrics:
    """Metrics of one worker process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._make("recibo_ingest_requests_total")
        self._seconds = Durations("recibo_ingest_answer_seconds", _ANSWER_BUCKETS_S)
        self.registry.register(self._seconds)
        self._bytes = self._make("recibo_ingest_bytes_total")
        self._events = self._make("recibo_ingest_events_total")
        self._auth_failures = self._make("recibo_ingest_auth_failures_total")
        self.unrecorded = self._make("recibo_ingest_unrecorded_requests_total")
        self.unrecorded_refusals = self._make("recibo_ingest_unrecorded_refusals_total")
        self.in_flight = self._make("recibo_ingest_in_flight")
        self.connections = self._make("recibo_ingest_connections")
        self.kafka_connected = self._make("recibo_ingest_kafka_connected")
        self.spool_bytes = self._make("recibo_ingest_spool_bytes")
        self.spool_age = self._make("recibo_ingest_spool_age_seconds")
        self.spool_kept = self._make("recibo_ingest_spool_kept_bytes")
        self.spool_troubles = self._make("recibo_ingest_spool_troubles")
        self.spool_writable = self._make("recibo_ingest_spool_writable")
        self.partitions_away = self._make("recibo_ingest_partitions_away")
        self.refused_records = self._make("recibo_ingest_refused_records_total")
        self.sender_failures = self._make("recibo_ingest_sender_failures_total")
        self.malformed = self._make("recibo_ingest_malformed_total")
        self.reloads = self._make("recibo_ingest_reloads_total")

    def count_requests(self, records: Sequence[RequestRecord]) -> None:
        """Count answered requests, a batch at a time."""
        totals: dict[tuple[str | None, int, str | None], list[int]] = {}
        for record in records:
            self._seconds.observe(record.duration_us / _US_PER_S)
            what = (record.source, record.status, record.refusal)
            total = totals.get(what)
            if total is None:
                total = totals[what] = [0, 0, 0]
            total[0] += 1
            if record.refusal is None:
                total[1] += record.body_bytes
                total[2] += record.events
        for (name, status, refusal), (count, taken_bytes, events) in totals.items():
            source = name or _NO_SOURCE
            self._requests.labels(source, str(status)).inc(count)
            if refusal in _AUTH_FAILURES:
                self._auth_failures.labels(source).inc(count)
            if events:
                self._bytes.labels(source).inc(taken_bytes)
                self._events.labels(source).inc(events)

    def _make(self, name: str) -> Any:
        metric = METRICS[name]
        return _KINDS[metric.kind](name, metric.meaning, metric.labels, registry=self.registry)
