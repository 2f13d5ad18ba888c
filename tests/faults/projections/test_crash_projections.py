"""Projectors and engine killed, and inserts failing, in the middle of traffic: a short run of `tests/faults/projections`."""

from pathlib import Path

import pytest

from tests.faults.projections.faults import happenings
from tests.faults.projections.harness import run


@pytest.mark.chaos
@pytest.mark.timeout(300)
async def test_kills_and_failing_inserts_leave_no_difference(tmp_path: Path) -> None:
    """Two projectors and the engine die, an insert stalls after it took effect: every message and count is exact."""
    chosen = {
        name: what
        for name, what in happenings(away_s=0.5).items()
        if name in {"kill projectors", "kill both", "insert stall_after", "insert reset_after", "engine away"}
    }
    report = await run(tmp_path, len(chosen), 150, chosen, seed=5, check_every=100, say=print)
    assert report.differences == []
    assert set(report.happened) == set(chosen)
    assert report.restarts["clickhouse"] >= 1
