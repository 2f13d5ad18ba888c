"""Pure: which states may be deleted. Deleting is only garbage collection: the fold takes them for absent anyway."""

from typing import Final

from schemas.message_state import HORIZON_MS

SWEPT_AT_ONCE: Final = 1_000
"""So few states are deleted whatever share they are: a quiet deployment has no more."""
MARGIN_MS: Final = 24 * 60 * 60 * 1000
"""A state is kept this much longer than the horizon, so that a replay meets what it met before."""


def is_expired(last_at_ms: int, stream_time_ms: int) -> bool:
    """Return whether a state whose last distinct event was of `last_at_ms` counts as absent for good.

    Args:
        last_at_ms: time of its last distinct event.
        stream_time_ms: greatest time processed in its partition, and not ahead of our clock; our clock alone would be
            wrong, since a worker that lags still has older records before it.
    """
    return stream_time_ms - last_at_ms > HORIZON_MS + MARGIN_MS


def is_plausible(expired: int, states: int, share_max: float) -> bool:
    """Return whether so many of a partition's states may have expired since the last sweep.

    More than a share of them at once is rather a clock that leapt than time that passed.
    """
    return expired <= max(SWEPT_AT_ONCE, share_max * states)
