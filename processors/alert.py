"""Pure: when records that are not understood, or are quarantined, come so often from a source that people must know."""

from collections.abc import Mapping
from typing import Final

WINDOW_S: Final = 60.0


class UnclearAlert:
    """Counts unclear records by source in windows of a minute; each source is reported at most once a window."""

    def __init__(self, per_minute_max: int) -> None:
        """Alert on more than `per_minute_max` records of one source in a minute."""
        self._per_minute_max = per_minute_max
        self._window_from_s = 0.0
        self._counts: dict[str, int] = {}
        self._told: set[str] = set()

    def count(self, unclear_by_source: Mapping[str, int], now_s: float) -> list[str]:
        """Count a batch's unclear records at `now_s` (monotonic seconds). Return the sources to report now."""
        if now_s - self._window_from_s >= WINDOW_S:
            self._window_from_s = now_s
            self._counts.clear()
            self._told.clear()
        tell = []
        for source, count in unclear_by_source.items():
            self._counts[source] = self._counts.get(source, 0) + count
            if self._counts[source] > self._per_minute_max and source not in self._told:
                self._told.add(source)
                tell.append(source)
        return tell
