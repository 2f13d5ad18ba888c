"""Pure: which states may be deleted. Deleting is only garbage collection: the fold takes them for absent anyway."""

from typing import Final

from schemas.message_state import HORIZON_MS

MARGIN_MS: Final = 24 * 60 * 60 * 1000
"""A state is kept this much longer than the horizon, so that a replay meets what it met before."""


def is_expired(last_at_ms: int, stream_time_ms: int) -> bool:
    """Return whether a state whose last distinct event was appended at `last_at_ms` counts as absent for good.

    Args:
        last_at_ms: append time of its last distinct event.
        stream_time_ms: greatest append time processed in its partition; the wall clock would be wrong, since a worker
            that lags still has older records before it.
    """
    return stream_time_ms - last_at_ms > HORIZON_MS + MARGIN_MS
