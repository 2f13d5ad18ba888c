"""Pure: which states may be deleted. Deleting is only garbage collection: the fold takes them for absent anyway."""

from collections import deque
from typing import Final

from schemas.message_state import HORIZON_MS

SWEPT_AT_ONCE: Final = 1_000
"""So few states are deleted whatever share they are: a quiet deployment has no more."""
MARGIN_MS: Final = 24 * 60 * 60 * 1000
"""A state is kept this much longer than the horizon, so that a replay meets what it met before."""


_WAITING_MAX: Final = 1_000


class CommittedTime:
    """Greatest time of records that are never replayed: a replay meets no state gone that it met before."""

    def __init__(self) -> None:
        """Begin with nothing committed."""
        self._waiting: deque[tuple[int, int]] = deque()
        """Offset behind a batch, and the greatest time in it."""
        self._ms = 0

    def add(self, end: int, latest_ms: int) -> None:
        """Note a batch that ends before offset `end`, with its records' greatest time."""
        if len(self._waiting) >= _WAITING_MAX:
            latest_ms = max(latest_ms, self._waiting.pop()[1])
        self._waiting.append((end, latest_ms))

    def until(self, replayed_from: int) -> int:
        """Return the greatest time (ms, 0 for none) of the batches before the offset from which records may be replayed."""
        while self._waiting and self._waiting[0][0] <= replayed_from:
            self._ms = max(self._ms, self._waiting.popleft()[1])
        return self._ms


def is_expired(last_at_ms: int, stream_time_ms: int) -> bool:
    """Return whether a state whose last distinct event was of `last_at_ms` counts as absent for good.

    Args:
        last_at_ms: time of its last distinct event.
        stream_time_ms: greatest time committed in its partition, and not ahead of our clock; our clock alone would be
            wrong, since a worker that lags still has older records before it.
    """
    return stream_time_ms - last_at_ms > HORIZON_MS + MARGIN_MS


def is_plausible(expired: int, states: int, share_max: float) -> bool:
    """Return whether so many of a partition's states may have expired since the last sweep.

    More than a share of them at once is rather a clock that leapt than time that passed.
    """
    return expired <= max(SWEPT_AT_ONCE, share_max * states)
