"""The relay's metrics (declared in `schemas.metrics`), one set of labels a URL."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge

from relay.raw.target import Target
from relay.retry import Result
from schemas.metrics import METRICS


@dataclass(frozen=True, slots=True)
class TargetMetrics:
    """The metrics of one URL."""

    attempts: dict[Result, Counter]
    given_up: Counter
    waiting: Gauge
    lag: Gauge
    oldest: Gauge


class RelayMetrics:
    """Every metric of the relay's process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.reloads = self._counter("recibo_relay_reloads_total")
        self._attempts = self._counter("recibo_relay_attempts_total")
        self._given_up = self._counter("recibo_relay_given_up_total")
        self._waiting = self._gauge("recibo_relay_waiting")
        self._lag = self._gauge("recibo_relay_lag_records")
        self._oldest = self._gauge("recibo_relay_oldest_seconds")

    def of(self, target: Target) -> TargetMetrics:
        """Return the metrics of one URL."""
        labels = (target.source, target.host)
        return TargetMetrics(
            attempts={result: self._attempts.labels(*labels, str(result)) for result in Result},
            given_up=self._given_up.labels(*labels),
            waiting=self._waiting.labels(*labels),
            lag=self._lag.labels(*labels),
            oldest=self._oldest.labels(*labels),
        )

    def _counter(self, name: str) -> Counter:
        declared = METRICS[name]
        return Counter(name, declared.meaning, declared.labels, registry=self.registry)

    def _gauge(self, name: str) -> Gauge:
        declared = METRICS[name]
        return Gauge(name, declared.meaning, declared.labels, registry=self.registry)
