"""What a sweep may delete."""

from processors.expiry import MARGIN_MS, SWEPT_AT_ONCE, is_expired, is_plausible
from schemas.message_state import HORIZON_MS


def test_expired_a_day_after_the_horizon() -> None:
    """A state is deleted a day after it counts as absent, so that a replay meets what it met before."""
    assert not is_expired(0, HORIZON_MS + MARGIN_MS)
    assert is_expired(0, HORIZON_MS + MARGIN_MS + 1)


def test_a_leap_of_the_clock_is_no_reason_to_delete_everything() -> None:
    """A sweep that found most states expired at once deletes none, unless they are few or the operator says so."""
    assert not is_plausible(2_600, 10_000, 0.25)
    assert is_plausible(2_500, 10_000, 0.25)
    assert is_plausible(SWEPT_AT_ONCE, SWEPT_AT_ONCE, 0.25)
    assert is_plausible(10_000, 10_000, 1.0)
