"""A lane's last steps, with tables that only say whether something must be written again."""

from types import SimpleNamespace
from typing import Any

import pytest

from processors.lane import BatchInFlight, Lane


@pytest.mark.parametrize("stale", [True, False])
async def test_a_stale_lane_submits_nothing_of_its_own(stale: bool) -> None:  # noqa: FBT001 - a case
    """States to be written again are submitted once more by the partition's owner alone: a stale lane would go round for ever."""
    table: Any = SimpleNamespace(has_rewrites=True)
    nothing: Any = None
    lane = Lane((table, table), nothing, nothing, nothing, nothing)
    batch = BatchInFlight((), lambda: None, lambda: stale)
    lane.submit(batch)
    lane._finished(batch)
    assert lane.in_flight_records() == 0
    assert lane._empty.is_set() == stale
