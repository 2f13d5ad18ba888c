"""The API's metrics (declared in `schemas.metrics`)."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas.metrics import METRICS


class ApiMetrics:
    """Every metric of the process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(*_declared("recibo_api_requests_total"), registry=self.registry)
        self.seconds = Histogram(*_declared("recibo_api_answer_seconds"), registry=self.registry)
        self.waiting = Gauge(*_declared("recibo_api_waiting"), registry=self.registry)
        self.looks = Counter(*_declared("recibo_api_looks_total"), registry=self.registry)


def _declared(name: str) -> tuple[str, str, tuple[str, ...]]:
    declared = METRICS[name]
    return name, declared.meaning, declared.labels
