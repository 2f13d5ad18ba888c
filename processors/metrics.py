"""The processors' metrics, counted once a batch."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from processors.lane import BatchInFlight
from schemas.metrics import METRICS


class Metrics:
    """Counters and gauges of one worker."""

    def __init__(self) -> None:
        """Create what `schemas.metrics` declares for the processors."""
        self.registry = CollectorRegistry()
        self.records = self._counter("recibo_processors_records_total")
        self.unclear = self._counter("recibo_processors_unclear_total")
        self.alerts = self._counter("recibo_processors_alerts_total")
        self.batches = self._counter("recibo_processors_batches_total")
        self.recovered = self._counter("recibo_processors_recovered_states_total")
        self.reloads = self._counter("recibo_processors_reloads_total")
        self.in_flight = self._gauge("recibo_processors_in_flight_records")
        self.hot_bytes = self._gauge("recibo_processors_hot_states_bytes")
        self.held = self._gauge("recibo_processors_held_keys")
        self.paused = self._gauge("recibo_processors_paused_partitions")
        self.stopped_sweeps = self._gauge("recibo_processors_stopped_sweeps")
        self.oldest_batch = self._gauge("recibo_processors_oldest_batch_seconds")

    def _counter(self, name: str) -> Counter:
        return Counter(name, METRICS[name].meaning, METRICS[name].labels, registry=self.registry)

    def _gauge(self, name: str) -> Gauge:
        return Gauge(name, METRICS[name].meaning, METRICS[name].labels, registry=self.registry)

    def count(self, batch: BatchInFlight) -> None:
        """Count a finished batch."""
        if batch.folded is None:
            return
        self.batches.inc()
        for outcome, count in batch.folded.outcomes.items():
            self.records.labels(outcome).inc(count)
        for source, count in batch.folded.unclear_by_source.items():
            self.unclear.labels(source).inc(count)
