"""The harness must notice what it is for: each worker with one safety taken out is caught."""

import logging
from pathlib import Path
from typing import Final

import pytest

from tests.faults.processors.harness import Harness, Round
from tests.faults.processors.mutant_worker import MUTANTS
from tests.faults.processors.scene import WorkerFailed

log = logging.getLogger(__name__)

ROUNDS_MAX: Final = 10
GUARDS: Final = ("ContiguityBroken", "ForeignWriter")
"""How a worker itself may notice a mutant: by stopping. Any other end is an error of the mutant."""
SMALL: Final = {
    "RECIBO_PROCESSORS_BATCH_RECORDS_MAX": "100",
    "RECIBO_PROCESSORS_COMMIT_INTERVAL_MS": "20",
    "RECIBO_PROCESSORS_PRODUCE_BYTES_MAX": "20000",
}
"""Small batches, often committed: many different moments to die at."""
TELLING_POINTS: Final = {
    "emit_before_write_ahead": ("outputs_acknowledged",),
    "acknowledge_early": ("state_sent", "outputs_sent"),
    "commit_one_too_far": ("committed", "store_written"),
    "two_senders": ("outputs_sent", "record_acknowledged"),
    "dedupe_without_reemit": ("state_acknowledged",),
}
"""Where each mutant's mistake shows."""
IN_EVERY_RUN: Final = ("emit_before_write_ahead", "acknowledge_early")
"""Those that are caught soonest are part of `make test`, all of `make faults`."""


@pytest.mark.chaos
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "mutant", [m if m in IN_EVERY_RUN else pytest.param(m, marks=pytest.mark.long_fault) for m in MUTANTS]
)
async def test_mutant_is_caught(mutant: str, kafka_bootstrap: str, tmp_path: Path) -> None:
    """A worker that breaks one rule of durability is distinguished from a sound one within a few kills."""
    module = ("tests.faults.processors.mutant_worker", mutant)
    async with Harness(kafka_bootstrap, tmp_path, seed=5, module=module) as harness:
        points = TELLING_POINTS[mutant]
        failure = ""
        for number in range(ROUNDS_MAX):
            try:
                await harness.round(Round(points[number % len(points)], 3 + 2 * number, 2000, SMALL))
                if number % 3 == 2:
                    await harness.finish()
            except WorkerFailed as failed:
                failure = str(failed)
            if failure or harness.findings.difference_count:
                break
        log.info("%s: %s", mutant, failure or harness.findings.differences)
        if failure:
            written = harness.worker.log_file.read_text()
            assert any(guard in written for guard in GUARDS), f"it broke of something else: {failure}"
        else:
            assert harness.findings.difference_count > 0, f"not noticed in {ROUNDS_MAX} rounds"
