"""A histogram of durations that costs a request a look-up: nothing is added up until somebody asks."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from schemas.metrics import METRICS


class Durations(Collector):
    """A Prometheus histogram without labels, of one thread."""

    def __init__(self, name: str, bounds_s: Sequence[float]) -> None:
        """Begin empty.

        Args:
            name: as declared in `schemas.metrics`.
            bounds_s: upper bounds of the buckets, in seconds, ascending.
        """
        self._name = name
        self._bounds_s = bounds_s
        self._counts = [0] * (len(bounds_s) + 1)
        self._sum_s = 0.0

    def observe(self, seconds: float) -> None:
        """Count one duration."""
        self._counts[bisect_left(self._bounds_s, seconds)] += 1
        self._sum_s += seconds

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Yield the histogram as Prometheus wants it: cumulative."""
        names = [*(str(bound) for bound in self._bounds_s), "+Inf"]
        buckets = list(zip(names, accumulate(self._counts), strict=True))
        yield HistogramMetricFamily(self._name, METRICS[self._name].meaning, buckets=buckets, sum_value=self._sum_s)
