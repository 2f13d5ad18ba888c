"""What a sweep may delete."""

from processors.expiry import _WAITING_MAX, MARGIN_MS, SWEPT_AT_ONCE, CommittedTime, is_expired, is_plausible
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


def test_time_passes_where_nothing_is_replayed() -> None:
    """Only batches that are committed move the time by which a sweep deletes: what is replayed meets what it met."""
    time = CommittedTime()
    time.add(10, 500)
    time.add(20, 400)
    time.add(30, 900)
    assert [time.until(offset) for offset in (0, 9, 10, 29, 30)] == [0, 0, 500, 500, 900]


def test_batches_that_wait_for_a_commit_are_bounded() -> None:
    """Of very many batches the last ones count as one: the time moves later, never earlier than the commit."""
    time = CommittedTime()
    for number in range(2 * _WAITING_MAX):
        time.add(number + 1, number)
    assert time.until(_WAITING_MAX + 5) == _WAITING_MAX - 2
    assert time.until(2 * _WAITING_MAX) == 2 * _WAITING_MAX - 1
