"""A worker killed at each step that makes something durable leaves nothing lost, doubled or changed."""

from pathlib import Path

import pytest

from processors.crash_points import POINTS
from tests.faults.matrix.size import first_seed, rounds
from tests.faults.processors.harness import Harness, run


@pytest.mark.chaos
@pytest.mark.timeout(600)
async def test_killed_once_at_every_point(kafka_bootstrap: str, tmp_path: Path) -> None:
    """After a SIGKILL at every named point, states, outcomes, values and committed offsets are those of the truth."""
    async with Harness(kafka_bootstrap, tmp_path, seed=11) as harness:
        for point in POINTS:
            await harness.round(harness.plan((point,)))
        await harness.finish()
        assert harness.findings.differences == []
        assert dict(harness.report.kills) == dict.fromkeys(POINTS, 1), harness.report


@pytest.mark.chaos
@pytest.mark.timeout(600)
async def test_killed_at_random(kafka_bootstrap: str, tmp_path: Path) -> None:
    """A few random rounds, disks lost and horizons leapt over among them, leave no difference."""
    async with Harness(kafka_bootstrap, tmp_path, seed=first_seed(12), partitions=2) as harness:
        await run(harness, rounds=rounds(6), check_every=3, say=print)
        assert harness.findings.differences == []
