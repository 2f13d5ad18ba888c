"""Five thousand hostile requests; `make hostile` tries a hundred thousand (`RECIBO_HOSTILE_INPUTS`)."""

import os
from pathlib import Path

import pytest

from tests.integration.ingest.hostile_requests import SOURCES
from tests.integration.ingest.hostile_run import ENVIRON, run
from tests.support.running_ingest import ingest_at

REQUESTS = int(os.environ.get("RECIBO_HOSTILE_INPUTS", "5000"))


@pytest.mark.hostile
@pytest.mark.timeout(600 + REQUESTS // 10)
async def test_hostile_requests_are_answered_as_specified(broker: str, tmp_path: Path, fresh_name: str) -> None:
    """Whatever strangers send: never a 5xx, never a crash, bounded memory, every answer the one that its request must get, and every
    authenticated body in the raw log byte for byte, once.
    """
    name = fresh_name.replace("_", "-")
    with ingest_at(broker, tmp_path, SOURCES.format(name=name), **ENVIRON) as running:
        running.wait_for_kafka()
        outcome, wrong = await run(running, name, requests=REQUESTS, seed=20261122)
    assert wrong == []
    assert outcome.tried == REQUESTS
    assert {status for _, status in outcome.answers} >= {200, 204, 400, 401, 404, 405, 413, 415, 431}
