"""The projections' metrics, made from their declarations in schemas.metrics."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas.metrics import METRICS

REGISTRY: Final = CollectorRegistry()


def _counter(name: str) -> Counter:
    return Counter(name, METRICS[name].meaning, METRICS[name].labels, registry=REGISTRY)


def _gauge(name: str) -> Gauge:
    return Gauge(name, METRICS[name].meaning, METRICS[name].labels, registry=REGISTRY)


def _histogram(name: str) -> Histogram:
    return Histogram(name, METRICS[name].meaning, METRICS[name].labels, registry=REGISTRY)


ROWS: Final = _counter("recibo_projections_rows_total")
INSERT_SECONDS: Final = _histogram("recibo_projections_insert_seconds")
LAG_RECORDS: Final = _gauge("recibo_projections_lag_records")
AGE_SECONDS: Final = _gauge("recibo_projections_age_seconds")
RETRIES: Final = _counter("recibo_projections_retries_total")
SET_ASIDE: Final = _counter("recibo_projections_set_aside_total")
IDS_CUT: Final = _counter("recibo_projections_ids_cut_total")
GROUPS_CUT_SHORT: Final = _counter("recibo_projections_groups_cut_short_total")
ROLLUP_AGE_SECONDS: Final = _gauge("recibo_projections_rollup_age_seconds")
LINKS_MENDED: Final = _counter("recibo_projections_links_mended_total")
